"""The same numbers by other means: plain Python, one deal at a time, nothing of ours but the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt


@dataclass(frozen=True)
class Life:
    """A deal from `entry` (age when first observed) to `end`, ended by `cause` (0: still going on)."""

    end: float
    cause: int
    entry: float = 0.0


def incidence(lives: Sequence[Life], cause: int, until: float) -> tuple[float, float | None, float | None]:
    """Aalen–Johansen share of `cause` by `until` with its log(−log) interval; exact fractions for the share."""
    lives = [life for life in lives if life.entry <= life.end]
    left, share = Fraction(1), Fraction(0)
    steps: list[tuple[Fraction, int, int, int, Fraction]] = []
    for t in sorted({life.end for life in lives if life.cause and life.end <= until}):
        n = sum(life.entry <= t <= life.end for life in lives)
        d = sum(life.end == t and life.cause > 0 for life in lives)
        own = sum(life.end == t and life.cause == cause for life in lives)
        share += left * Fraction(own, n)
        steps.append((left, n, d, own, share))
        left *= 1 - Fraction(d, n)
    variance = 0.0
    for before, n, d, own, then in steps:
        ahead = float(share - then)
        if n > d:
            variance += ahead**2 * d / (n * (n - d))
        variance += float(before) ** 2 * own * (n - own) / n**3 - 2 * ahead * float(before) * own / n**2
    return interval(float(share), variance)


def interval(share: float, variance: float) -> tuple[float, float | None, float | None]:
    if share in (0.0, 1.0) or variance <= 0:
        return share, None, None
    error = 1.959963984540054 * sqrt(variance) / (share * log(share))
    return share, share ** exp(-error), share ** exp(error)


def median(lives: Sequence[Life]) -> float | None:
    """The first time by which half had ended, Kaplan–Meier."""
    left = Fraction(1)
    lives = [life for life in lives if life.entry <= life.end]
    for t in sorted({life.end for life in lives if life.cause}):
        n = sum(life.entry <= t <= life.end for life in lives)
        left *= 1 - Fraction(sum(life.end == t and life.cause > 0 for life in lives), n)
        if left <= Fraction(1, 2):
            return t
    return None
