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
    lives: Alike
    risk: Real  # stage, bin, day: summed over days
    moved: Whole  # stage, bin and to as one number, by day
    day: Whole
    times: Whole
    began: Real  # stage, day: summed over days

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
        first = self.began[:, ends - self.begin + 1] - self.began[:, starts - self.begin + 1]
        return Counts(moves[b] - moves[a], np.moveaxis(risk, 2, 0), first.T)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.stages, len(EDGES), self.stages + 2

    def _moves(self, bounds: Whole) -> Real:
        """Moves until each of the bounds."""
        edges = np.concatenate(([0], np.searchsorted(self.day, bounds, side="right")))
        size = int(np.prod(self._shape))
        each = [np.bincount(self.moved[a:b], self.times[a:b], size) for a, b in pairwise(edges)]
        return np.cumsum(np.array(each, np.float64), axis=0).reshape(len(bounds), *self._shape)

    def there(self, day: int) -> Real:
        """Open deals at the end of a day, by stage and age."""
        lives = self.lives
        open_then = (lives.entered <= day) & (lives.left > day)
        key = lives.stage[open_then] * (OLDEST + 1) + np.minimum(day - lives.entered[open_then], OLDEST)
        size = self.stages * (OLDEST + 1)
        found = np.bincount(key, lives.times[open_then], size).astype(np.float64)
        return found.reshape(self.stages, OLDEST + 1)

    def ended_by_day(self, cause: int) -> Real:
        """Deals won (0) or gone (1) on each day from `begin` to `last`."""
        own = self.moved % (self.stages + 2) == self.stages + cause
        days = self.last - self.begin + 1
        return np.bincount(self.day[own] - self.begin, self.times[own], days).astype(np.float64)


@dataclass(frozen=True)
class Alike:
    """Stays of one stage, entered and left on the same days for the same next one, and how many of each."""

    stage: Whole
    following: Whole
    entered: Whole
    left: Whole
    times: Whole


def alike(stays: Stays) -> Alike:
    """The stays counted: a million deals are far fewer that differ in these. One left on its first day left a day later."""
    left = np.where(stays.following == OPEN, LATER, np.maximum(stays.left, stays.entered + 1))
    packed = stays.stage.astype(np.int64) << 50
    packed |= (stays.following + 1).astype(np.int64) << 43
    packed |= stays.entered.astype(np.int64) << 21
    packed |= np.minimum(left, LATER)
    packed.sort()
    new = np.flatnonzero(np.diff(packed, prepend=-1))
    found, times = packed[new], np.diff(new, append=len(packed))
    return Alike(
        stage=found >> 50,
        following=((found >> 43) & 127) - 1,
        entered=(found >> 21) & ((1 << 22) - 1),
        left=found & ((1 << 21) - 1),
        times=times,
    )


def steps(stays: Stays) -> Steps:
    """The stays as days at risk and moves."""
    lives = alike(stays)
    stages, days = len(stays.stages), stays.last - stays.begin + 2
    moved = np.flatnonzero((lives.left <= stays.last) & (lives.left >= stays.begin))
    moved = moved[np.argsort(lives.left[moved], kind="stable")]
    age = np.minimum(lives.left - lives.entered, OLDEST)[moved]
    shape = (stages, len(EDGES), stages + 2)
    started = stays.first & (stays.entered >= stays.begin) & (stays.entered <= stays.last)
    place = stays.stage[started] * days + stays.entered[started] - stays.begin + 1
    return Steps(
        stages=stages,
        begin=stays.begin,
        last=stays.last,
        lives=lives,
        risk=_risk(lives, stages, stays.begin, stays.last),
        moved=np.ravel_multi_index((lives.stage[moved], BIN[age - 1], lives.following[moved]), shape),
        day=lives.left[moved],
        times=lives.times[moved],
        began=np.cumsum(np.bincount(place, minlength=stages * days).reshape(stages, days), axis=1, dtype=np.float64),
    )


def _risk(lives: Alike, stages: int, first: int, last: int) -> Real:
    """Deal-days at risk by stage, bin and day, summed over days from the day before `first` on."""
    days = last - first + 2
    found = np.zeros((stages, len(EDGES), days))
    for place, low in enumerate(EDGES):
        high = EDGES[place + 1] if place + 1 < len(EDGES) else LATER
        start = np.maximum(lives.entered + low, first)
        end = np.minimum(np.minimum(lives.entered + high - 1, lives.left), last)
        inside = start <= end
        begin_at = lives.stage[inside] * days + start[inside] - first + 1
        end_at = lives.stage[inside] * days + end[inside] - first + 2
        size, times = stages * days + 1, lives.times[inside]
        change = np.bincount(begin_at, times, size) - np.bincount(end_at, times, size)
        # An end on the last day falls into the next stage's first place, which is never a day at risk: take it out.
        own = change[:-1].reshape(stages, days)
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
