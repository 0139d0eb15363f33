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
    missing = [*read.not_recorded, *_not_answered(report, language)]
    found = [_list(say("Not recorded"), missing)] if missing else []
    if read.refused:
        shown = [f"{place}: {why}" for place, why in read.refused[:SHOWN_REFUSALS]]
        if len(read.refused) > SHOWN_REFUSALS:
            shown.append(say("and {n} more; the JSON has all", n=language.number(len(read.refused) - SHOWN_REFUSALS)))
        found.append(_list(say("Refused values"), shown))
    return "".join([*found, _definitions(report, language)])


def _not_answered(report: Report, language: Language) -> list[str]:
    found = []
    if isinstance(report.win_rate.by_value, NotRecorded):
        found.append(f"{language.say('Win rate by value')}: {language.why(report.win_rate.by_value)}")
    if not isinstance(report.signals, NotRecorded):
        for measure, why in report.signals.missing.items():
            name = words.measure_name(measure, report.question.cut, language)
            found.append(f"{language.say('Signals')}, {name.lower()}: {language.why(why)}")
    for by, answer in report.won.by.items():
        if isinstance(answer, NotRecorded):
            found.append(
                f"{language.say('Won deals by')} {words.attribute(by, language).lower()}: {language.why(answer)}"
            )
    if not isinstance(report.drivers, NotRecorded):
        found += [
            f"{words.field_name(name, language)}: {language.why(why)}" for name, why in report.drivers.missing.items()
        ]
    if not isinstance(report.attainment, NotRecorded):
        found += [f"{language.say('Quotas')}: {language.why(why)}" for why in report.attainment.left_out]
    if report.counts.negative_durations:
        n = report.counts.negative_durations
        found.append(
            language.count(
                "{n} deal closed before it opened; it has no duration",
                "{n} deals closed before they opened; they have no duration",
                n,
            )
        )
    return found


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
