"""How the deals stand, and which of the open ones are stale, in a line each."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.counts import Counts
from vunnet.analysis.stale import Stale, StaleLimit
from vunnet.charts.language import Language
from vunnet.charts.words.terms import stage

NAMED = 3


def counts_line(counts: Counts, language: Language) -> str:
    """All deals, and how many of each kind there are: "120 deals: 20 open · 60 won · 40 lost"."""
    say, number = language.say, language.number
    said = [
        say("{n} not opened", n=number(counts.not_opened)) if counts.not_opened else "",
        say("{n} open", n=number(counts.open)) if counts.open else "",
        say("{n} won", n=number(counts.won)) if counts.won else "",
        say("{n} lost", n=number(counts.lost)) if counts.lost else "",
        say("{n} cancelled", n=number(counts.cancelled)) if counts.cancelled else "",
    ]
    kinds = " · ".join(text for text in said if text)
    return f"{language.deals(counts.deals)}: {kinds}" if kinds else language.deals(counts.deals)


def stale_sentence(found: Stale, language: Language) -> str:
    """How many open deals are stale, where, from how many days on, and what that means."""
    if isinstance(found.limits, NotRecorded):
        return language.say("Stale deals are not told: {why}.", why=language.why(found.limits))
    beyond = sorted((one for one in found.limits if one.stale), key=lambda one: -one.stale)
    n = sum(one.stale for one in beyond)
    if not any(one.days is not None for one in found.limits):
        return language.say("Too few deals have moved on to say which are stale.")
    if not n:
        return language.say("No open deal is stale: none stands longer than 95% of those that moved on.")
    if beyond[0].stage is None:
        return language.count(
            "{n} open deal is stale: open for over {days}, longer than 95% of the deals that closed.",
            "{n} open deals are stale: open for over {days}, longer than 95% of the deals that closed.",
            n,
            days=language.long_days(beyond[0].days or 0),
        )
    several = len({one.pipeline for one in found.limits}) > 1
    places = [_place(one, several, language) for one in beyond[:NAMED]]
    rest = sum(one.stale for one in beyond[NAMED:])
    if rest:
        places.append(language.say("{n} in other stages", n=language.number(rest)))
    return language.count(
        "{n} open deal is stale, longer in its stage than 95% of those that left it: {places}.",
        "{n} open deals are stale, longer in their stage than 95% of those that left it: {places}.",
        n,
        places=language.names(places),
    )


def _place(one: StaleLimit, several: bool, language: Language) -> str:
    name = stage(one.stage or "", language)
    name = f"{one.pipeline}, {name}" if several and one.pipeline else name
    days = language.long_days(one.days or 0)
    return language.say("{n} in {stage} (over {days})", n=language.number(one.stale), stage=name, days=days)
