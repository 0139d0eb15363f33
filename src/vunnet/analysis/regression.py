"""Logistic regression with cluster-robust intervals, and what a step of one field goes with in points.

Pure numpy on a few ten thousand rows; the engine has reduced them before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from vunnet.analysis import tails

Real = NDArray[np.float64]
Design = Any  # rows of numbers: an array, or a sparse one where most columns are flags
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


def logistic(x: Design, y: Real, clusters: NDArray[np.int64]) -> Fit | None:
    """The maximum-likelihood fit; covariance robust to clusters (Liang & Zeger 1986), with the small-sample factor
    G/(G−1) · (n−1)/(n−k). None where the data separate the outcomes, or the columns say the same.
    """
    n, k = x.shape
    beta: Any = np.zeros(k)
    filled: Any = sparse.csr_array(x)  # sellers and sources are columns of mostly zeros
    across = filled.T.tocsr()
    if _dependent(_bread(filled, across, np.full(n, 0.5))):
        return None
    for _ in range(ROUNDS):
        p = np.asarray(expit(filled @ beta), np.float64)
        bread = _bread(filled, across, p)
        try:
            step = np.linalg.solve(bread, across @ (y - p))
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
    bread = _bread(filled, across, shares)
    if _dependent(bread):
        return None
    inverse = np.linalg.inv(bread)
    place = np.unique(clusters, return_inverse=True)[1]
    g = int(place.max()) + 1
    if g < 2 or n <= k:
        return None
    belongs = sparse.csr_array((y - shares, (place, np.arange(n))), shape=(g, n))
    scores: Any = belongs @ filled
    meat = (scores.T @ scores).toarray() * (g / (g - 1)) * ((n - 1) / (n - k))
    return Fit(beta, inverse @ meat @ inverse, g - 1)


def _bread(x: Any, across: Any, share: Real) -> Real:
    """The information; `across` is `x` on its side."""
    weighed = x.copy()
    weighed.data *= np.repeat(share * (1 - share), np.diff(x.indptr))
    return np.asarray((across @ weighed).toarray(), np.float64)


def _dependent(bread: Real) -> bool:
    return not np.isfinite(bread).all() or bool(np.linalg.cond(bread) > 1e12)


def odds_ratio(fit: Fit, column: int, step: float) -> Estimate:
    """exp(coefficient · step) with its interval (t, by the clusters)."""
    error = float(np.sqrt(fit.covariance[column, column])) * abs(step)
    centre, spread = float(fit.coefficients[column]) * step, _t(fit) * error
    return Estimate(exp(min(centre, 700.0)), exp(min(centre - spread, 700.0)), exp(min(centre + spread, 700.0)))


def average_effect(fit: Fit, x: Design, column: int, low: float, high: float) -> tuple[Estimate, float]:
    """What all rows would win more at `high` than at `low` of a column, all else as it is: the mean difference of
    predicted shares, its interval by the delta method, and its p-value.
    """
    filled: Any = sparse.csr_array(x)
    n, slopes, effect = x.shape[0], np.zeros(x.shape[1]), 0.0
    others = fit.coefficients.copy()
    others[column] = 0.0
    beside = np.asarray(filled @ others, np.float64)
    for at, sign in ((high, 1.0), (low, -1.0)):
        share = np.asarray(expit(beside + at * fit.coefficients[column]), np.float64)
        effect += sign * float(share.mean())
        weight = share * (1 - share)
        slope = np.asarray(filled.T @ weight, np.float64) / n
        slope[column] = at * float(weight.mean())
        slopes += sign * slope
    error = max(0.0, float(slopes @ fit.covariance @ slopes)) ** 0.5
    p_value = 2 * tails.student(abs(effect) / error, fit.freedom) if error else 1.0
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
    return tails.fisher_f(wald * below / (freedom * q), q, below)


def _t(fit: Fit) -> float:
    return tails.student_quantile(0.975, fit.freedom)
