"""What is asked: which deals, of which period, seen from which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import ibis.expr.types as ir

from vunnet.analysis.schema import DEALS

FILTERS = frozenset(
    ["pipeline", "owner", "team", "product", "source", "segment", "company", "person", "stage", "currency"]
)
ATTRIBUTE = "x_"
LANDMARKS = (7, 14, 30)
LANDMARK_WORDS = "7, 14 or 30"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From the first to the last local day, both included; None leaves that side open.

    >>> Period(date(2026, 3, 1), date(2026, 2, 1))
    Traceback (most recent call last):
    ValueError: a period cannot end on 2026-02-01 before it begins on 2026-03-01
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"a period cannot end on {self.last} before it begins on {self.first}")

    def holds(self, day: ir.Value) -> ir.Value:
        """Whether a local date falls in the period; false where it is null."""
        inside = day.notnull()
        if self.first:
            inside &= day >= self.first
        if self.last:
            inside &= day <= self.last
        return inside

    @property
    def before(self) -> Period | None:
        """The equally long period that ended the day before it; None where an end is open.

        >>> Period(date(2026, 3, 1), date(2026, 3, 31)).before
        Period(first=datetime.date(2026, 1, 29), last=datetime.date(2026, 2, 28))
        """
        if self.first is None or self.last is None:
            return None
        return Period(self.first - (self.last - self.first) - DAY, self.first - DAY)


@dataclass(frozen=True)
class Side:
    """One of the two: deals with these values, and the period in which they first entered a stage (None: any time)."""

    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    entered_in: Period | None = None

    def __post_init__(self) -> None:
        for column in self.where:
            if not is_filter(column):
                raise ValueError(f"deals cannot be compared by {column!r}")

    def to_json(self) -> dict[str, object]:
        period = self.entered_in or Period()
        return {
            "where": {column: list(allowed) for column, allowed in self.where.items()},
            "from": str(period.first) if period.first else None,
            "to": str(period.last) if period.last else None,
        }


@dataclass(frozen=True)
class Annotation:
    """Something that happened on a day (a new price, a new playbook) and stands on the charts of time."""

    on: date
    text: str


@dataclass(frozen=True)
class Question:
    """Which deals, as known when.

    `as_of`: a date (all of that local day is known) or a moment; whatever came later is invisible.
    `observed_from`: the first day of the records, where some deals were already open then (delayed entry); None: found
    in the records themselves (truncation.py).
    `closed_in`: what closed in the period; cohorts (time to close) are the deals opened in it, a funnel is the deals
    that entered the stage in it. `created_in`: the deals opened in the period, whenever they close.
    `where`: column of deals → the values it may have (None: not filled in).
    `annotations`: what happened when, to stand on the charts of time.
    `compare`: two funnels side by side, each side with all of its own conditions.
    `landmark`: the day of a deal's life by which "what goes with winning" looks: one of LANDMARKS.
    `cut`: the days of "within 30 days". `size_edges`: the bounds of the size bands; None: quartiles of the won amounts.
    ValueError for a column that cannot be filtered by, and for another landmark.
    """

    as_of: date | datetime
    time_zone: str = "UTC"
    observed_from: date | None = None
    closed_in: Period | None = None
    created_in: Period | None = None
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    cut: int = 30
    landmark: int = LANDMARKS[0]
    size_edges: tuple[float, ...] | None = None
    annotations: tuple[Annotation, ...] = ()
    compare: tuple[Side, Side] | None = None

    def __post_init__(self) -> None:
        for column in self.where:
            if not is_filter(column):
                raise ValueError(f"deals cannot be filtered by {column!r}")
        if self.cut < 1:
            raise ValueError("the cut must be one day or more")
        if self.landmark not in LANDMARKS:
            raise ValueError(f"the landmark day is {LANDMARK_WORDS}, not {self.landmark}")

    @property
    def opened_in(self) -> Period | None:
        """The period that cohorts are cut by: when the deal was opened."""
        return self.created_in or self.closed_in


def is_filter(column: str) -> bool:
    """Whether `Question.where` may name this column of deals."""
    return column in FILTERS or (column.startswith(ATTRIBUTE) and column not in DEALS.columns.names)


def matches(table: ir.Table, column: str, allowed: tuple[str | None, ...]) -> ir.Value:
    """Whether a deal's column has one of the allowed values; a column the source lacks is not filled in."""
    if column not in table.columns:
        return table.deal_id.isnull() if None not in allowed else table.deal_id.notnull()
    text = table[column].cast("string")
    named = text.isin([value for value in allowed if value is not None])
    return named.fill_null(False) | text.isnull() if None in allowed else named.fill_null(False)
