"""The two sides of `--compare`, read from the command line."""

from __future__ import annotations

from datetime import date

from vunnet.analysis.question import Period, Side
from vunnet.analysis.report import Report

HOW = "write team=North, or 2017-01-01..2017-06-30, or both with a comma between them"
SPAN = ".."


def two_sides(texts: list[str]) -> tuple[Side, Side] | None:
    """Both sides, or None where none is asked for. ValueError for one alone, or one that cannot be read.

    >>> first, second = two_sides(["team=North", "team=South,2017-01-01.."])
    >>> first.where, second.entered_in
    ({'team': ('North',)}, Period(first=datetime.date(2017, 1, 1), last=None))
    """
    if not texts:
        return None
    if len(texts) != 2:
        raise ValueError(f"--compare is given twice, once for each side; {HOW}")
    first, second = (_side(text) for text in texts)
    return first, second


def _side(text: str) -> Side:
    where: dict[str, tuple[str | None, ...]] = {}
    period = None
    for part in filter(None, (part.strip() for part in text.split(","))):
        column, equals, value = part.partition("=")
        if equals:
            column = column.strip()
            where[column] = (*where.get(column, ()), value.strip() or None)
        elif SPAN in part and period is None:
            period = Period(*(_day(text, day) for day in part.split(SPAN, 1)))
        else:
            raise ValueError(f"--compare {text}: {HOW}")
    if not where and period is None:
        raise ValueError(f"--compare {text}: {HOW}")
    return Side(where, period)


def _day(text: str, day: str) -> date | None:
    try:
        return date.fromisoformat(day.strip()) if day.strip() else None
    except ValueError as wrong:
        raise ValueError(f"--compare {text}: {day} is not a day in the calendar; {HOW}") from wrong


def both_there(report: Report) -> None:
    """ValueError where no deal of a side ever entered a stage: most likely a name that no deal has."""
    if not isinstance(report.comparison, tuple) or not report.comparison:
        return
    for place, side in enumerate(report.comparison[0].sides):
        if not any(row.entered[place] for one in report.comparison for row in one.stages):
            asked = ", ".join(
                f"{column}={' or '.join(v or '' for v in values)}" for column, values in side.where.items()
            )
            raise ValueError(f"--compare: no deal on the side {asked or side.entered_in} entered a stage")
