"""Rates of quarters that come from one beta distribution: what its better quarters are, with all that is not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

DRAWS = 4_000
UPPER_QUARTILE = 0.75
WIDEST = 0.25  # standard deviation of true rates between quarters
SPREADS, MEANS = 50, 41

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """`now` and `better`: posterior medians of the recent rate and of the upper quartile. `gain`: (better − now) times
    the share won later, each deal that left; median and 95 % interval, never under 0."""

    now: float
    better: float
    gain: tuple[float, float, float]


def better_gap(on: NDArray[np.int64], n: NDArray[np.int64], recent: Real, later: tuple[int, int]) -> Gap:
    """The gap between the upper quartile of the quarters' true rates and their recent mean (weights `recent`).

    Beta-binomial with its mean and its spread unknown (uniform on the mean, and on the standard deviation between
    quarters: Gelman 2006), on a grid; 4,000 draws with a fixed seed. `later`: won of those that went on and settled.
    """
    random = np.random.default_rng(0)
    mean, spread = _posterior(on, n, random)
    size = np.maximum(mean * (1 - mean) / spread**2 - 1, 1e-3)
    rates = random.beta((mean * size)[:, None] + on, ((1 - mean) * size)[:, None] + (n - on))
    better = np.quantile(rates, UPPER_QUARTILE, axis=1)
    now = rates @ (recent / recent.sum())
    won = random.beta(later[0] + 0.5, later[1] - later[0] + 0.5, DRAWS)
    gain = np.maximum(better - now, 0.0) * won
    middle, low, high = (float(np.quantile(gain, share)) for share in (0.5, 0.025, 0.975))
    return Gap(float(np.median(now)), float(np.median(better)), (middle, low, high))


def _posterior(on: NDArray[np.int64], n: NDArray[np.int64], random: np.random.Generator) -> tuple[Real, Real]:
    """Draws of the mean and the standard deviation of the true rates."""
    pool = (on.sum() + 0.5) / (n.sum() + 1)
    reach = 4 * np.sqrt(pool * (1 - pool) / n.sum() + on.var() / max(1.0, float(n.mean()) ** 2) / len(n)) + 0.01
    means = np.clip(np.linspace(pool - reach, pool + reach, MEANS), 0.001, 0.999)
    spreads = np.linspace(0.001, WIDEST, SPREADS)
    mean, spread = (grid.ravel() for grid in np.meshgrid(means, spreads))
    size = mean * (1 - mean) / spread**2 - 1
    a, b = (mean * size)[:, None], ((1 - mean) * size)[:, None]
    possible = size > 0
    fit = np.full(len(mean), -np.inf)
    fit[possible] = (betaln(a[possible] + on, b[possible] + n - on) - betaln(a[possible], b[possible])).sum(axis=1)
    chance = np.exp(fit - fit.max())
    cell = random.choice(len(mean), DRAWS, p=chance / chance.sum())
    return mean[cell], spread[cell]
