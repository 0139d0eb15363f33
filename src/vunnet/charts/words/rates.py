"""The win rate and the split at a number of days, in sentences."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW
from vunnet.analysis.win_rate import WinRate
from vunnet.analysis.within_days import WithinDays
from vunnet.charts.language import Language


def win_rate_sentence(result: WinRate, language: Language) -> str:
    found = result.by_count
    won, closed = language.number(found.won), language.number(found.closed)
    if found.rate is None:
        return language.say("No deal has been won or lost yet.")
    if found.closed < TOO_FEW:
        return language.say("{won} of {closed} closed deals were won: too few to say.", won=won, closed=closed)
    said = language.say("{won} of {closed} closed deals were won.", won=won, closed=closed)
    if result.cancelled:
        said += " " + language.count(
            "{n} cancelled deal counts neither way.", "{n} cancelled deals count neither way.", result.cancelled
        )
    return said


def within_sentence(result: WithinDays, language: Language) -> str:
    early, later = result.closed_within, result.closed_later
    if min(early.closed, later.closed) < TOO_FEW:
        return language.say("Too few deals have closed to split them at {n} days.", n=result.cut)
    apart = (early.high or 1) < (later.low or 0) or (later.high or 1) < (early.low or 0)
    if not apart:
        return language.say(
            "Deals that close early and late are won about as often. This describes, it does not explain."
        )
    if (early.rate or 0) > (later.rate or 0):
        return language.say("Deals that close early are more often won. This describes, it does not explain.")
    return language.say("Deals that close early are less often won. This describes, it does not explain.")
