"""Is there enough in the pipeline? What is open over what is missing, beside what past periods had at the same point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf, isinf
from statistics import median

import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded, counted
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quarters import recorded_from
from vunnet.analysis.question import DAY
from vunnet.analysis.shown import Shown
from vunnet.analysis.stays import complete_from
from vunnet.analysis.won import steady

MOST_PERIODS, FEWEST_PERIODS = 12, 3
NO_OPEN_AMOUNTS = NotRecorded("no open deal carries an amount")
NO_EXPECTED = NotRecorded("no expected closing dates are recorded")
NOTHING_THERE = NotRecorded("in the periods before nothing stood open and nothing was won")
LOST_UNPRICED = NotRecorded("most lost deals carry no amount, so what stood open before is not known")


@dataclass(frozen=True)
class PastPeriod:
    """A past period: the value open at the end of the day `at`, and the value won from then to its last day."""

    first: date
    last: date
    at: date
    open: float
    won: float

    @property
    def ratio(self) -> float:
        """Open / won; infinite where nothing was won."""
        return self.open / self.won if self.won else inf

    def to_json(self) -> dict[str, object]:
        days = {"from": self.first.isoformat(), "to": self.last.isoformat(), "at": self.at.isoformat()}
        return {**days, "open": self.open, "won": self.won, "ratio": _finite(self.ratio)}


@dataclass(frozen=True)
class PastCoverage:
    """What past periods had open for each 1 that was then won. A ratio is None where it is infinite: nothing was won."""

    periods: tuple[PastPeriod, ...]

    @property
    def median(self) -> float | None:
        return _finite(median(one.ratio for one in self.periods))

    @property
    def low(self) -> float | None:
        return _finite(min(one.ratio for one in self.periods))

    @property
    def high(self) -> float | None:
        return _finite(max(one.ratio for one in self.periods))

    def to_json(self) -> dict[str, object]:
        own = {"median": self.median, "low": self.low, "high": self.high, "n": len(self.periods)}
        return {**own, "periods": [one.to_json() for one in self.periods]}


@dataclass(frozen=True)
class Coverage(Shown):
    """What is open over what is missing (`gap`, quota − won).

    `due`: the value of the open deals expected to close from `as_of` to the period's last day, `overdue`: before. `open`: of all
    open deals; `unpriced`: how many carry no amount. `past` is of all open deals, since nobody recorded when past deals were expected.
    """

    gap: float
    due: float | NotRecorded
    overdue: float | NotRecorded
    open: float
    unpriced: int
    past: PastCoverage | NotRecorded

    @property
    def due_ratio(self) -> float | None:
        """Due / gap: the coverage; None where it is not recorded or nothing is missing."""
        return None if isinstance(self.due, NotRecorded) or not self.gap else self.due / self.gap

    @property
    def open_ratio(self) -> float | None:
        """Open / gap, which is what past periods can be compared with; None where nothing is missing."""
        return self.open / self.gap if self.gap else None

    def to_json(self) -> dict[str, object]:
        return {
            "gap": self.gap,
            "due": _plain(self.due),
            "overdue": _plain(self.overdue),
            "open": self.open,
            "unpriced": self.unpriced,
            "coverage": self.due_ratio,
            "coverage_open": self.open_ratio,
            "past": self.past.to_json(),
        }


def _plain(value: float | NotRecorded) -> object:
    return value.to_json() if isinstance(value, NotRecorded) else value


def _finite(ratio: float) -> float | None:
    return None if isinf(ratio) else ratio


def coverage(prepared: Prepared, first: date, last: date, quota: float, credited: float) -> Coverage | NotRecorded:
    """Open value over quota − won for a period that runs, beside the same of up to twelve periods before it.

    Past periods are as long and lie wholly in the records; each is seen as many days before its end, and by what all deals open
    then are known to be worth today.
    """
    deals, day = prepared.deals, prepared.horizon.day
    amount, still = deals.amount.cast("float64"), (deals.outcome == "open") & deals.opened
    due_on = deals.expected_close_on
    found = engine.rows(
        deals.aggregate(
            still=deals.count(where=still),
            priced=deals.count(where=still & deals.amount.notnull()),
            open=amount.sum(where=still),
            due=amount.sum(where=still & (due_on >= day) & (due_on <= last)),
            overdue=amount.sum(where=still & (due_on < day)),
        )
    )[0]
    if found["still"] and not found["priced"]:
        return NO_OPEN_AMOUNTS
    dated = prepared.has("expected_close_on")
    return Coverage(
        gap=max(0.0, quota - credited),
        due=steady(found["due"] or 0.0) if dated else NO_EXPECTED,
        overdue=steady(found["overdue"] or 0.0) if dated else NO_EXPECTED,
        open=steady(found["open"] or 0.0),
        unpriced=found["still"] - found["priced"],
        past=_past(prepared, first, last),
    )


def _past(prepared: Prepared, first: date, last: date) -> PastCoverage | NotRecorded:
    begin = complete_from(prepared)
    if isinstance(begin, NotRecorded):
        return begin
    begin = recorded_from(prepared) or begin
    spans = [one for one in before(first, last, MOST_PERIODS) if one[0] >= begin]
    if len(spans) < FEWEST_PERIODS:
        return counted(
            "only {n} such period lies wholly in the records: too few to say",
            "only {n} such periods lie wholly in the records: too few to say",
            len(spans),
        )
    deals = prepared.deals
    gone = deals.outcome.isin(("lost", "cancelled"))
    told = engine.rows(
        deals.aggregate(gone=deals.count(where=gone), priced=deals.count(where=gone & (deals.amount > 0)))
    )[0]
    if told["priced"] * 2 < told["gone"]:
        return LOST_UNPRICED
    left = (last - prepared.horizon.day).days
    points = [(begins, ends, max(begins, ends - timedelta(days=left))) for begins, ends in spans]
    periods = tuple(one for one in _periods(deals, points) if one.open or one.won)
    return PastCoverage(periods) if len(periods) >= FEWEST_PERIODS else NOTHING_THERE


def _periods(deals: ir.Table, points: Sequence[tuple[date, date, date]]) -> list[PastPeriod]:
    """Oldest first, from one query."""
    amount, known = deals.amount.cast("float64"), deals.opened & ~deals.refused
    sums: dict[str, ir.Value] = {}
    for n, (_, ends, at) in enumerate(points):
        there = known & (deals.created_on <= at) & ((deals.closed_on > at) | (deals.outcome == "open"))
        won = (deals.outcome == "won") & (deals.closed_on > at) & (deals.closed_on <= ends)
        sums |= {f"open_{n}": amount.sum(where=there), f"won_{n}": amount.sum(where=won)}
    found = engine.rows(deals.aggregate(**sums))[0]
    each = [
        PastPeriod(begins, ends, at, steady(found[f"open_{n}"] or 0.0), steady(found[f"won_{n}"] or 0.0))
        for n, (begins, ends, at) in enumerate(points)
    ]
    return each[::-1]


def before(first: date, last: date, n: int) -> list[tuple[date, date]]:
    """The n periods before one, newest first: as many months long where it is whole months, else as many days.

    >>> before(date(2026, 1, 1), date(2026, 3, 31), 2)[1]
    (datetime.date(2025, 7, 1), datetime.date(2025, 9, 30))
    >>> before(date(2026, 1, 5), date(2026, 1, 18), 1)
    [(datetime.date(2025, 12, 22), datetime.date(2026, 1, 4))]
    """
    after = last + DAY
    if first.day == after.day == 1:
        months = 12 * (after.year - first.year) + after.month - first.month
        starts = [_months_before(first, months * k) for k in range(n + 1)]
    else:
        starts = [first - (after - first) * k for k in range(n + 1)]
    return [(starts[k + 1], starts[k] - DAY) for k in range(n)]


def _months_before(day: date, months: int) -> date:
    whole = 12 * day.year + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, 1)
