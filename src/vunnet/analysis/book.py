"""A book of deals for a notebook: the tables opened and prepared once, and every question a method."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from vunnet.analysis import engine
from vunnet.analysis.amounts import Amounts, amounts
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment, attainment
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.comparison import Comparison, comparison
from vunnet.analysis.counts import Counts, counts
from vunnet.analysis.customers import CustomerStatus, customer_status
from vunnet.analysis.deal_path import DealPath, deal_path
from vunnet.analysis.drivers import Drivers, drivers
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.funnel import Funnel, funnel
from vunnet.analysis.leaks import Leaks, leaks
from vunnet.analysis.mix_or_rate import MixOrRate, mix_or_rate
from vunnet.analysis.prepare import Prepared, prepare
from vunnet.analysis.question import Period, Question, Side
from vunnet.analysis.repeat import RepeatInterval, repeat_interval
from vunnet.analysis.report import Report, answer, latest_day
from vunnet.analysis.schema import ALL
from vunnet.analysis.segments import Segment, segments
from vunnet.analysis.shown import Several
from vunnet.analysis.signals import Signals, signals
from vunnet.analysis.stale import Stale, stale
from vunnet.analysis.time_to_close import TimeToClose, time_to_close
from vunnet.analysis.velocity import Velocity, velocity
from vunnet.analysis.win_rate import Change, WinRate, change, win_rate
from vunnet.analysis.within_days import WithinDays, within_days
from vunnet.analysis.won import Won, won


class Book:
    """Deals and what is recorded beside them, as known on `as_of`. Close it, or use it in a `with` block.

    `only(…)` is the same book cut to some deals; a period is a `Period` of local days, None all of them.
    """

    def __init__(self, prepared: Prepared, question: Question, closing: ExitStack) -> None:
        self._prepared, self.question, self._closing = prepared, question, closing

    @property
    def observed_from(self) -> date | None:
        """The first day of the records where deals were open before: as said, or as found in them."""
        return self._prepared.horizon.observed_from

    @cached_property
    def _about(self) -> Prepared:
        return self._prepared.about(self.question)

    def only(self, created_in: Period | None = None, **where: str | tuple[str | None, ...] | None) -> Book:
        """The deals with these values (`product="GTX Pro"`, `owner=("Ann", None)`), or opened in a period."""
        allowed = {name: value if isinstance(value, tuple) else (value,) for name, value in where.items()}
        asked = replace(self.question, where={**self.question.where, **allowed}, created_in=created_in)
        return Book(self._prepared, asked, self._closing)

    def report(self, closed_in: Period | None = None) -> Report:
        """Every part at once."""
        return answer(self._prepared, replace(self.question, closed_in=closed_in))

    def counts(self, closed_in: Period | None = None) -> Counts:
        return counts(self._about, closed_in)

    def win_rate(self, closed_in: Period | None = None) -> WinRate:
        return win_rate(self._about, closed_in)

    def change(self, closed_in: Period) -> Change | NotRecorded:
        """The win rate of the equally long period before, and whether it differs."""
        return change(self._about, closed_in, self.win_rate(closed_in).by_count)

    def segments(self, *by: str, closed_in: Period | None = None) -> Several[Segment | NotRecorded]:
        return Several(segments(self._about, closed_in, by or None, self.won(closed_in).size_edges))

    def time_to_close(self, opened_in: Period | None = None) -> TimeToClose | NotRecorded:
        return time_to_close(self._about, opened_in)

    def within_days(self, days: int = 30, closed_in: Period | None = None) -> WithinDays | NotRecorded:
        return within_days(self._about, days, closed_in)

    def funnel(
        self, entered_in: Period | None = None, split: str | None = None, pipeline: str | None = None
    ) -> Funnel | NotRecorded:
        """The funnel of one pipeline; by default of the one with most deals."""
        found = self.funnels(entered_in, split)
        if isinstance(found, NotRecorded):
            return found
        return found[pipeline] if pipeline else next(iter(found.values()))

    def funnels(self, entered_in: Period | None = None, split: str | None = None) -> Several[Funnel] | NotRecorded:
        """The funnel of each pipeline."""
        edges = self.won().size_edges if split == "size" else None
        found = funnel(self._about, entered_in, split, edges)
        return found if isinstance(found, NotRecorded) else Several({one.pipeline or "": one for one in found})

    def compare(
        self, first: Mapping[str, Any] | Period, second: Mapping[str, Any] | Period, entered_in: Period | None = None
    ) -> Several[Comparison] | NotRecorded:
        """Two funnels side by side, by pipeline: `compare(Period(…), Period(…))`, or
        `compare({"team": "North"}, {"team": "South"})` of deals that entered a stage in `entered_in`."""
        found = comparison(self._about, self._side(first, entered_in), self._side(second, entered_in))
        return found if isinstance(found, NotRecorded) else Several({one.pipeline or "": one for one in found})

    def _side(self, asked: Mapping[str, Any] | Period, entered_in: Period | None) -> Side:
        if isinstance(asked, Period):
            return Side({}, asked)
        return Side(
            {name: value if isinstance(value, tuple) else (value,) for name, value in asked.items()}, entered_in
        )

    def won(self, closed_in: Period | None = None) -> Won:
        return won(self._about, closed_in)

    def amounts(self, closed_in: Period | None = None) -> Amounts | NotRecorded:
        return amounts(self._about, closed_in)

    def customer_status(self, closed_in: Period | None = None) -> CustomerStatus | NotRecorded:
        return customer_status(self._about, closed_in)

    def repeat_interval(self, closed_in: Period | None = None) -> RepeatInterval | NotRecorded:
        return repeat_interval(self._about, closed_in)

    def stale(self) -> Stale:
        return stale(self._about)

    def cohorts(self, opened_in: Period | None = None, by_day: int = 30) -> Cohorts | NotRecorded:
        return cohorts(self._about, opened_in, by_day)

    def drivers(self, landmark: int | None = None) -> Drivers | NotRecorded:
        """What deals had by their `landmark` day (7, 14 or 30; default: the question's). ValueError for another day."""
        asked = self.question if landmark is None else replace(self.question, landmark=landmark)
        return drivers(self._about, asked.landmark)

    def leaks(self, by: str | None = None) -> Leaks | NotRecorded:
        return leaks(self._about, by)

    def mix_or_rate(self, closed_in: Period | None = None) -> Several[MixOrRate] | NotRecorded:
        found = mix_or_rate(self._about, closed_in, None, self.won(closed_in).size_edges)
        return found if isinstance(found, NotRecorded) else Several({one.by: one for one in found})

    def velocity(self, closed_in: Period | None = None) -> Velocity | NotRecorded:
        return velocity(self._about, closed_in)

    def signals(self, period: Period | None = None) -> Signals | NotRecorded:
        return signals(self._about, period, self.question.cut, self.question.annotations)

    def forecast(self, until: date | None = None, target: float | None = None) -> Forecast | NotRecorded:
        return forecast(self._about, until, target)

    def attainment(self, closed_in: Period | None = None) -> Attainment | NotRecorded:
        """What is won of the quotas, with pace and coverage of the period that runs."""
        return attainment(self._about, closed_in)

    def deal_path(self, deal_id: str) -> DealPath | NotRecorded:
        """One deal's stays beside those of the other deals of this book that went on."""
        return deal_path(self._about, deal_id)

    def close(self) -> None:
        """The engine ends, and every book cut from this one with it; results stay."""
        self._closing.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open(
    sources: Mapping[str, Any] | str | Path,
    as_of: date | datetime | None = None,
    time_zone: str = "UTC",
    observed_from: date | None = None,
    **where: Any,
) -> Book:
    """Open tables by name (deals, visits, …: pyarrow tables, pandas frames, files or folders), or a folder that holds
    them, as known on `as_of` (default: the latest day recorded). `where`: engine, threads, memory, cluster, as
    `engine.opened` has them. `observed_from`: the first day of the records; where it is not said it is found in them
    (see `Book.observed_from`). ValueError for what it refuses.
    """
    found = _in_folder(Path(sources)) if isinstance(sources, str | Path) else _tables(sources)
    with ExitStack() as stack:
        tables = stack.enter_context(engine.opened(found, **where))
        day = as_of or latest_day(tables, time_zone)
        if day is None:
            raise ValueError("nothing in these tables is dated; say as of which day they are asked (as_of)")
        prepared = prepare(tables, day, time_zone, observed_from)
        return Book(prepared, Question(day, time_zone, observed_from), stack.pop_all())


def _in_folder(folder: Path) -> dict[str, Path]:
    """Each table's file or folder, by its name without endings."""
    found = {path.name.split(".")[0]: path for path in sorted(folder.iterdir())} if folder.is_dir() else {}
    return {name: path for name, path in found.items() if name in ALL}


def _tables(sources: Mapping[str, Any]) -> dict[str, pa.Table | Path]:
    return {name: _table(source) for name, source in sources.items()}


def _table(source: Any) -> pa.Table | Path:
    if isinstance(source, pa.Table | Path):
        return source
    return Path(source) if isinstance(source, str) else pa.Table.from_pandas(source, preserve_index=False)
