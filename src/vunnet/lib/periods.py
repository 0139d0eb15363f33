"""Periods of days, and the names people give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vunnet.lib.formats import present


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included. A side left open is None."""

    first: date | None
    last: date | None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"a period cannot end on {self.last} before it begins on {self.first}")

    def moments(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The half-open span of moments [start, end) it covers in a time zone."""
        start = datetime.combine(self.first, time(), zone) if self.first else None
        end = datetime.combine(self.last + timedelta(days=1), time(), zone) if self.last else None
        return start, end


def year_to(day: date) -> Period:
    """The twelve months that end on a day.

    >>> year_to(date(2026, 11, 23))
    Period(first=datetime.date(2025, 11, 24), last=datetime.date(2026, 11, 23))
    """
    try:
        start = day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        start = day.replace(year=day.year - 1, day=28)
    return Period(start + timedelta(days=1), day)


def quarter_of(day: date) -> Period:
    """The calendar quarter a day lies in."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    next_first = date(first.year + (first.month == 10), (first.month + 3 - 1) % 12 + 1, 1)
    return Period(first, next_first - timedelta(days=1))


def month_of(day: date) -> Period:
    """The calendar month a day lies in."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def _week_of(day: date) -> Period:
    first = present().week_start(day)
    return Period(first, first + timedelta(days=6))


def _year_of(day: date) -> Period:
    return Period(date(day.year, 1, 1), date(day.year, 12, 31))


SPANS: dict[str, Callable[[date], Period]] = {
    "week": _week_of,
    "month": month_of,
    "quarter": quarter_of,
    "year": _year_of,
}


def _neighbours(name: str, today: date) -> Period:
    """`last_month`, `this_month`, `next_month` and their like: the span, or the one that touches it."""
    which, span = name.split("_")
    here = SPANS[span](today)
    if which == "this" or here.first is None or here.last is None:
        return here
    return SPANS[span](here.first - timedelta(days=1) if which == "last" else here.last + timedelta(days=1))


RELATIVE: tuple[str, ...] = (
    "today", "yesterday", "tomorrow",
    "this_week", "last_week", "next_week",
    "this_month", "last_month", "next_month",
    "this_quarter", "last_quarter", "next_quarter",
    "this_year", "last_year",
    "last_7_days", "last_30_days", "last_90_days", "last_365_days", "next_7_days", "next_30_days", "next_90_days",
    "past", "future",
)  # fmt: skip


def relative(name: str, today: date) -> Period:
    """The days a name such as `next_month` means today. Raises KeyError for a name that is none of RELATIVE.

    >>> relative("next_month", date(2026, 11, 25)), relative("last_7_days", date(2026, 11, 25)).first
    (Period(first=datetime.date(2026, 12, 1), last=datetime.date(2026, 12, 31)), datetime.date(2026, 11, 19))
    """
    if name not in RELATIVE:
        raise KeyError(name)
    one = timedelta(days=1)
    near = {"today": today, "yesterday": today - one, "tomorrow": today + one}
    if name in near:
        return Period(near[name], near[name])
    if name in ("past", "future"):
        return Period(None, today - one) if name == "past" else Period(today + one, None)
    which, middle, *rest = name.split("_")
    if not rest:
        return _neighbours(name, today)
    days = timedelta(days=int(middle) - 1)
    return Period(today - days, today) if which == "last" else Period(today, today + days)
