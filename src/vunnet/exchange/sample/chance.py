"""Drawing from a seeded source: what the standard library's Random lacks."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, sqrt
from random import Random


def one_of(shares: Mapping[str, float], random: Random) -> str:
    """A name, drawn by its share."""
    return random.choices(list(shares), list(shares.values()))[0]


def poisson(random: Random, mean: float) -> int:
    """A count with this mean: multiplied uniforms (Knuth), the normal approximation above 30."""
    if mean > 30:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    limit, product, count = exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count
