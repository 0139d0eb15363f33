"""Which open deals are older in their stage than almost all that ever left it?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.clock import DAYS, EXACT, Ticks, tells_time
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.shown import Shown

QUANTILE = 0.95


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
    return Stale(tuple(_limits(*_stays(prepared))))


def _stays(prepared: Prepared) -> tuple[ir.Table, ir.Table, Ticks]:
    """pipeline, stage and stay (ticks): of the stays that ended, and of the present ones of open deals."""
    deals = prepared.deals
    if prepared.visits is None:
        lives = deals.filter(deals.ended.notnull(), ~deals.refused)
        nothing = ibis.null("string")
        stays = lives.select("outcome", pipeline=nothing, stage=nothing, stay=lives.ended - lives.born)
        stays = stays.filter(stays.stay >= 0)
        here = stays.outcome == "open"
        return stays.filter(~here), stays.filter(here), prepared.ticks
    ticks = _stay_ticks(prepared, prepared.visits)
    return *_visit_stays(prepared, prepared.visits, ticks), ticks


def _stay_ticks(prepared: Prepared, visits: ir.Table) -> Ticks:
    """Calendar days where entering or leaving has no time of day throughout."""
    found = tells_time(visits, ("entered_at", "left_at"), prepared.changes)
    return DAYS if False in (found["entered_at"], found["left_at"]) else EXACT


def _visit_stays(prepared: Prepared, visits: ir.Table, ticks: Ticks) -> tuple[ir.Table, ir.Table]:
    """Ended stays and present ones. Only what needs the deal is joined to it: four stays in five have ended."""
    ended = visits.filter(visits.left_at.notnull())
    several = prepared.has("pipeline") or prepared.deals is not prepared.every
    if several:
        ended = ended.join(prepared.deals.select("deal_id", "pipeline"), "deal_id")
    else:
        ended = ended.mutate(pipeline=ibis.null("string"))
    still = visits.filter(visits.left_at.isnull())
    opened = prepared.deals.filter(prepared.deals.outcome == "open").select("deal_id", "pipeline")
    present = still.join(opened, "deal_id")
    left = _tick(prepared, ended.left_at, ticks)
    gone = ended.select("pipeline", "stage", stay=left - _tick(prepared, ended.entered_at, ticks))
    age = prepared.horizon.now(ticks) - _tick(prepared, present.entered_at, ticks)
    still = present.select("pipeline", "stage", stay=age)
    return gone.filter(gone.stay >= 0), still.filter(still.stay >= 0)


def _tick(prepared: Prepared, utc: ir.Value, ticks: Ticks) -> ir.Value:
    return ticks.of(utc, prepared.local(utc)).cast("int64")


def _limits(ended: ir.Table, present: ir.Table, ticks: Ticks) -> list[StaleLimit]:
    """The 95th percentile of the ended stays of each stage, and how many present stays exceed it."""
    by = ("pipeline", "stage")
    limits = engine.keep(ended.group_by(*by).aggregate(bound=ended.stay.quantile(QUANTILE), left=ended.count()))
    beyond = present.join(limits, [_same(present, limits, column) for column in by])
    beyond = beyond.filter((beyond.stay > beyond.bound) & (beyond.left >= TOO_FEW))
    tally = beyond.group_by(*by).aggregate(stale=beyond.count())
    counted = {(row["pipeline"], row["stage"]): row["stale"] for row in engine.rows(tally)}
    rows = sorted(engine.rows(limits), key=lambda row: (row["pipeline"] or "", row["stage"] or ""))
    return [_limit(row, ticks, counted.get((row["pipeline"], row["stage"]), 0)) for row in rows]


def _limit(row: dict[str, Any], ticks: Ticks, beyond: int) -> StaleLimit:
    days = row["bound"] / ticks.per_day if row["left"] >= TOO_FEW else None
    return StaleLimit(row["pipeline"], row["stage"], days, row["left"], beyond)


def _same(left: ir.Table, right: ir.Table, column: str) -> ir.Value:
    return left[column].fill_null("") == right[column].fill_null("")
