"""The days, weeks and months between two days, whole ones only, and what fell into each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

DAY, WEEK, MONTH = "day", "week", "month"
DAYS_A_WEEK = 7


@dataclass(frozen=True, order=True)
class Slot:
    """One day, week (from Monday) or month."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def whole(period: str, first: date, last: date) -> tuple[Slot, ...]:
    """The whole days, weeks or months between two days, both included.

    >>> [str(slot.first) for slot in whole("week", date(2017, 3, 1), date(2017, 3, 19))]
    ['2017-03-06', '2017-03-13']
    """
    found, at = [], _begin(period, first)
    while (end := _end(period, at)) <= last:
        found.append(Slot(at, end))
        at = end + timedelta(days=1)
    return tuple(found)


def _begin(period: str, first: date) -> date:
    """The first beginning of a period on or after a day."""
    if period == WEEK:
        return first + timedelta(days=-first.weekday() % DAYS_A_WEEK)
    if period == MONTH and first.day > 1:
        return _end(MONTH, first) + timedelta(days=1)
    return first


def _end(period: str, at: date) -> date:
    if period == DAY:
        return at
    if period == WEEK:
        return at + timedelta(days=DAYS_A_WEEK - 1)
    following = date(at.year + at.month // 12, at.month % 12 + 1, 1)
    return following - timedelta(days=1)


def label(period: str, first: date) -> str:
    """How a period is named in JSON: 2017-03 for a month, else its first day."""
    return first.isoformat()[:7] if period == MONTH else first.isoformat()


def total(by_day: Mapping[date, float], slots: Sequence[Slot]) -> NDArray[np.float64]:
    """The sum of daily figures in each slot."""
    days = np.array(sorted(day.toordinal() for day in by_day), np.int64)
    figures = np.array([by_day[date.fromordinal(int(day))] for day in days], np.float64)
    running = np.concatenate(([0.0], np.cumsum(figures)))
    starts = np.searchsorted(days, [slot.first.toordinal() for slot in slots], side="left")
    ends = np.searchsorted(days, [slot.last.toordinal() for slot in slots], side="right")
    return np.asarray(running[ends] - running[starts])
