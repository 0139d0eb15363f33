"""When customers come back, in words."""

from __future__ import annotations

from vunnet.analysis.repeat import WITHIN, RepeatInterval
from vunnet.charts.language import Language


def repeat_title(result: RepeatInterval, language: Language) -> str:
    if result.median_days is None:
        return language.say("Fewer than half of the customers have come back yet")
    return language.say("Half of the customers come back within {days}", days=language.long_days(result.median_days))


def repeat_sentence(result: RepeatInterval, language: Language) -> str:
    values = {
        "purchases": language.number(result.purchases),
        "companies": language.number(result.companies),
        "repeated": language.number(result.repeated),
    }
    return language.say(
        "{companies} customers bought on {purchases} days; {repeated} of these were followed by another purchase so far. "
        "Those that have not come back yet count as not known.",
        **values,
    )


def repeat_parts(result: RepeatInterval, language: Language) -> tuple[tuple[str, str], ...]:
    """Share back by each number of days."""
    return tuple(
        (language.say("{n} days", n=days), language.share(share, 1))
        for days in WITHIN
        if (share := result.within(days))
    )
