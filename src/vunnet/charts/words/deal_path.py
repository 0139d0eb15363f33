"""The path of one deal in sentences: slow only where it took longer than nine in ten."""

from __future__ import annotations

from vunnet.analysis.deal_path import NINE_IN_TEN, THREE_IN_FOUR, DealPath, PathStay
from vunnet.charts.language import HOURS_A_DAY, Language
from vunnet.charts.words.terms import stage


def path_title(result: DealPath, language: Language) -> str:
    """What became of the deal, and its slowest stay where one is slow."""
    said = _state(result, language)
    slow = _slowest(result)
    if slow is None:
        return said
    return language.say("{state}; longer in {stage} than 9 in 10", state=said, stage=stage(slow.stage, language))


def _state(result: DealPath, language: Language) -> str:
    days, say = language.long_days(result.days), language.say
    if result.days * HOURS_A_DAY < 1:
        at_once = {
            "won": say("Won within an hour"),
            "lost": say("Lost within an hour"),
            "cancelled": say("Cancelled within an hour"),
            "open": say("Opened within the hour"),
        }
        return at_once[result.outcome]
    states = {
        "won": say("Won after {days}", days=days),
        "lost": say("Lost after {days}", days=days),
        "cancelled": say("Cancelled after {days}", days=days),
        "open": say("Open for {days}", days=days),
    }
    return states[result.outcome]


def _slowest(result: DealPath) -> PathStay | None:
    """The slow stay that lies furthest beyond; the present one before others."""
    return max(result.slow, key=lambda stay: (stay.lasts, _beyond(stay)), default=None)


def _beyond(stay: PathStay) -> float:
    return stay.days - stay.typical.nine_tenths if stay.typical else 0.0


def path_measure(language: Language) -> str:
    return language.say("Grey: half, and nine in ten, of the deals that went on · tick: the middle one")


def path_sentence(result: DealPath, language: Language) -> str:
    slow = _slowest(result)
    if slow is None or slow.typical is None:
        told = [stay for stay in result.stays if stay.typical]
        if not told:
            return language.say("Too few deals went on from these stages to say what is usual.")
        return language.say("No stay is longer than nine in ten of the deals that went on.")
    said = language.say(
        "{days} in {stage} is longer than nine in ten of the {deals} that went on from there; half took {middle} or less.",
        days=language.long_days(slow.days),
        stage=stage(slow.stage, language),
        deals=language.deals(slow.typical.deals),
        middle=language.long_days(slow.typical.middle),
    )
    if any(stay.is_stale for stay in result.stays):
        said += " " + language.say("The deal is stale: older in its stage than 95 of 100 stays that ever ended there.")
    return said[:1].upper() + said[1:]


def path_verdict(stay: PathStay, language: Language) -> str:
    say = language.say
    if stay.is_stale:
        return say("stale")
    words = {
        None: say("too few to say"),
        NINE_IN_TEN: say("longer than 9 in 10"),
        THREE_IN_FOUR: say("longer than 3 in 4"),
    }
    return words.get(stay.verdict, say("ordinary"))


def path_mark(stay: PathStay, language: Language) -> str:
    """One stay, standing alone: "Offer sent: 20 days, longer than 3 in 4"."""
    return f"{stage(stay.stage, language)}: {language.long_days(stay.days)}, {path_verdict(stay, language)}"
