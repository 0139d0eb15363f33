"""What the file report could not say; at its end what its words mean."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.report import Report
from vunnet.charts import Language, words
from vunnet.cli.report.meanings import definitions
from vunnet.cli.report.reading import Input

SHOWN_REFUSALS = 50


def notes(report: Report, read: Input, language: Language) -> str:
    say = language.say
    missing = [*read.not_recorded, *reasons(within_parts(report, language), language)]
    missing += without_duration(report, language)
    found = [_list(say("Not recorded"), missing)] if missing else []
    if read.refused:
        shown = [f"{place}: {why}" for place, why in read.refused[:SHOWN_REFUSALS]]
        if len(read.refused) > SHOWN_REFUSALS:
            shown.append(say("and {n} more; the JSON has all", n=language.number(len(read.refused) - SHOWN_REFUSALS)))
        found.append(_list(say("Refused values"), shown))
    return "".join([*found, definitions(report, language)])


def within_parts(report: Report, language: Language) -> list[tuple[str, NotRecorded]]:
    """What some part of the report could not say, and why: not told where the part itself stands."""
    say, found = language.say, []
    if isinstance(report.win_rate.by_value, NotRecorded):
        found.append((say("Win rate by value"), report.win_rate.by_value))
    if not isinstance(report.signals, NotRecorded):
        names = {one: words.measure_name(one, report.question.cut, language) for one in report.signals.missing}
        found += [(f"{say('Signals')}, {names[one].lower()}", why) for one, why in report.signals.missing.items()]
    for by, answer in report.won.by.items():
        if isinstance(answer, NotRecorded):
            found.append((f"{say('Won deals by')} {words.attribute(by, language).lower()}", answer))
    if not isinstance(report.drivers, NotRecorded):
        found += [(words.field_name(name, language), why) for name, why in report.drivers.missing.items()]
    if not isinstance(report.attainment, NotRecorded):
        found += [(say("Quotas"), why) for why in report.attainment.left_out]
    return found


def whole_parts(report: Report, language: Language) -> list[tuple[str, NotRecorded]]:
    """The parts of the report that are not there at all, and why. Why customers are not compared stands with the won deals."""
    say, within = language.say, report.within_days
    asked: list[tuple[str, object]] = [
        (say("Stale deals"), report.counts.stale),
        (say("Won within {n} days", n=report.question.cut), getattr(within, "won_within", within)),
        (say("Funnel"), report.funnels),
        (say("Two funnels"), report.comparison if report.question.compare else None),
        (say("Time to close"), report.time_to_close),
        (say("Signals"), report.signals),
        (say("Cohorts"), report.cohorts),
        (say("Forecast"), report.forecast),
        (say("Quotas"), report.attainment),
        (say("Won value"), report.won.value),
        *((_rate_by(by, language), one) for by, one in report.segments.items() if by != "customer"),
        (say("Leaks"), report.leaks),
        (say("What goes with winning"), report.drivers),
        (say("Customers who come back"), report.repeat_interval),
        (say("Sales velocity"), report.velocity),
        (say("Mix or rate"), report.mix_or_rate),
    ]
    return [(name, answer) for name, answer in asked if isinstance(answer, NotRecorded)]


def _rate_by(by: str, language: Language) -> str:
    return language.say("Win rate by {attribute}", attribute=words.attribute(by, language).lower())


def reasons(missing: Sequence[tuple[str, NotRecorded]], language: Language) -> list[str]:
    """One line a reason, with all that is not recorded because of it."""
    by_reason: dict[str, list[str]] = {}
    for name, why in missing:
        by_reason.setdefault(language.why(why), []).append(name)
    return [f"{language.names(dict.fromkeys(names))}: {why}" for why, names in by_reason.items()]


def without_duration(report: Report, language: Language) -> list[str]:
    """How many deals are left out of every time, if any."""
    n = report.counts.negative_durations
    said = language.count(
        "{n} deal closed before it opened; it has no duration",
        "{n} deals closed before they opened; they have no duration",
        n,
    )
    return [said] if n else []


def _list(name: str, items: Sequence[str]) -> str:
    inside = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section class='notes'><h2>{escape(name)}</h2><ul>{inside}</ul></section>\n"
