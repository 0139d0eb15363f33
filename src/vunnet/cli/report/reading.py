"""What was read, and how it is to be read: the lines a reader needs before any number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vunnet.analysis.question import Side
from vunnet.analysis.report import Report
from vunnet.charts import Language, words


@dataclass(frozen=True)
class Input:
    """What was read: the files' names, their source, how many rows, and what was refused (place, why).

    `latest_as_of`: as of the latest date, since no other was said; `later`: rows with a date after the one it is.
    """

    names: Sequence[str]
    source: str
    read: int
    kept: int
    refused: Sequence[tuple[str, str]]
    not_recorded: Sequence[str]
    latest_as_of: bool
    later: int = 0


def standing(report: Report, language: Language, read: Input | None = None) -> str:
    """Which deals, as of when, zone, first day of the records, and how days are counted."""
    question, say = report.question, language.say
    which = words.side_name(Side(question.where, question.closed_in), language)
    said = [which, say("as of {day}", day=language.day(question.as_of))]
    if read and read.latest_as_of:
        latest = (
            say("(the latest date in the data up to today)") if read.later else say("(the latest date in the data)")
        )
        said[1] += " " + latest
    if report.observed_from:
        said.append(say("records from {day}", day=language.day(report.observed_from)))
    said.append(question.time_zone)
    said.append(say("calendar days") if report.whole_days else say("exact durations"))
    return " · ".join(said)


def later_sentence(read: Input, language: Language) -> str:
    """How many rows are (partly) not seen, since they lie in the future of the report; empty where none."""
    if not read.later:
        return ""
    return language.count(
        "{n} row carries a date after that day; what happened then is not seen.",
        "{n} rows carry a date after that day; what happened then is not seen.",
        read.later,
    )
