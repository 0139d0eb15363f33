"""All parts of the closed-won analysis, asked of one source with one question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir

from vunnet.analysis import clock, engine
from vunnet.analysis.amounts import Amounts, amounts
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment, attainment
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.comparison import Comparison, comparison
from vunnet.analysis.counts import Counts, counts
from vunnet.analysis.customers import CustomerStatus, customer_status
from vunnet.analysis.drivers import Drivers, drivers
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.funnel import Funnel, funnel
from vunnet.analysis.leaks import Leaks, leaks
from vunnet.analysis.mix_or_rate import MixOrRate, mix_or_rate
from vunnet.analysis.prepare import Prepared, clock_day, prepare
from vunnet.analysis.question import DAY, Question
from vunnet.analysis.repeat import RepeatInterval, repeat_interval
from vunnet.analysis.schema import Tables
from vunnet.analysis.segments import Segment, segments
from vunnet.analysis.shown import Shown
from vunnet.analysis.signals import Signals, signals
from vunnet.analysis.stale import Stale, stale
from vunnet.analysis.time_to_close import TimeToClose, time_to_close
from vunnet.analysis.velocity import Velocity, velocity
from vunnet.analysis.win_rate import Change, WinRate, change, win_rate
from vunnet.analysis.within_days import WithinDays, within_days
from vunnet.analysis.won import Won, won

PARTS = (
    "segments",
    "time",
    "change",
    "amounts",
    "customers",
    "stale",
    "funnel",
    "mix_or_rate",
    "signals",
    "cohorts",
    "drivers",
    "velocity",
    "leaks",
    "forecast",
    "attainment",
)
NOT_ASKED = NotRecorded("not asked for")
SPLITS = ("segment", "product", "source", "owner")
DATED = {"deals": ("created_at", "closed_at"), "visits": ("entered_at", "left_at"), "touches": ("at",)}


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Report(Shown):
    """The answers to one question. Each is a result of its module, or NotRecorded with the reason.

    `observed_from`: the first day of the records where deals were open before, said or (`inferred`) found in them.
    """

    question: Question
    whole_days: bool
    counts: Counts
    win_rate: WinRate
    change: Change | NotRecorded
    segments: dict[str, Segment | NotRecorded]
    time_to_close: TimeToClose | NotRecorded
    within_days: WithinDays | NotRecorded
    funnels: tuple[Funnel, ...] | NotRecorded
    won: Won
    amounts: Amounts | NotRecorded
    customer_status: CustomerStatus | NotRecorded
    stale: Stale
    cohorts: Cohorts | NotRecorded
    drivers: Drivers | NotRecorded
    repeat_interval: RepeatInterval | NotRecorded
    leaks: Leaks | NotRecorded
    velocity: Velocity | NotRecorded
    mix_or_rate: tuple[MixOrRate, ...] | NotRecorded
    signals: Signals | NotRecorded
    forecast: Forecast | NotRecorded
    attainment: Attainment | NotRecorded = NOT_ASKED
    comparison: tuple[Comparison, ...] | NotRecorded = NOT_ASKED
    observed_from: date | None = None
    inferred: bool = False

    def to_json(self, source: str = "", rows: Mapping[str, object] | None = None) -> dict[str, object]:
        """The JSON of `vunnet analyze`, every key always there. `source` and `rows` describe the input."""
        as_of = self.question.as_of
        found: dict[str, object] = {
            "as_of": as_of.isoformat(),
            "time_zone": self.question.time_zone,
            "observed_from": self.observed_from.isoformat() if self.observed_from else None,
            "observed_from_is": None if self.observed_from is None else "inferred" if self.inferred else "given",
            "durations": "calendar days" if self.whole_days else "exact",
            "source": source,
            "rows": dict(rows or {"read": self.counts.deals, "kept": self.counts.deals, "refused": []}),
            "counts": self.counts.to_json() | {"stale_limits": self.stale.to_json()},
            "win_rate": self.win_rate.to_json() | {"before": self.change.to_json()},
            "segments": {by: answer.to_json() for by, answer in self.segments.items()},
            "time_to_close": self.time_to_close.to_json(),
            "within_days": self.within_days.to_json(),
            "funnel": _funnels(self.funnels),
            "won": self.won.to_json() | {"amounts": self.amounts.to_json()},
            "customer_status": self.customer_status.to_json(),
            "cohorts": self.cohorts.to_json(),
            "cohorts_compared": _cohorts_compared(self.cohorts),
            "drivers": self.drivers.to_json(),
            "repeat_interval": self.repeat_interval.to_json(),
            "leaks": self.leaks.to_json(),
            "velocity": self.velocity.to_json(),
            "mix_or_rate": _each(self.mix_or_rate),
            "signals": self.signals.to_json(),
            "forecast": self.forecast.to_json(),
            "attainment": self.attainment.to_json(),
            "comparison": _compared(self.comparison),
        }
        return found


def _funnels(funnels: tuple[Funnel, ...] | NotRecorded) -> object:
    if isinstance(funnels, NotRecorded):
        return funnels.to_json()
    return [row for one in funnels for row in one.to_json()]


def _compared(found: tuple[Comparison, ...] | NotRecorded) -> object:
    """The two sides, and the rows of all pipelines."""
    if isinstance(found, NotRecorded):
        return found.to_json()
    sides = [side.to_json() for one in found[:1] for side in one.sides]
    return {"sides": sides, "stages": [row for one in found for row in one.to_json()]}


def _cohorts_compared(found: Cohorts | NotRecorded) -> object:
    return found.to_json() if isinstance(found, NotRecorded) else found.compared_to_json()


def _each(found: tuple[Any, ...] | NotRecorded) -> object:
    return found.to_json() if isinstance(found, NotRecorded) else [one.to_json() for one in found]


def analyze(tables: Tables, question: Question) -> Report:
    """Prepare the tables and answer every part. ValueError for an unknown zone, outcome or filter."""
    prepared = prepare(tables, question.as_of, question.time_zone, question.observed_from)
    return answer(prepared, question)


def answer(
    prepared: Prepared,
    question: Question,
    split: str | None = None,
    by: Sequence[str] | None = None,
    parts: Collection[str] | None = None,
) -> Report:
    """Every part for one question about prepared tables (as of the day they were prepared for).

    `split` is what the funnel is split by (default: the first of segment, product, source, owner that is filled in);
    `by` the segments to compare (default: all that are filled in). `parts` names the parts that are wanted (default:
    all of PARTS); the others are NOT_ASKED. What all of them need is always there: counts, win rate, won.
    """

    def wanted(part: str) -> bool:
        return parts is None or part in parts

    def asked(part: str, compute: Callable[[], Answer]) -> Answer | NotRecorded:
        return compute() if wanted(part) else NOT_ASKED

    about = prepared.about(question)
    closed_in, opened_in = question.closed_in, question.closed_in if question.created_in is None else None
    rates = win_rate(about, closed_in)
    found_won = won(about, closed_in, question.size_edges)
    lives = asked("time", lambda: time_to_close(about, opened_in))
    old = stale(about) if wanted("stale") else Stale(NOT_ASKED)
    coming = asked("forecast", lambda: forecast(about))
    months = cohorts(about, opened_in, question.cut) if wanted("cohorts") or wanted("signals") else NOT_ASKED
    chosen = split or next((column for column in SPLITS if prepared.has(column)), None)
    return Report(
        question=question,
        whole_days=prepared.ticks.whole_days,
        counts=counts(about, closed_in, old),
        win_rate=rates,
        change=asked("change", lambda: change(about, closed_in, rates.by_count)),
        segments=segments(about, closed_in, by, found_won.size_edges) if wanted("segments") else {},
        time_to_close=lives,
        within_days=asked("time", lambda: within_days(about, question.cut, closed_in, opened_in, lives)),
        funnels=asked("funnel", lambda: funnel(about, closed_in, chosen, found_won.size_edges)),
        won=found_won,
        amounts=asked("amounts", lambda: amounts(about, closed_in)),
        customer_status=asked("customers", lambda: customer_status(about, closed_in)),
        stale=old,
        cohorts=months if wanted("cohorts") else NOT_ASKED,
        drivers=asked("drivers", lambda: drivers(about, question.landmark)),
        repeat_interval=asked("customers", lambda: repeat_interval(about, closed_in)),
        leaks=asked("leaks", lambda: leaks(about, chosen)),
        velocity=asked("velocity", lambda: velocity(about, closed_in)),
        mix_or_rate=asked("mix_or_rate", lambda: mix_or_rate(about, closed_in, by, found_won.size_edges)),
        signals=asked(
            "signals",
            lambda: signals(about, closed_in or question.created_in, question.cut, question.annotations, months=months),
        ),
        forecast=coming,
        attainment=asked("attainment", lambda: attainment(about, closed_in, coming)),
        comparison=_beside(prepared, question) if wanted("funnel") else NOT_ASKED,
        observed_from=prepared.horizon.observed_from,
        inferred=prepared.horizon.inferred,
    )


def _beside(prepared: Prepared, question: Question) -> tuple[Comparison, ...] | NotRecorded:
    return comparison(prepared, *question.compare) if question.compare else NOT_ASKED


def latest_day(tables: Tables, time_zone: str = "UTC", today: date | None = None) -> date | None:
    """The last local day, `today` at the latest, on which anything is recorded: the default `as_of` of a file. None
    without dates.

    A date still to come was mistyped or planned, and so was the closing of a deal that is open: neither counts.
    """
    where = clock.zone(time_zone)
    end = None if today is None else clock.midnight(today + DAY, where)
    moments = [moment for _, moment in _ends(tables, end) if moment is not None]
    return clock_day(max(moments), where) if moments else None


def first_day(tables: Tables, time_zone: str = "UTC") -> date | None:
    """The first local day on which anything is recorded; None without dates."""
    moments = [moment for moment, _ in _ends(tables, None) if moment is not None]
    return clock_day(min(moments), clock.zone(time_zone)) if moments else None


def _ends(tables: Tables, before: datetime | None) -> Iterator[tuple[datetime | None, datetime | None]]:
    """The first and the last moment (before one, if said) of each column of times."""
    for table, names in _dated(tables):
        asked: dict[str, ir.Value] = {}
        for name in names:
            moment = _happened(table, name)
            where = None if before is None else moment < ibis.literal(before)
            asked |= {f"first_{name}": moment.min(where=where), f"last_{name}": moment.max(where=where)}
        found: dict[str, Any] = engine.rows(table.aggregate(**asked))[0] if asked else {}
        yield from ((found[f"first_{name}"], found[f"last_{name}"]) for name in names)


def rows_after(tables: Tables, as_of: date, time_zone: str = "UTC") -> int:
    """How many rows of deals, stays and contacts carry a date after a local day: what is seen as of it leaves that out."""
    end = ibis.literal(clock.midnight(as_of + DAY, clock.zone(time_zone)))
    count = 0
    for table, names in _dated(tables):
        later = [(table[name].cast("timestamp") >= end).fill_null(False) for name in names]
        if later:
            count += engine.rows(table.aggregate(n=table.count(where=reduce(or_, later))))[0]["n"]
    return count


def _dated(tables: Tables) -> Iterator[tuple[ir.Table, list[str]]]:
    for name, names in DATED.items():
        table: ir.Table | None = getattr(tables, name)
        if table is not None:
            yield table, [column for column in names if column in table.columns]


def _happened(table: ir.Table, name: str) -> ir.Value:
    """A column of times; a closing counts where the deal is closed."""
    moment = table[name].cast("timestamp")
    return ibis.ifelse(table.outcome != "open", moment, ibis.null("timestamp")) if name == "closed_at" else moment
