"""The path of one deal: is it slow, and where? Each of its stays beside those of the other deals that went on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.clock import NEVER, Ticks
from vunnet.analysis.flows import ON, Flow, by_stage
from vunnet.analysis.journeys import OPENED, Journeys, all_journeys
from vunnet.analysis.prepare import Prepared, clock_day
from vunnet.analysis.roster import roster
from vunnet.analysis.shown import Shown
from vunnet.analysis.stale import stale

QUANTILES = {"quarter": 0.25, "middle": 0.5, "three_quarters": 0.75, "nine_tenths": 0.9}
ORDINARY, THREE_IN_FOUR, NINE_IN_TEN = "ordinary", "longer than 3 in 4", "longer than 9 in 10"
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Typical:
    """Days the first stay in a stage took the other `deals` that went on from it: quantiles, linear between neighbours."""

    deals: int
    quarter: float
    middle: float
    three_quarters: float
    nine_tenths: float


@dataclass(frozen=True)
class PathStay:
    """A stay: `begun` days after the path began, `days` long, `lasts`: the deal still stands there.

    `typical` is None under ten deals that went on. `verdict`: ordinary, longer than 3 in 4, longer than 9 in 10; None
    without `typical`. `is_stale`: as `stale` has it.
    """

    stage: str
    begun: float
    days: float
    lasts: bool
    typical: Typical | None
    is_stale: bool

    @property
    def verdict(self) -> str | None:
        if self.typical is None:
            return None
        if self.days > self.typical.nine_tenths:
            return NINE_IN_TEN
        return THREE_IN_FOUR if self.days > self.typical.three_quarters else ORDINARY

    def to_json(self) -> dict[str, object]:
        plain = {name: getattr(self, name) for name in ("stage", "begun", "days", "lasts", "is_stale", "verdict")}
        return plain | {"typical": vars(self.typical) if self.typical else None}


@dataclass(frozen=True)
class DealPath(Shown):
    """All stays of one deal in order; `days` from its beginning to its closing, or to as_of."""

    deal_id: str
    outcome: str
    pipeline: str | None
    days: float
    stays: tuple[PathStay, ...]

    @property
    def slow(self) -> tuple[PathStay, ...]:
        """The stays longer than nine in ten."""
        return tuple(stay for stay in self.stays if stay.verdict == NINE_IN_TEN)

    def is_end(self, stay: PathStay) -> bool:
        """Whether a stay is only the room the deal closed in: no time was spent there."""
        return self.outcome != "open" and stay is self.stays[-1] and stay.days == 0 and stay.typical is None

    def to_json(self) -> dict[str, object]:
        plain = {name: getattr(self, name) for name in ("deal_id", "outcome", "pipeline", "days")}
        return plain | {"stays": [stay.to_json() for stay in self.stays]}


def deal_path(prepared: Prepared, deal_id: str) -> DealPath | NotRecorded:
    """The stays of a deal, each beside the first stays of the other deals of its pipeline that went on from there (to a
    later stage, or won). ValueError for a deal that is not known on the day.

    >>> PathStay("Met", 0.0, 9.5, False, Typical(20, 1.0, 2.0, 4.0, 9.0), False).verdict
    'longer than 9 in 10'
    """
    found = engine.rows(prepared.every.filter(prepared.every.deal_id == deal_id))
    if not found:
        raise ValueError(f"there is no deal {deal_id!r} as known on {prepared.horizon.day}")
    deal = found[0]
    ways = _ways(prepared, deal.get("pipeline"))
    visits = _visits(prepared, deal_id) if prepared.visits is not None else _one_stay(deal)
    if ways is None or not visits:
        return NotRecorded("no stay of this deal is recorded")
    end = deal["closed_at"] or prepared.horizon.end
    begin = min(visit["entered_at"] for visit in visits)
    typical = _typical(ways, prepared, deal_id, {visit["stage"] for visit in visits})
    limits = _limits(prepared) if deal["outcome"] == "open" else {}
    stays = []
    for place, visit in enumerate(visits):
        lasts = visit["left_at"] is None and deal["outcome"] == "open" and place == len(visits) - 1
        until = visit["left_at"] or (visits[place + 1]["entered_at"] if place + 1 < len(visits) else end)
        days = _days(prepared, ways.stay_ticks, visit["entered_at"], until)
        limit = limits.get((deal.get("pipeline") if prepared.has("pipeline") else None, visit["stage"]))
        old = lasts and limit is not None and days > limit
        begun = _days(prepared, ways.stay_ticks, begin, visit["entered_at"])
        stays.append(PathStay(visit["stage"], begun, days, lasts, typical.get(visit["stage"]), old))
    whole = _days(prepared, ways.stay_ticks, begin, end)
    return DealPath(deal_id, deal["outcome"], deal.get("pipeline"), whole, tuple(stays))


def _ways(prepared: Prepared, pipeline: str | None) -> Journeys | None:
    """The journeys of the deal's pipeline."""
    every = all_journeys(prepared)
    return next((ways for ways in every if ways.pipeline in (None, pipeline)), None)


def _visits(prepared: Prepared, deal_id: str) -> list[dict[str, Any]]:
    visits = prepared.visits
    if visits is None:
        return []
    rows = engine.rows(visits.filter(visits.deal_id == deal_id).select("stage", "entered_at", "left_at"))
    return sorted(rows, key=lambda row: (row["entered_at"], row["left_at"] is None, row["left_at"] or 0, row["stage"]))


def _one_stay(deal: dict[str, Any]) -> list[dict[str, Any]]:
    if deal["created_at"] is None:
        return []
    return [{"stage": OPENED, "entered_at": deal["created_at"], "left_at": deal["closed_at"]}]


def _days(prepared: Prepared, ticks: Ticks, first: datetime, last: datetime) -> float:
    """From one moment to another in the unit of the funnel's stays; nothing where they are the wrong way round."""
    if not ticks.whole_days:
        return max((last - first) / A_DAY, 0.0)
    last_day = prepared.horizon.day if last == prepared.horizon.end else _local_day(prepared, last)
    return float(max((last_day - _local_day(prepared, first)).days, 0))


def _local_day(prepared: Prepared, moment: datetime) -> date:
    return clock_day(moment, prepared.horizon.zone)


def _typical(ways: Journeys, prepared: Prepared, deal_id: str, wanted: set[str]) -> dict[str, Typical]:
    own = roster(prepared).among(prepared.every.filter(prepared.every.deal_id == deal_id))
    others = ways.only(~own)

    def typical(flow: Flow) -> Typical | None:
        days = others.over[flow.k] - others.begun[flow.k]
        went_on = flow.here & (flow.cause == ON) & (others.over[flow.k] < NEVER) & (days >= 0)
        if ways.stages[flow.k] not in wanted or np.count_nonzero(went_on) < TOO_FEW:
            return None
        cuts = np.quantile(days[went_on], list(QUANTILES.values())) / ways.stay_ticks.per_day
        return Typical(int(np.count_nonzero(went_on)), *map(float, cuts))

    found = by_stage(others, prepared.horizon, None, typical)
    return {stage: one for stage, one in zip(ways.stages, found, strict=True) if one}


def _limits(prepared: Prepared) -> dict[tuple[str | None, str | None], float]:
    found = stale(prepared).limits
    if isinstance(found, NotRecorded):
        return {}
    return {(one.pipeline, one.stage): one.days for one in found if one.days is not None}
