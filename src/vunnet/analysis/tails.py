"""Tails and quantiles of the distributions that tests and intervals need.

The very functions SciPy's `stats` calls underneath; importing `stats` itself takes longer than a small report.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

# Fisher's test counts a table as likely as the one seen up to this much rounding.
ALIKE = 1e-7


def normal(z: float) -> float:
    """The chance of more than z.

    >>> round(normal(1.959964), 4)
    0.025
    """
    return float(special.ndtr(-z))


def student(t: float, freedom: float) -> float:
    """The chance of more than t."""
    return float(special.stdtr(freedom, -t))


def student_quantile(share: float, freedom: float) -> float:
    return float(special.stdtrit(freedom, share))


def chi_square(value: float, freedom: float) -> float:
    """The chance of more than the value."""
    return float(special.chdtrc(freedom, value))


def fisher_f(value: float, above: float, below: float) -> float:
    """The chance of more than the value; a value that rounding took under 0 is 0."""
    return float(special.fdtrc(above, below, max(value, 0.0)))


def beta_quantile(share: float, a: float, b: float) -> float:
    return float(special.betaincinv(a, b, share))


def two_by_two(won: int, closed: int, rest_won: int, rest: int) -> float:
    """Pearson's chi-square that both win as often, without correction.

    >>> round(two_by_two(30, 100, 50, 100), 4)
    0.0039
    """
    lost, rest_lost = closed - won, rest - rest_won
    apart = float(won * rest_lost - lost * rest_won)
    margins = float(closed) * rest * (won + rest_won) * (lost + rest_lost)
    return chi_square(apart * apart * (closed + rest) / margins, 1)


def exact_two_by_two(won: int, closed: int, rest_won: int, rest: int) -> float:
    """Fisher's exact test, both sides: all tables with the same margins that are no more likely than the one seen.

    >>> round(exact_two_by_two(8, 10, 1, 6), 4)
    0.035
    """
    all_won = won + rest_won
    possible = np.arange(max(0, all_won - rest), min(all_won, closed) + 1)
    chance = _chosen(closed, possible) + _chosen(rest, all_won - possible)
    seen = chance[won - possible[0]]
    likely = np.exp(chance - chance.max())
    return min(1.0, float(likely[chance <= seen + ALIKE].sum() / likely.sum()))


def _chosen(of: int, some: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logarithm of the number of ways to choose."""
    return np.asarray(-special.betaln(some + 1.0, of - some + 1.0) - np.log(of + 1.0))
