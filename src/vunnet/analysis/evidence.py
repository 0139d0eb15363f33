"""Is there evidence that some win more often than others? Counts in, p-values, shrunk rates and verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit

from vunnet.analysis import tails
from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, wilson

NO_EVIDENCE = "no evidence of a difference"
HIGHER = "differs: higher"
LOWER = "differs: lower"
DIFFERS = "differs"
LEVEL = 0.05
BEYOND_DOUBT = 0.01
SMALL_CELL = 5.0
ROUGH_CELL, DOUBTFUL = 40.0, 0.1  # up to such cells chi-square is too sure of what is rare
DRAWS = 9_999

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Prior:
    """The beta distribution that the members' true rates come from; `n` = a + b, None where no spread was found."""

    rate: float
    n: float | None


@dataclass(frozen=True)
class Shrunk:
    """A rate drawn towards the prior by how little was seen, with its 95 % interval."""

    rate: float
    low: float | None
    high: float | None


def homogeneity(won: Sequence[int], closed: Sequence[int]) -> float | None:
    """p-value that all members share one win rate; None where there is nothing to compare.

    Pearson's chi-square; where an expected cell is under 5, its exact conditional distribution, by 9,999 draws from the
    multivariate hypergeometric with a fixed seed (Patefield 1981). So too where one is under 40 and chi-square says
    between 0.0001 and 0.1: with a few large members, what it gives 0.6 % comes in 0.9 %, and that is where q-values over
    many segments are decided. What is less likely still, the draws cannot tell.

    >>> round(homogeneity([30, 50], [100, 100]), 4)
    0.0039
    """
    wins, sizes = np.asarray(won, np.int64), np.asarray(closed, np.int64)
    wins, sizes = wins[sizes > 0], sizes[sizes > 0]
    total, all_won = int(sizes.sum()), int(wins.sum())
    if len(sizes) < 2 or all_won in (0, total):
        return None
    found = _chi_square(wins, sizes)
    cell, p_value = min(all_won, total - all_won) * sizes.min() / total, tails.chi_square(float(found), len(sizes) - 1)
    doubtful = cell < ROUGH_CELL and 1 / (DRAWS + 1) < p_value < DOUBTFUL
    if cell >= SMALL_CELL and not doubtful:
        return p_value
    order = np.lexsort((wins, sizes))
    drawn = np.random.default_rng(0).multivariate_hypergeometric(sizes[order], all_won, size=DRAWS, method="marginals")
    at_least = np.count_nonzero(_chi_square(drawn, sizes[order]) >= found - 1e-9)
    return float((at_least + 1) / (DRAWS + 1))


def _chi_square(won: Whole, closed: Whole) -> NDArray[np.float64]:
    rate = won.sum(axis=-1, keepdims=True) / closed.sum()
    return np.asarray(((won - closed * rate) ** 2 / (closed * rate * (1 - rate))).sum(axis=-1))


def against_the_rest(won: int, closed: int, all_won: int, all_closed: int) -> float | None:
    """p-value that a member wins as often as all the others together: chi-square, or Fisher's exact where small."""
    rest = all_closed - closed
    if closed == 0 or rest == 0 or all_won in (0, all_closed):
        return None
    if min(all_won, all_closed - all_won) * min(closed, rest) / all_closed < SMALL_CELL:
        return tails.exact_two_by_two(won, closed, all_won - won, rest)
    return tails.two_by_two(won, closed, all_won - won, rest)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """q-values (Benjamini & Hochberg 1995) of the p-values that are there, in the same places.

    >>> benjamini_hochberg([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    there = [(p, place) for place, p in enumerate(p_values) if p is not None]
    found: list[float | None] = [None] * len(p_values)
    least = 1.0
    for rank, (p, place) in reversed(list(enumerate(sorted(there), start=1))):
        least = min(least, p * len(there) / rank)
        found[place] = least
    return found


def fit_prior(won: Sequence[int], closed: Sequence[int]) -> Prior:
    """The beta prior of the members' rates by maximum likelihood of the beta-binomial.

    Where its likelihood-ratio test against one common rate (half chi-square with one degree, on the boundary) is not
    below 0.05, no spread is claimed and everyone shrinks to the pool.
    """
    wins, sizes = np.asarray(won, float), np.asarray(closed, float)
    wins, sizes = wins[sizes > 0], sizes[sizes > 0]
    pool = float(wins.sum() / sizes.sum()) if sizes.sum() else 0.0
    if len(sizes) < 2 or not 0.0 < pool < 1.0:
        return Prior(pool, None)
    starts = [np.array([np.log(pool / (1 - pool)), np.log(n)]) for n in (5.0, 50.0, 500.0)]
    fits = [
        minimize(_loss, start, args=(wins, sizes), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    gain = 2 * (_pooled_loss(wins, sizes, pool) - float(best.fun))
    if not isfinite(gain) or 0.5 * tails.chi_square(max(gain, 0.0), 1) >= LEVEL:
        return Prior(pool, None)
    return Prior(float(expit(best.x[0])), float(np.exp(best.x[1])))


def _loss(at: NDArray[np.float64], won: NDArray[np.float64], closed: NDArray[np.float64]) -> float:
    rate, n = expit(at[0]), np.exp(np.clip(at[1], -5.0, 25.0))
    a, b = rate * n, (1 - rate) * n
    return float(-(betaln(won + a, closed - won + b) - betaln(a, b)).sum())


def _pooled_loss(won: NDArray[np.float64], closed: NDArray[np.float64], rate: float) -> float:
    return float(-(won * np.log(rate) + (closed - won) * np.log(1 - rate)).sum())


def shrink(won: int, closed: int, prior: Prior, pool: tuple[int, int]) -> Shrunk:
    """The member's best estimate: the posterior of the beta prior, or the pool's rate where no spread was found."""
    if prior.n is None:
        everyone = wilson(*pool)
        return Shrunk(prior.rate, everyone.low, everyone.high)
    a, b = prior.rate * prior.n + won, (1 - prior.rate) * prior.n + closed - won
    return Shrunk(a / (a + b), tails.beta_quantile(0.025, a, b), tails.beta_quantile(0.975, a, b))


def verdict(won: int, closed: int, q_value: float | None, everyone: float) -> str:
    """In words: too few to say (under ten closed), differs with its direction (q < 0.05), or no evidence."""
    if closed < TOO_FEW:
        return TOO_FEW_WORDS
    if q_value is None or q_value >= LEVEL:
        return NO_EVIDENCE
    return HIGHER if won / closed > everyone else LOWER
