"""One step before every question: hide what came after `as_of`, and make durations comparable.

Prepared deals carry, beside the columns of the source:

* `outcome`, `closed_at` as known at `as_of` (a deal closed later is open);
* `created_on`, `closed_on`: local dates; `opened`: whether `created_at` is recorded;
* `born`, `ended`: ticks since 1970 of creation and of closing (or of `as_of` for an open deal), null where not
recorded;
* `entry`: ticks after creation from which the deal is observed (0, or later under `observed_from`);
* `refused`: closed before it was created; it counts, but has no duration;
* `number`: from 0 on, in an order of the engine's choice.

They are kept, since every question reads them: working them out anew from the files took a fifth of a whole report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import clock, engine
from vunnet.analysis.clock import DAYS, EXACT, Ticks
from vunnet.analysis.question import Period, Question, matches
from vunnet.analysis.schema import DEALS, OUTCOMES, Tables
from vunnet.analysis.truncation import closings_begin


@dataclass(frozen=True)
class Horizon:
    """The moment everything is seen from, and where records begin (`inferred`: found in them, not said)."""

    as_of: date | datetime
    zone: ZoneInfo
    observed_from: date | None = None
    inferred: bool = False

    @property
    def end(self) -> datetime:
        """Naive UTC: a row at or after it is invisible."""
        if isinstance(self.as_of, datetime):
            return clock.naive_utc(self.as_of) + timedelta(microseconds=1)
        return clock.midnight(self.as_of + timedelta(days=1), self.zone)

    @property
    def day(self) -> date:
        """The local day of `as_of`."""
        if isinstance(self.as_of, datetime):
            moment = clock.naive_utc(self.as_of)
            return (moment + timedelta(seconds=clock.offset_seconds(moment, self.zone))).date()
        return self.as_of

    def now(self, ticks: Ticks) -> int:
        """`as_of` in ticks since 1970."""
        if ticks.whole_days:
            return (self.day - clock.EPOCH).days
        end = clock.naive_utc(self.as_of) if isinstance(self.as_of, datetime) else self.end
        return (end - clock.MOMENT_ZERO) // timedelta(milliseconds=1)

    def start(self, ticks: Ticks) -> int | None:
        """`observed_from` in ticks since 1970."""
        return None if self.observed_from is None else self.tick(self.observed_from, ticks)

    def tick(self, day: date, ticks: Ticks) -> int:
        """The beginning of a local day in ticks since 1970."""
        if ticks.whole_days:
            return (day - clock.EPOCH).days
        return (clock.midnight(day, self.zone) - clock.MOMENT_ZERO) // timedelta(milliseconds=1)

    def holds(self, period: Period, at: clock.Whole, ticks: Ticks) -> NDArray[np.bool_]:
        """Whether ticks since 1970 fall in a period of local days; never for NEVER."""
        inside = at < clock.NEVER
        if period.first:
            inside &= at >= self.tick(period.first, ticks)
        if period.last:
            inside &= at < self.tick(period.last + timedelta(days=1), ticks)
        return np.asarray(inside)


@dataclass(frozen=True)
class Prepared:
    """A source as known at `as_of`, ready for every question.

    `every` are all visible deals (customer status needs them), `deals` those the question is about; `kept` is what was
    worked out from `every` and several questions share: tables, the roster, the trail.
    """

    every: ir.Table
    deals: ir.Table
    tables: Tables
    horizon: Horizon
    ticks: Ticks
    changes: list[tuple[datetime, int]]
    created_recorded: bool
    closed_recorded: bool
    closed_undated: bool
    first_closed_on: date | None
    columns: frozenset[str]
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def has(self, column: str) -> bool:
        """Whether the source filled in this column of deals at all."""
        return column in self.columns

    def about(self, question: Question) -> Prepared:
        """The same source, cut to the deals the question is about (period of closing excepted: see each question)."""
        if not question.where and question.created_in is None:
            return self
        return replace(self, deals=self.every).only(question.where, question.created_in)

    def only(self, where: Mapping[str, tuple[str | None, ...]], created_in: Period | None = None) -> Prepared:
        """Those of its deals that have these values, and were opened in the period."""
        if not where and created_in is None:
            return self
        deals = self.deals
        for column, allowed in where.items():
            deals = deals.filter(self._matching(deals, column, allowed))
        if created_in:
            deals = deals.filter(created_in.holds(deals.created_on))
        return replace(self, deals=engine.keep(deals))

    def _matching(self, deals: ir.Table, column: str, allowed: tuple[str | None, ...]) -> ir.Value:
        main = matches(deals, column, allowed)
        if column != "product" or self.tables.lines is None:
            return main
        lines = self.tables.lines
        return main | deals.deal_id.isin(lines.filter(matches(lines, "product", allowed)).deal_id)

    @cached_property
    def visits(self) -> ir.Table | None:
        """Stays as known at `as_of` (`left_at` null: still there), or None where the source has none."""
        if self.tables.visits is None:
            return None
        if "visits" not in self.kept:
            self.kept["visits"] = engine.named(self._visits(self.tables.visits))
        found: ir.Table = self.kept["visits"]
        return found

    def _visits(self, visits: ir.Table) -> ir.Table:
        visits = plain_times(visits)
        visits = visits.filter(visits.entered_at < ibis.literal(self.horizon.end))
        left = visits.left_at if "left_at" in visits.columns else ibis.null("timestamp")
        known = left.notnull() & (left < ibis.literal(self.horizon.end))
        return visits.select("deal_id", "stage", "entered_at", left_at=ibis.ifelse(known, left, ibis.null("timestamp")))

    @property
    def shifts(self) -> tuple[tuple[int, int], ...]:
        """The zone's changes for arrays of moments."""
        return clock.shifts(self.changes)

    def local(self, utc: ir.Value) -> ir.Value:
        """A UTC column in the question's time zone."""
        return clock.local(utc, self.changes)

    def timed(self, opened_in: Period | None = None) -> ir.Table:
        """The deals with a duration: `lived` ticks from creation to closing or `as_of`, observed from `entry` on."""
        deals = self.deals.filter(self.deals.ended.notnull(), ~self.deals.refused)
        if opened_in:
            deals = deals.filter(opened_in.holds(deals.created_on))
        deals = deals.mutate(lived=deals.ended - deals.born)
        return deals.filter(deals.entry <= deals.lived)


def prepare(
    tables: Tables, as_of: date | datetime, time_zone: str = "UTC", observed_from: date | None = None
) -> Prepared:
    """The source as known at `as_of`; see the module. Where `observed_from` is not said, it is inferred (truncation.py).

    ValueError for an unknown time zone or outcome, and for records that begin after `as_of`.
    """
    horizon = Horizon(as_of, clock.zone(time_zone), observed_from)
    if observed_from and observed_from > horizon.day:
        raise ValueError(
            f"the records cannot begin on {observed_from} (observed-from), after the day they are seen from, {horizon.day} "
            "(as-of); give an earlier first day or a later as-of"
        )
    deals = _visible(_complete(tables.deals), horizon)
    known = _known(deals, horizon)
    changes = clock.transitions(horizon.zone, known["first"] or horizon.end, horizon.end)
    ticks = _ticks(deals, changes)
    every = engine.keep(_timed(deals, horizon, ticks, changes))
    begins = closings_begin(every, horizon.day) if observed_from is None else None
    if begins is not None:
        horizon = replace(horizon, observed_from=begins, inferred=True)
        every = engine.named(every.mutate(entry=_entry(every.born, horizon.start(ticks))))
    closed_recorded = known["first_closed"] is not None
    first_closed_on = clock_day(known["first_closed"], horizon.zone) if closed_recorded else None
    filled = frozenset(column for column in deals.columns if known[f"n_{column}"])
    return Prepared(
        every=every,
        deals=every,
        tables=tables,
        horizon=horizon,
        ticks=ticks,
        changes=changes,
        created_recorded=known["first_created"] is not None,
        closed_recorded=closed_recorded,
        closed_undated=not closed_recorded and known["n_done"] > 0,
        first_closed_on=first_closed_on,
        columns=filled,
    )


def clock_day(moment: datetime, where: ZoneInfo) -> date:
    """The local day of a naive UTC moment."""
    return (moment + timedelta(seconds=clock.offset_seconds(moment, where))).date()


def _complete(deals: ir.Table) -> ir.Table:
    """All columns of the schema; those a source lacks are null. Times are plain timestamps whatever their precision."""
    deals = plain_times(deals)
    lacking = {
        f.name: ibis.null(ibis.dtype(engine.ibis_type(f.type))) for f in DEALS.columns if f.name not in deals.columns
    }
    return deals.mutate(**lacking) if lacking else deals


def plain_times(table: ir.Table) -> ir.Table:
    """A table's times without precision, so that they may stand in one column. ValueError for times with a zone."""
    times = {name: kind for name, kind in table.schema().items() if kind.is_timestamp()}
    zoned = next((name for name, kind in times.items() if kind.timezone), None)
    if zoned:
        raise ValueError(f"the column {zoned} has a time zone; times must be plain UTC")
    return table.mutate(**{name: table[name].cast("timestamp") for name in times}) if times else table


def _visible(deals: ir.Table, horizon: Horizon) -> ir.Table:
    """Deals created by `as_of`; one closed later is open. A closing date without creation must be known itself."""
    end = ibis.literal(horizon.end)
    dated = ibis.coalesce(deals.created_at, deals.closed_at)
    ended_later = (deals.closed_at >= end).fill_null(False)
    shown = deals.filter((dated < end).fill_null(True))
    closed = (shown.outcome != "open") & ~ended_later
    return shown.mutate(
        outcome=ibis.ifelse(closed, shown.outcome, "open"),
        closed_at=ibis.ifelse(closed, shown.closed_at, ibis.null("timestamp")),
    )


def _known(deals: ir.Table, horizon: Horizon) -> dict[str, Any]:
    """First moments, how often each column is filled in, and whether an outcome is none of the four."""
    filled = {f"n_{column}": deals[column].count() for column in deals.columns}
    strange = deals.outcome.max(where=deals.outcome.notin(OUTCOMES))
    firsts = {"first_created": deals.created_at.min(), "first_closed": deals.closed_at.min(), "strange": strange}
    firsts["n_done"] = deals.count(where=deals.outcome != "open")
    known = engine.rows(deals.aggregate(**firsts, **filled))[0]
    if known["strange"] is not None:
        raise ValueError(f"deals.outcome is {known['strange']!r}; it must be one of {', '.join(OUTCOMES)}")
    known["first"] = min((known[k] for k in ("first_created", "first_closed") if known[k] is not None), default=None)
    return known


def _ticks(deals: ir.Table, changes: list[tuple[datetime, int]]) -> Ticks:
    """Calendar days where either end of a deal's life has no time of day throughout."""
    found = clock.tells_time(deals, ("created_at", "closed_at"), changes)
    return DAYS if False in (found["created_at"], found["closed_at"]) else EXACT


def _timed(deals: ir.Table, horizon: Horizon, ticks: Ticks, changes: list[tuple[datetime, int]]) -> ir.Table:
    created, closed = clock.local(deals.created_at, changes), clock.local(deals.closed_at, changes)
    born, ended = ticks.of(deals.created_at, created), ticks.of(deals.closed_at, closed)
    now = ibis.ifelse((deals.outcome == "open") & deals.created_at.notnull(), horizon.now(ticks), ibis.null("int64"))
    timed = deals.mutate(
        created_local=created,
        closed_local=closed,
        created_on=created.date(),
        closed_on=closed.date(),
        opened=deals.created_at.notnull(),
        born=born.cast("int64"),
        ended=ibis.ifelse(deals.created_at.notnull(), ibis.coalesce(ended.cast("int64"), now), ibis.null("int64")),
        refused=(ended < born).fill_null(False),
    )
    return timed.mutate(entry=_entry(timed.born, horizon.start(ticks)), number=engine.numbers(timed.deal_id))


def _entry(born: ir.Value, start: int | None) -> ir.Value:
    """Ticks after creation from which a deal is observed."""
    late = ibis.literal(0) if start is None else ibis.greatest(start - born, 0).fill_null(0)
    return late.cast("int64")
