"""Calendar quarters: their names, their days, and which of them are recorded in full."""

from __future__ import annotations

from datetime import date, timedelta

from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period

MONTHS = 3
SLACK = timedelta(days=7)  # records whose first closing is in a quarter's first week are taken to cover the quarter


def quarter_of(day: date) -> Period:
    """The quarter that holds a day.

    >>> quarter_of(date(2017, 11, 5)).last
    datetime.date(2017, 12, 31)
    """
    first = date(day.year, day.month - (day.month - 1) % MONTHS, 1)
    return Period(first, _months_later(first, MONTHS) - timedelta(days=1))


def _months_later(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def before(period: Period) -> Period | None:
    """The period of the same length just before; calendar quarters, months and years keep to the calendar.

    >>> before(quarter_of(date(2018, 1, 1))).first
    datetime.date(2017, 10, 1)
    """
    if period.first is None or period.last is None:
        return None
    last, months = period.first - timedelta(days=1), _whole_months(period.first, period.last)
    if months:
        return Period(_months_later(period.first, -months), last)
    return Period(last - (period.last - period.first), last)


def _whole_months(first: date, last: date) -> int:
    """How many calendar months the days make exactly; 0 where they do not."""
    after = last + timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    return months if first.day == after.day == 1 else 0


def name(period: Period) -> str:
    """2017Q4, 2017-11, 2017, or the first and the last day.

    >>> name(quarter_of(date(2017, 11, 5))), name(Period(date(2017, 1, 5), date(2017, 1, 9)))
    ('2017Q4', '2017-01-05/2017-01-09')
    """
    if period.first is None or period.last is None:
        return f"{period.first or ''}/{period.last or ''}"
    months, first = _whole_months(period.first, period.last), period.first
    if months == MONTHS and (first.month - 1) % MONTHS == 0:
        return f"{first.year}Q{(first.month - 1) // MONTHS + 1}"
    if months == 1:
        return f"{first:%Y-%m}"
    return str(first.year) if months == 12 and first.month == 1 else f"{first}/{period.last}"


def recorded_from(prepared: Prepared) -> date | None:
    """The first day the records of closing are taken to cover."""
    if prepared.horizon.observed_from and not prepared.horizon.inferred:
        return prepared.horizon.observed_from
    return None if prepared.first_closed_on is None else prepared.first_closed_on - SLACK


def full_quarters(prepared: Prepared, most: int = 12) -> tuple[Period, ...]:
    """The quarters recorded from first to last day as of `as_of`, oldest first, the last `most` of them."""
    begin = recorded_from(prepared)
    found: list[Period] = []
    quarter: Period | None = quarter_of(prepared.horizon.day + timedelta(days=1))
    while begin and quarter and len(found) < most:
        quarter = before(quarter)
        if quarter is None or quarter.first is None or quarter.first < begin:
            break
        found.append(quarter)
    return tuple(reversed(found))
