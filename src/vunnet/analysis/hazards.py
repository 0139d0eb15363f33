"""How a deal moves on from day to day, by its stage and how long it has stood there: counts, and chances from them.

A grid of stage and age. On each day a deal at risk goes on to another stage, is won, is gone (lost or cancelled), or
stays: the Aalen–Johansen estimator of a multi-state model, grouped by age. Counts add up over calendar days, so what was known on
an earlier day is the sum until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.stays import LATER, OPEN, Stays

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

# Ages (days in the stage) at which a new bin begins; a stay is at risk from the day after it was entered.
EDGES = np.array([1, 2, 3, 4, 6, 8, 11, 15, 20, 26, 34, 45, 60, 75, 90, 105, 120, 150, 180])
OLDEST = 181
BIN = np.clip(np.searchsorted(EDGES, np.arange(1, OLDEST + 1), side="right") - 1, 0, len(EDGES) - 1)
LEARNT_FROM, LATELY, EXTRA = 730, 91, 2.0  # days, days, times more
PRIOR_EVENTS, NEIGHBOUR_EVENTS = 3.0, 0.5


@dataclass(frozen=True)
class Counts:
    """What happened until each of some days: `moves[k, stage, bin, to]` and `risk[k, stage, bin]`, in deals and deal-days.

    `to`: the stages, then won, then gone. `first[k, stage]`: where deals began.
    """

    moves: Real
    risk: Real
    first: Real


@dataclass(frozen=True)
class Steps:
    """The stays as days at risk and moves, ready to be summed until any day."""

    stages: int
    begin: int
    last: int
    risk: Real  # stage, bin, day: summed over days
    stage: Whole
    age_bin: Whole
    to: Whole
    day: Whole
    began_on: Whole
    began_in: Whole

    def until(self, days: Sequence[int]) -> Counts:
        """The sums of all days until each of the days, both included: two years, of which the last quarter counts three
        times (selling changes), scaled so that the whole keeps its size.
        """
        long, lately = self._within(days, LEARNT_FROM), self._within(days, LATELY)
        before = long.moves.sum(axis=(1, 2, 3))
        scale = before / np.maximum(before + EXTRA * lately.moves.sum(axis=(1, 2, 3)), 1.0)
        scale = np.where(before > 0, scale, 1.0)
        moves = (long.moves + EXTRA * lately.moves) * scale[:, None, None, None]
        return Counts(moves, (long.risk + EXTRA * lately.risk) * scale[:, None, None], long.first)

    def _within(self, days: Sequence[int], length: int) -> Counts:
        """The plain sums of the last so many days until each of the days."""
        ends = np.clip(np.asarray(days, np.int64), self.begin - 1, self.last)
        starts = np.maximum(ends - length, self.begin - 1)
        bounds = np.unique(np.concatenate((ends, starts)))
        moves = self._moves(bounds)
        a, b = np.searchsorted(bounds, starts), np.searchsorted(bounds, ends)
        risk = self.risk[:, :, ends - self.begin + 1] - self.risk[:, :, starts - self.begin + 1]
        first = np.stack([self._first(start, end) for start, end in zip(starts, ends, strict=True)])
        return Counts(moves[b] - moves[a], np.moveaxis(risk, 2, 0), first)

    def _moves(self, bounds: Whole) -> Real:
        """Moves until each of the bounds."""
        shape = (self.stages, len(EDGES), self.stages + 2)
        where = np.ravel_multi_index((self.stage, self.age_bin, self.to), shape)
        places = np.searchsorted(self.day, bounds, side="right")
        edges = np.concatenate(([0], places))
        each = [np.bincount(where[a:b], minlength=int(np.prod(shape))) for a, b in pairwise(edges)]
        return np.cumsum(np.array(each, np.float64), axis=0).reshape(len(bounds), *shape)

    def _first(self, start: int, end: int) -> Real:
        a, b = np.searchsorted(self.began_on, (start, end), side="right")
        return np.bincount(self.began_in[a:b], minlength=self.stages).astype(np.float64)

    def won_by_day(self) -> Real:
        """Wins on each day from `begin` to `last`."""
        won = self.day[self.to == self.stages]
        return np.bincount(won - self.begin, minlength=self.last - self.begin + 1).astype(np.float64)

    def gone_by_day(self) -> Real:
        gone = self.day[self.to == self.stages + 1]
        return np.bincount(gone - self.begin, minlength=self.last - self.begin + 1).astype(np.float64)


def steps(stays: Stays) -> Steps:
    """The stays as days at risk and moves. A stay left on the day it was entered was left a day later."""
    left = np.where(stays.following == OPEN, LATER, np.maximum(stays.left, stays.entered + 1))
    moved = (left <= stays.last) & (left >= stays.begin)
    order = np.argsort(left[moved], kind="stable")
    age = np.minimum(left - stays.entered, OLDEST)[moved][order]
    started = stays.first & (stays.entered >= stays.begin) & (stays.entered <= stays.last)
    by_day = np.argsort(stays.entered[started], kind="stable")
    return Steps(
        stages=len(stays.stages),
        begin=stays.begin,
        last=stays.last,
        risk=_risk(stays, left),
        stage=stays.stage[moved][order],
        age_bin=BIN[age - 1],
        to=stays.following[moved][order],
        day=left[moved][order],
        began_on=stays.entered[started][by_day],
        began_in=stays.stage[started][by_day],
    )


def _risk(stays: Stays, left: Whole) -> Real:
    """Deal-days at risk by stage, bin and day, summed over days from the day before `begin` on."""
    packed = (stays.stage << 44) | (stays.entered << 22) | np.minimum(left, LATER)
    alike, times = np.unique(packed, return_counts=True)
    stage, entered, until = alike >> 44, (alike >> 22) & ((1 << 22) - 1), alike & ((1 << 22) - 1)
    days = stays.last - stays.begin + 2
    found = np.zeros((len(stays.stages), len(EDGES), days))
    for place, low in enumerate(EDGES):
        high = EDGES[place + 1] if place + 1 < len(EDGES) else LATER
        start = np.maximum(entered + low, stays.begin)
        end = np.minimum(np.minimum(entered + high - 1, until), stays.last)
        inside = start <= end
        begin_at = stage[inside] * days + start[inside] - stays.begin + 1
        end_at = stage[inside] * days + end[inside] - stays.begin + 2
        size = len(stays.stages) * days + 1
        change = np.bincount(begin_at, times[inside], size) - np.bincount(end_at, times[inside], size)
        # An end on the last day falls into the next stage's first place, which is never a day at risk: take it out.
        own = change[:-1].reshape(len(stays.stages), days)
        own[:, 0] = 0.0
        found[:, place, :] = np.cumsum(own, axis=1)
    return np.cumsum(found, axis=2)


def chances(counts: Counts, draws: int = 0, random: np.random.Generator | None = None) -> Real:
    """The chance of each move on one day, `[k, stage, bin, to]`; with `draws`, that many from their posterior each.

    The first bin's chances are drawn towards the whole stage's, each later one's towards the bin before, by half an
    event; a stage's towards going on or leaving, half and half, at the pace of all stages, by three.
    """
    moves, risk = counts.moves, counts.risk
    stages = moves.shape[1]
    pace = moves.sum(axis=(1, 2, 3)) / np.maximum(risk.sum(axis=(1, 2)), 1.0)
    pace = np.maximum(pace, 1e-4)[:, None]
    usual = np.zeros((stages, stages + 2))
    usual[np.arange(stages), np.minimum(np.arange(stages) + 1, stages)] = 0.5
    if stages > 1:
        usual[stages - 2, stages - 1], usual[stages - 2, stages] = 0.0, 0.5  # the last real stage leads to won
    usual[:, stages + 1] = 0.5
    by_stage, days = moves.sum(axis=2), risk.sum(axis=2)
    prior = (by_stage + PRIOR_EVENTS * usual) / (days + PRIOR_EVENTS / pace)[..., None]
    seen, total = np.empty_like(moves), np.empty((*risk.shape, 1))
    for age in range(risk.shape[2]):
        weight = NEIGHBOUR_EVENTS / np.maximum(prior.sum(axis=2), 1e-6)
        seen[:, :, age] = moves[:, :, age] + weight[..., None] * prior
        total[:, :, age, 0] = risk[:, :, age] + weight
        prior = seen[:, :, age] / total[:, :, age]
    if draws:
        source = random or np.random.default_rng(0)
        seen, total = source.standard_gamma(np.repeat(seen, draws, axis=0)), np.repeat(total, draws, axis=0)
    found = seen / total
    leaving = found.sum(axis=3, keepdims=True)
    return np.asarray(np.where(leaving > 1.0, found / leaving, found))
