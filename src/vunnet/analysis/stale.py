"""Which open deals are older in their stage than almost all that ever left it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.clock import NEVER, Ticks, Whole
from vunnet.analysis.journeys import OPEN, chosen
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.roster import Flags, Roster, roster
from vunnet.analysis.shown import Shown
from vunnet.analysis.trail import Trail, trail

QUANTILE = 0.95
ROOM = 44  # bits of a stay in milliseconds: more than five hundred years


@dataclass(frozen=True)
class StaleLimit:
    """A deal open longer than `days` in this stage is older than 95 % of the `left` deals that ever left it.

    `days` is None under ten that left: too few to say. `stage` is None where the source has no stays and the limit is
    that of the whole life of a deal.
    """

    pipeline: str | None
    stage: str | None
    days: float | None
    left: int
    stale: int


@dataclass(frozen=True)
class Stale(Shown):
    """Stale deals, and the limits they were measured by."""

    limits: tuple[StaleLimit, ...] | NotRecorded

    @cached_property
    def count_or_why(self) -> int | NotRecorded:
        return self.limits if isinstance(self.limits, NotRecorded) else sum(limit.stale for limit in self.limits)

    def to_json(self) -> object:
        return self.limits.to_json() if isinstance(self.limits, NotRecorded) else [vars(one) for one in self.limits]


def stale(prepared: Prepared) -> Stale:
    """Open deals older in their stage than 95 % of the stays that ever ended there.

    The limit is the 95th percentile of the ended stays (linear between neighbours: Hyndman & Fan 1996, type 7).
    Where the source has no stays, the whole life of the deals that closed takes their place.
    """
    if not prepared.created_recorded:
        return Stale(NotRecorded("no creation dates are recorded"))
    if prepared.visits is None:
        stays, ticks = _lives(roster(prepared), chosen(prepared)), prepared.ticks
    else:
        found = trail(prepared, prepared.visits)
        stays, ticks = _stays(prepared, found), found.stay_ticks
    return Stale(tuple(_limits(stays, ticks)))


@dataclass(frozen=True)
class _Stays:
    """How long each stay lasted (ticks), whether it is over, and its place: a code into `places` (pipeline, stage)."""

    places: tuple[tuple[str | None, str | None], ...]
    place: Whole
    lasted: Whole
    over: Flags


def _lives(deals: Roster, about: Flags) -> _Stays:
    """The whole life of each deal as one stay."""
    known = about & deals.kept & (deals.ended < NEVER)
    lasted = (deals.ended - deals.born)[known]
    return _Stays(((None, None),), np.zeros(len(lasted), np.int64), lasted, deals.outcome[known] != OPEN)


def _stays(prepared: Prepared, found: Trail) -> _Stays:
    """The stays that ended, and the present ones of open deals."""
    deals, about, ticks = roster(prepared), chosen(prepared), found.stay_ticks
    pipelines = deals.named("pipeline")
    over = found.left < NEVER
    there = about[found.deal] & (over | (deals.outcome[found.deal] == OPEN))
    entered = found.ticks(found.entered, ticks)
    until = np.where(over, found.ticks(found.left, ticks), prepared.horizon.now(ticks))
    there &= until >= entered
    places = tuple((pipeline, stage) for pipeline in (*pipelines.names, None) for stage in found.stages)
    row = pipelines.codes.astype(np.int64)
    row = np.where(row < 0, len(pipelines.names), row)
    place = row[found.deal] * len(found.stages) + found.stage
    return _Stays(places, place[there], (until - entered)[there], over[there])


def _limits(stays: _Stays, ticks: Ticks) -> Iterator[StaleLimit]:
    """The 95th percentile of the ended stays of each stage, and how many present stays exceed it."""
    ended = np.sort((stays.place[stays.over] << ROOM) | stays.lasted[stays.over])
    present, lasted = stays.place[~stays.over], stays.lasted[~stays.over]
    for place in sorted(range(len(stays.places)), key=lambda at: tuple(name or "" for name in stays.places[at])):
        own = ended[slice(*np.searchsorted(ended, (place << ROOM, (place + 1) << ROOM)))] & ((1 << ROOM) - 1)
        if not len(own):
            continue
        enough = len(own) >= TOO_FEW
        bound = float(np.quantile(own, QUANTILE))
        beyond = int(np.count_nonzero(lasted[present == place] > bound)) if enough else 0
        yield StaleLimit(*stays.places[place], bound / ticks.per_day if enough else None, len(own), beyond)
