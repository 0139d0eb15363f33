"""What was read, and how it is to be read: the lines a reader needs before any number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vunnet.analysis.question import Side
from vunnet.analysis.report import Report
from vunnet.charts import Language, words


@dataclass(frozen=True)
class Input:
    """What was read: the files' names, their source, how many rows, and what was refused (place, why)."""

    names: Sequence[str]
    source: str
    read: int
    kept: int
    refused: Sequence[tuple[str, str]]
    not_recorded: Sequence[str]
    latest_as_of: bool


def standing(report: Report, language: Language, read: Input | None = None) -> str:
    """Which deals, as of when, zone, first day of the records, and how days are counted."""
    question, say = report.question, language.say
    which = words.side_name(Side(question.where, question.closed_in), language)
    said = [which, say("as of {day}", day=language.day(question.as_of))]
    if read and read.latest_as_of:
        said[1] += " " + say("(the latest date in the data)")
    if question.observed_from:
        said.append(say("records from {day}", day=language.day(question.observed_from)))
    said.append(question.time_zone)
    said.append(say("calendar days") if report.whole_days else say("exact durations"))
    return " · ".join(said)
