"""Ordinary variation or a signal? Points in, limits and signals out: XmR, p and u charts, Laney's p′ and u′.

Every chart is judged on one scale: a point's distance from what is expected of it, in units of its own spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from vunnet.analysis import tails

Real = NDArray[np.float64]

FEWEST = 12
BASELINE = 24
WIDTH = 3.0
RUN = 8
D2 = 1.128379167095513  # mean distance of two neighbours, in standard deviations: 2 / √π
ALIKE, MOST_ALIKE = 0.3, 0.95
CLEAR = 0.05
BEYOND, IN_A_ROW = "beyond 3 sigma", "8 in a row"
BOARDS, SEED = 4_000, 17


@dataclass(frozen=True)
class Expected:
    """What is expected of each point, and the spread of one unit there; `bounds` are what a value can be at all.

    `known` is the spread in those units where theory gives it (1 for counts), None where it must be measured.
    """

    centre: Real
    scale: Real
    known: float | None
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Limits:
    """`low` and `high` of each point; `plain_low` and `plain_high` before widening. `sigma_z`: measured spread where
    theory says 1 (above 1: more than chance). `likeness`: correlation of neighbours in the baseline.
    """

    low: Real
    high: Real
    plain_low: Real
    plain_high: Real
    sigma_z: float
    overdispersed: bool
    likeness: float
    runs: bool
    baseline: int
    distance: Real

    @property
    def widened(self) -> bool:
        return self.likeness > ALIKE


@dataclass(frozen=True)
class Span:
    """A signal from the `first` to the `last` point (both included); `above` the centre or below it."""

    first: int
    last: int
    rule: str
    above: bool


def of_values(values: Real, factors: Real, baseline: int) -> Expected:
    """An XmR chart: the mean of the baseline, times the factor of each point's phase."""
    centre = float(np.mean(values[:baseline] / factors[:baseline]))
    return Expected(centre * factors, factors, None, (0.0 if values.min() >= 0 else -np.inf, np.inf))


def of_rates(won: Real, n: Real, usual: Real, baseline: int) -> Expected:
    """A p chart: the pooled rate of the baseline, shifted on the logit by each point's phase (`usual` rate)."""
    odds = logit(np.clip(usual, 1e-9, 1 - 1e-9))
    wanted, sizes = float(won[:baseline].sum()), n[:baseline]
    inside = 0.0 < wanted < sizes.sum()
    shift = brentq(lambda by: float((sizes * expit(odds[:baseline] + by)).sum()) - wanted, -60, 60) if inside else 0.0
    centre = np.asarray(expit(odds + shift)) if inside else np.full(len(n), wanted / max(sizes.sum(), 1.0))
    return Expected(centre, np.sqrt(centre * (1 - centre) / n), 1.0, (0.0, 1.0))


def of_counts(counts: Real, n: Real, factors: Real, baseline: int) -> Expected:
    """A u chart: counts per opportunity, times the factor of each point's phase."""
    centre = float(counts[:baseline].sum() / (n * factors)[:baseline].sum()) * factors
    return Expected(centre, np.sqrt(centre / n), 1.0, (0.0, np.inf))


def limits(values: Real, expected: Expected, baseline: int) -> Limits | None:
    """Three sigma on each side, from the baseline alone; None where the baseline does not vary at all.

    The spread of an XmR chart is the mean moving range / 1.128. Counts have the spread of chance, unless a chi-square
    test on the baseline finds more: then Laney's σz, the moving range of the distances. Where neighbours in the
    baseline are alike (r above 0.3) the moving range is too small: limits are divided by √(1 − r), and runs mean
    nothing.
    """
    away = np.divide(values - expected.centre, expected.scale, out=np.zeros(len(values)), where=expected.scale > 0)
    calm = away[:baseline]
    measured = moving_sigma(calm)
    crowded = expected.known is not None and measured > 1.0 and _too_spread(calm)
    sigma = measured if expected.known is None or crowded else expected.known
    if sigma <= 0 or not expected.scale.any():
        return None
    alike = likeness(calm)
    wide = sigma / sqrt(1 - alike) if alike > ALIKE else sigma
    plain = expected.known if crowded and expected.known else sigma
    low, high = _both(expected, WIDTH * wide)
    plain_low, plain_high = _both(expected, WIDTH * plain)
    return Limits(low, high, plain_low, plain_high, measured, crowded, alike, alike <= ALIKE, baseline, away / wide)


def _both(expected: Expected, width: float) -> tuple[Real, Real]:
    least, most = expected.bounds
    half = width * expected.scale
    return np.maximum(expected.centre - half, least), np.minimum(expected.centre + half, most)


def moving_sigma(distances: Real) -> float:
    """Short-term standard deviation: the mean moving range / 1.128 (Shewhart's individuals chart).

    >>> round(moving_sigma(np.array([1.0, 2.0, 1.0, 2.0])), 4)
    0.8862
    """
    return float(np.abs(np.diff(distances)).mean() / D2) if len(distances) > 1 else 0.0


def _too_spread(distances: Real) -> bool:
    freedom = len(distances) - 1
    return freedom > 0 and tails.chi_square(float((distances**2).sum()), freedom) < CLEAR


def likeness(distances: Real) -> float:
    """Correlation of neighbours, without the bias of few points (Marriott & Pope, Biometrika 41, 1954); at most 0.95.

    >>> likeness(np.array([1.0, 1.0, 1.0]))
    0.0
    """
    away = distances - distances.mean()
    if len(distances) < FEWEST or float((away**2).sum()) <= 1e-12:
        return 0.0
    return float(_likenesses(away[None, :])[0])


def spans(distances: Real, runs: bool = True) -> tuple[Span, ...]:
    """Points beyond three sigma (neighbours beyond the same side are one signal), and eight or more in a row on one
    side of the centre (one signal, however long, with the points beyond three sigma in it).

    >>> spans(np.array([0.0, 4.0, 4.0, 0.1]))
    (Span(first=1, last=2, rule='beyond 3 sigma', above=True),)
    """
    beyond = [Span(a, b, BEYOND, up) for a, b, up in _stretches(np.where(np.abs(distances) > WIDTH, distances, 0.0))]
    sides = [Span(a, b, IN_A_ROW, up) for a, b, up in _stretches(distances) if b - a + 1 >= RUN] if runs else []
    alone = [span for span in beyond if not any(a.first <= span.first and span.last <= a.last for a in sides)]
    return tuple(sorted(alone + sides, key=lambda span: (span.first, span.last)))


def _stretches(values: Real) -> list[tuple[int, int, bool]]:
    """Stretches of neighbours on the same side of zero: first, last, above."""
    side = np.sign(values)
    edges = np.flatnonzero(np.diff(side)) + 1
    starts, ends = np.concatenate(([0], edges)), np.concatenate((edges, [len(side)]))
    return [(int(a), int(b) - 1, bool(side[a] > 0)) for a, b in zip(starts, ends, strict=True) if b > a and side[a]]


@lru_cache(maxsize=256)
def by_chance(points: int, baseline: int, measured: bool, likeness: float = 0.0) -> float:
    """How many signals a board of so many ordinary points raises on average, its limits set on its own baseline.

    By simulation of 4,000 boards of normal points, neighbours as alike as found, with a fixed seed. `measured`: whether
    the spread comes from the moving range too, or is known.
    """
    drawn = np.random.default_rng(SEED).standard_normal((BOARDS, points))
    for n in range(1, points) if likeness > 0 else ():
        drawn[:, n] = likeness * drawn[:, n - 1] + sqrt(1 - likeness**2) * drawn[:, n]
    calm = drawn[:, :baseline] - drawn[:, :baseline].mean(axis=1, keepdims=True)
    spread = np.abs(np.diff(calm, axis=1)).mean(axis=1) / D2 if measured else np.ones(BOARDS)
    alike = _likenesses(calm)
    wide = alike > ALIKE
    spread = np.where(wide, spread / np.sqrt(1 - alike), spread)
    away = (drawn - drawn[:, :baseline].mean(axis=1, keepdims=True)) / spread[:, None]
    return float((_alarms(away[wide], False).sum() + _alarms(away[~wide], True).sum()) / BOARDS)


def _likenesses(away: Real) -> Real:
    """`likeness` of many baselines at once, each around its own mean."""
    n = away.shape[1]
    plain = (away[:, 1:] * away[:, :-1]).sum(axis=1) / (away**2).sum(axis=1)
    return np.asarray(np.minimum(plain + (1 + 3 * plain) / n, MOST_ALIKE))


def _alarms(away: Real, runs: bool) -> NDArray[np.int64]:
    """How many signals each row of distances raises: `spans`, counted for many boards at once."""
    beyond = np.where(np.abs(away) > WIDTH, np.sign(away), 0)
    before = np.concatenate((np.zeros((len(away), 1)), beyond[:, :-1]), axis=1)
    found = ((beyond != 0) & (beyond != before)).sum(axis=1)
    if not runs or away.shape[1] < RUN:
        return np.asarray(found, np.int64)
    side = np.sign(away)
    length = np.ones(len(away), np.int64)
    for n in range(1, away.shape[1]):
        length = np.where(side[:, n] == side[:, n - 1], length + 1, 1)
        found = found + (length == RUN)
    return np.asarray(found, np.int64)


def run_lengths(away: Sequence[Real], runs: bool) -> list[int]:
    """For each series of distances the number of points until the first alarm; 0 where there is none."""
    found = []
    for series in away:
        ends = [span.first if span.rule == BEYOND else span.first + RUN - 1 for span in spans(series, runs)]
        found.append(min(ends) + 1 if ends else 0)
    return found
