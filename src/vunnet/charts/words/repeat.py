"""When customers come back, in words."""

from __future__ import annotations

from vunnet.analysis.repeat import WITHIN, RepeatInterval
from vunnet.charts.language import Language


def repeat_title(result: RepeatInterval, language: Language) -> str:
    if result.median_days is None:
        return language.say("Fewer than half of the purchases have been followed by another yet")
    return language.say(
        "Half of the purchases are followed by another of the same company within {days}",
        days=language.long_days(result.median_days),
    )


def repeat_sentence(result: RepeatInterval, language: Language) -> str:
    values = {
        "purchases": language.number(result.purchases),
        "companies": language.number(result.companies),
        "repeated": language.number(result.repeated),
    }
    return language.say(
        "{purchases} purchases by {companies} companies; {repeated} were followed by another of the same company so far. "
        "The others count as not known yet; deals won on one day are one purchase.",
        **values,
    )


def repeat_parts(result: RepeatInterval, language: Language) -> tuple[tuple[str, str], ...]:
    """The share followed by another by each number of days, as far as any was followed."""
    return tuple(
        (language.say("{n} days", n=days), language.share(share, 1))
        for days in WITHIN
        if (share := result.within(days))
    )
