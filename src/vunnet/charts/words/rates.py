"""The win rate and the split at a number of days, in sentences."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, NotRecorded, Rate, Share
from vunnet.analysis.evidence import HIGHER, NO_EVIDENCE
from vunnet.analysis.win_rate import Change, WinRate
from vunnet.analysis.within_days import WithinDays
from vunnet.charts.language import Language
from vunnet.charts.words.terms import rate


def win_rate_title(result: WinRate, language: Language) -> str:
    return language.say("Win rate: {rate}", rate=rate(result.by_count, language))


def win_rate_measure(result: WinRate, language: Language) -> str:
    return language.say(
        "Won of won and lost deals, with 95% interval; n = {n}.", n=language.number(result.by_count.closed)
    )


def rate_mark(one: Rate, language: Language, *, earlier: bool = False) -> str:
    """What a dot says: "36% (27–46%): 100 deals"."""
    said = f"{rate(one, language)}: {language.deals(one.closed)}"
    return language.say("before: {rate}", rate=said) if earlier else said


def rate_of_money(one: Rate, language: Language) -> str:
    """A rate of amounts, of which the number of deals says whether there are enough."""
    return language.share(Share(one.rate or 0.0, one.low, one.high), 1)


def win_rate_sentence(result: WinRate, language: Language) -> str:
    found = result.by_count
    closed = language.number(found.closed)
    if found.rate is None:
        return language.say("No deal has been won or lost yet.")
    if found.closed < TOO_FEW:
        return language.count(
            "{n} of {closed} closed deals was won: too few to say.",
            "{n} of {closed} closed deals were won: too few to say.",
            found.won,
            closed=closed,
        )
    said = language.count(
        "{n} of {closed} closed deals was won.", "{n} of {closed} closed deals were won.", found.won, closed=closed
    )
    if result.cancelled:
        said += " " + language.count(
            "{n} cancelled deal counts neither way.", "{n} cancelled deals count neither way.", result.cancelled
        )
    return said


def change_sentence(now: Rate, change: Change | NotRecorded, language: Language) -> str:
    """How the rate stands to the one of the period before; empty where that is not known."""
    if isinstance(change, NotRecorded) or change.before.rate is None or now.rate is None:
        return ""
    before = f"{language.percent(change.before.rate)} ({language.span(change.before.low, change.before.high)})"
    if change.verdict == TOO_FEW_WORDS:
        return language.say("In the period before it was {before}: too few to compare.", before=before)
    if change.verdict == NO_EVIDENCE:
        return language.say("In the period before it was {before}: no evidence of a change.", before=before)
    if now.rate > change.before.rate:
        return language.say("It is higher than in the period before, {before}.", before=before)
    return language.say("It is lower than in the period before, {before}.", before=before)


def within_sentence(result: WithinDays, language: Language) -> str:
    if result.verdict == TOO_FEW_WORDS:
        return language.say("Too few deals have closed to split them at {n} days.", n=result.cut)
    if result.verdict == NO_EVIDENCE:
        return language.say(
            "No evidence that deals that close early and late are won more or less often. This describes, it does not "
            "explain."
        )
    if result.verdict == HIGHER:
        return language.say("Deals that close early are more often won. This describes, it does not explain.")
    return language.say("Deals that close early are less often won. This describes, it does not explain.")
