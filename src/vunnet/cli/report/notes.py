"""What the file report could not say, and what its words mean."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.report import Report
from vunnet.charts import Language, words
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
    return "".join([*found, _definitions(report, language)])


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


def _definitions(report: Report, language: Language) -> str:
    say = language.say
    terms = {
        say("Win rate"): say("Won of won and lost deals; cancelled ones count neither way. 95% interval by Wilson."),
        say("Won within {n} days", n=report.question.cut): say(
            "Share of all deals opened that is won by then, counting those still open as not known (Aalen–Johansen)."
        ),
        say("Go on (95%)"): say(
            "Share that ever reaches a later stage or is won, from entering the stage; "
            "losing and cancelling compete (Aalen–Johansen)."
        ),
        say("Stay"): say("Median days in the stage; deals still there count as not yet left (Kaplan–Meier)."),
        say("Best estimate"): say("The rate drawn towards everyone's by how little was seen (empirical Bayes)."),
        say("Verdict"): say(
            "Differs: under 5% false alarms among such claims (Benjamini–Hochberg). "
            "Under ten closed deals is too few to say."
        ),
        say("Ordinary variation"): say(
            "Ups and downs within the limits: three sigma around the usual, set on the first 24 periods. "
            "A signal lies beyond them, or is the eighth in a row on one side."
        ),
        say("Forecast"): say(
            "Each open deal by its stage and how long it has stood there, deals not yet opened by the last half year, "
            "2,000 simulations; what past forecasts missed widens it."
        ),
        say("Customer"): say(
            "Decided when the deal was opened, from the company's earlier wins; won back after 24 months."
        ),
    }
    inside = "".join(f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in terms.items())
    heading = escape(say("What the words mean"))
    return f"<section class='notes'><details><summary>{heading}</summary><dl>{inside}</dl></details></section>\n"
