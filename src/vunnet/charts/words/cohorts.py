"""Months compared at the same age, in sentences."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from vunnet.analysis.answers import TOO_FEW_WORDS
from vunnet.analysis.cohorts import FALLING, RISING, Cohort, Cohorts
from vunnet.analysis.evidence import NO_EVIDENCE
from vunnet.charts.language import Language


def month(day: date, language: Language) -> str:
    """A month as people write it: Mar 2017, mars 2017."""
    return format_date(day, "MMM y", locale={"en": "en_GB", "nb": "nb"}[language.code])


def cohorts_title(result: Cohorts, language: Language) -> str:
    n = result.compared_by
    if result.verdict == TOO_FEW_WORDS:
        return language.say("Too few months have been followed for {n} days to compare them", n=n)
    if result.verdict == RISING:
        return language.say("Newer deals are more often won by day {n}", n=n)
    if result.verdict == FALLING:
        return language.say("Newer deals are less often won by day {n}", n=n)
    if result.verdict == NO_EVIDENCE:
        return language.say("No evidence that newer deals do better or worse by day {n}", n=n)
    return language.say("The months differ in what is won by day {n}", n=n)


def cohorts_measure(language: Language) -> str:
    return language.say(
        "Share of the deals opened each month that was won by each age; blank = its youngest deal is not that old yet."
    )


def cohorts_sentence(result: Cohorts, language: Language) -> str:
    told = [
        rate.rate for row in result.compared() if (rate := row.won_by[result.compared_by]) and rate.rate is not None
    ]
    if len(told) < 2:
        return language.say("Under ten deals each is too few to say.")
    values = {"n": result.compared_by, "low": language.per_hundred(min(told)), "high": language.percent(max(told))}
    same = min(told) == max(told)
    spread = (
        language.say("By day {n} each month had won {high}.", n=values["n"], high=values["high"])
        if same
        else language.say("By day {n} the months had won between {low} and {high}.", **values)
    )
    if not same and result.verdict == NO_EVIDENCE:
        spread += " " + language.say("Chance alone makes months differ that much.")
    if any(rate is None for row in result.rows for rate in row.won_by.values()):
        spread += " " + language.say("Blank cells are not yet known.")
    return spread


def cohorts_mark(cohort: Cohort, days: int, language: Language) -> str:
    rate = cohort.won_by[days]
    values = {
        "month": month(cohort.month, language),
        "n": days,
        "won": language.number(rate.won if rate else 0),
        "deals": language.number(cohort.deals),
    }
    return language.say("{month}, day {n}: {won} of {deals} won", **values)
