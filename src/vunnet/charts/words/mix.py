"""A change in win rate, in sentences: nothing is explained where the change itself is not told from none."""

from __future__ import annotations

from babel.dates import format_date

from vunnet.analysis.mix_or_rate import OTHERS, MixOrRate, Points, RatePart
from vunnet.analysis.quarters import name
from vunnet.analysis.question import Period
from vunnet.charts.language import Language
from vunnet.charts.words.terms import attribute, member

QUARTER_NAME = 6


def period(found: Period, language: Language) -> str:
    """A period as people write it: Q4 2017, 4. kv. 2017, Nov 2017, 5 Jan 2017–9 Jan 2017."""
    known = name(found)
    if len(known) == QUARTER_NAME and known[4] == "Q":
        return language.say("Q{quarter} {year}", quarter=known[5], year=known[:4])
    if known[4:5] == "-" and len(known) == len("2017-11") and found.first:
        return format_date(found.first, "MMM y", locale={"en": "en_GB", "nb": "nb"}[language.code])
    if "/" in known:
        return "–".join(language.day(day) for day in (found.first, found.last) if day)
    return known


def mix_title(result: MixOrRate, language: Language) -> str:
    by = attribute(result.by, language).lower()
    if not result.change.evidence:
        return language.say("No evidence that the win rate changed")
    told = (result.mix.evidence, result.rate.evidence)
    fell = result.change.change < 0
    if told == (False, True) and fell:
        return language.say("The fall is in the rate, not in the mix by {attribute}", attribute=by)
    if told == (False, True):
        return language.say("The rise is in the rate, not in the mix by {attribute}", attribute=by)
    if told == (True, False) and fell:
        return language.say("The fall is in the mix by {attribute}, not in the rate", attribute=by)
    if told == (True, False):
        return language.say("The rise is in the mix by {attribute}, not in the rate", attribute=by)
    return language.say("The win rate fell") if fell else language.say("The win rate rose")


def mix_measure(result: MixOrRate, language: Language) -> str:
    return language.say(
        "Win rate of closed deals, {earlier} to {later}, points by {attribute}; line = 95% interval of each step.",
        earlier=period(result.earlier, language),
        later=period(result.later, language),
        attribute=attribute(result.by, language).lower(),
    )


def mix_sentence(result: MixOrRate, language: Language) -> str:
    values = {
        "before": language.percent(result.from_rate.rate or 0, 1),
        "after": language.percent(result.to_rate.rate or 0, 1),
        "change": points(result.change, language),
    }
    if not result.change.evidence:
        first = language.say(
            "The win rate went from {before} to {after}, {change}: chance alone makes changes of that size.", **values
        )
        return first + " " + _explained(result, language)
    if result.change.change < 0:
        first = language.say("The win rate fell from {before} to {after}, {change}.", **values)
    else:
        first = language.say("The win rate rose from {before} to {after}, {change}.", **values)
    return first + " " + _explained(result, language) + _rounding(result, language)


def _explained(result: MixOrRate, language: Language) -> str:
    return language.say(
        "The rate by {attribute} adds {rate}, another mix {mix}.",
        attribute=attribute(result.by, language).lower(),
        rate=points(result.rate, language),
        mix=points(result.mix, language),
    )


def _rounding(result: MixOrRate, language: Language) -> str:
    """The parts add exactly; what is shown of them may not."""
    shown = [round(100 * part, 1) for part in (result.mix.change, result.rate.change, result.change.change)]
    if abs(shown[0] + shown[1] - shown[2]) < 0.05:
        return ""
    return " " + language.say("The parts add up before rounding.")


def points(found: Points, language: Language) -> str:
    """A difference in points with its interval in brackets."""
    span = language.points_span(found.low, found.high)
    return language.say("{points} points ({span})", points=language.points(found.change), span=span)


def mix_part(result: MixOrRate, part: RatePart, language: Language) -> str:
    """What a step of the rate is called."""
    if part.value == OTHERS and part.members > 1:
        return language.say("{n} others", n=language.number(part.members))
    return member(result.by, part.value, language)


def mix_mark(name: str, found: Points, language: Language) -> str:
    return f"{name}: {points(found, language)}"
