"""Logistic regression with cluster-robust intervals, and what a step of one field goes with in points.

Pure numpy on a few ten thousand rows; the engine has reduced them before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.special import expit

Real = NDArray[np.float64]
ROUNDS = 40
TOLERANCE = 1e-9
SEPARATED = 12.0  # a coefficient of a standardised column beyond this is no estimate but a separation


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Fit:
    """Coefficients, their covariance, and how many degrees of freedom the clusters leave."""

    coefficients: Real
    covariance: Real
    freedom: int


def logistic(x: Real, y: Real, clusters: NDArray[np.int64]) -> Fit | None:
    """The maximum-likelihood fit; covariance robust to clusters (Liang & Zeger 1986), with the small-sample factor
    G/(G−1) · (n−1)/(n−k). None where the data separate the outcomes, or the columns say the same.
    """
    n, k = x.shape
    beta: Any = np.zeros(k)
    filled: Any = sparse.csr_array(x)  # sellers and sources are columns of mostly zeros
    if _dependent(_bread(filled, np.full(n, 0.5))):
        return None
    for _ in range(ROUNDS):
        p = np.asarray(expit(filled @ beta), np.float64)
        bread = _bread(filled, p)
        try:
            step = np.linalg.solve(bread, filled.T @ (y - p))
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        beta = beta + np.clip(step, -4, 4)
        if np.abs(step).max() < TOLERANCE:
            break
    else:
        return None
    if np.abs(beta[1:]).max(initial=0.0) > SEPARATED:
        return None
    shares = np.asarray(expit(filled @ beta), np.float64)
    bread = _bread(filled, shares)
    if _dependent(bread):
        return None
    inverse = np.linalg.inv(bread)
    place = np.unique(clusters, return_inverse=True)[1]
    g = int(place.max()) + 1
    each = x * (y - shares)[:, None]
    scores = np.column_stack([np.bincount(place, weights=each[:, column], minlength=g) for column in range(k)])
    if g < 2 or n <= k:
        return None
    meat = scores.T @ scores * (g / (g - 1)) * ((n - 1) / (n - k))
    return Fit(beta, inverse @ meat @ inverse, g - 1)


def _bread(x: Any, share: Real) -> Real:
    weighed = x.multiply((share * (1 - share))[:, None])
    return np.asarray((weighed.T @ x).todense(), np.float64)


def _dependent(bread: Real) -> bool:
    return not np.isfinite(bread).all() or bool(np.linalg.cond(bread) > 1e12)


def odds_ratio(fit: Fit, column: int, step: float) -> Estimate:
    """exp(coefficient · step) with its interval (t, by the clusters)."""
    error = float(np.sqrt(fit.covariance[column, column])) * abs(step)
    centre, spread = float(fit.coefficients[column]) * step, _t(fit) * error
    return Estimate(exp(min(centre, 700.0)), exp(min(centre - spread, 700.0)), exp(min(centre + spread, 700.0)))


def average_effect(fit: Fit, x: Real, column: int, low: float, high: float) -> tuple[Estimate, float]:
    """What all rows would win more at `high` than at `low` of a column, all else as it is: the mean difference of
    predicted shares, its interval by the delta method, and its p-value.
    """
    slopes = np.zeros(x.shape[1])
    effect = 0.0
    for at, sign in ((high, 1.0), (low, -1.0)):
        moved = x.copy()
        moved[:, column] = at
        share = np.asarray(expit(moved @ fit.coefficients), np.float64)
        effect += sign * float(share.mean())
        slopes += sign * (moved * (share * (1 - share))[:, None]).mean(axis=0)
    error = max(0.0, float(slopes @ fit.covariance @ slopes)) ** 0.5
    p_value = 2 * float(stats.t.sf(abs(effect) / error, fit.freedom)) if error else 1.0
    return Estimate(effect, effect - _t(fit) * error, effect + _t(fit) * error), p_value


def together(fit: Fit, columns: slice) -> float:
    """p-value that several coefficients are all 0: Wald's F, by the clusters.

    The F takes G − q + 1 degrees below, as a quadratic form of G − 1 clusters has (Hotelling).
    """
    beta, covariance = fit.coefficients[columns], fit.covariance[columns, columns]
    q, freedom = len(beta), fit.freedom
    below = freedom - q + 1
    if below < 1:
        return 1.0
    wald = float(beta @ np.linalg.pinv(covariance) @ beta)
    return float(stats.f.sf(wald * below / (freedom * q), q, below))


def _t(fit: Fit) -> float:
    return float(stats.t.ppf(0.975, fit.freedom))
