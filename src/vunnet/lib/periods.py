"""Periods of days, and the names people give them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
