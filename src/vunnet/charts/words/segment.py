"""What differs, in sentences: no more than the verdict."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW, Rate, Share
from vunnet.analysis.evidence import DIFFERS, HIGHER, LOWER
from vunnet.analysis.segments import Segment
from vunnet.charts.language import Language
from vunnet.charts.words.terms import attribute, member


def _apart(result: Segment, language: Language) -> tuple[list[str], list[str]]:
    higher, lower = (
        [member(result.by, m.value, language) for m in result.members if m.verdict == verdict]
        for verdict in (HIGHER, LOWER)
    )
    return higher, lower


def segment_title(result: Segment, language: Language) -> str:
    told = [m for m in result.members if m.value is not None and m.rate.closed >= TOO_FEW]
    name = attribute(result.by, language).lower()
    if len(told) < 2:
        return language.say("Too few closed deals to compare by {attribute}", attribute=name)
    higher, lower = _apart(result, language)
    if not higher and not lower and result.verdict == DIFFERS:
        return language.say("The win rate differs by {attribute}, but none stands out alone", attribute=name)
    if not higher and not lower:
        return language.say("No evidence that the win rate differs by {attribute}", attribute=name)
    return language.count(
        "{n} of {all} differs from the rest by {attribute}",
        "{n} of {all} differ from the rest by {attribute}",
        len(higher) + len(lower),
        all=len(told),
        attribute=name,
    )


def segment_measure(result: Segment, language: Language) -> str:
    if result.prior.n is None:
        return language.say("Win rate with 95% interval, by name: the figures give no other order.")
    return language.say(
        "Win rate: ring as it was, with 95% interval; diamond best estimate for next time, shrunk to the evidence."
    )


def segment_sentence(result: Segment, language: Language) -> str:
    higher, lower = _apart(result, language)
    told = [m for m in result.members if m.value is not None and m.rate.closed >= TOO_FEW]
    if len(told) < 2:
        return language.say("Under ten closed deals each is too few to say.")
    if not higher and not lower and result.verdict == DIFFERS:
        return language.say(
            "Not all win equally often: together the differences are more than chance makes. "
            "Which of them it is, the figures do not tell."
        )
    if not higher and not lower:
        return language.say(
            "Nothing here shows that one wins more often than another; "
            "the differences are such as chance makes among {n}.",
            n=len(told),
        )
    said = []
    if higher:
        said.append(language.say("{names} won more often than the rest.", names=language.names(higher)))
    if lower:
        said.append(language.say("{names} won less often than the rest.", names=language.names(lower)))
    if result.by == "customer":  # Our own words, which begin a sentence here; names stand as they are written.
        said = [one[:1].upper() + one[1:] for one in said]
    return " ".join(said)


def everyone(result: Segment, language: Language, *, short: bool = False) -> str:
    rate = language.percent(result.everyone.rate or 0, 1)
    if result.prior.n is None and not short:
        return language.say("best estimate for everyone {rate}", rate=rate)
    return language.say("everyone {rate}", rate=rate)


def too_few_line(result: Segment, language: Language) -> str:
    few = [m for m in result.members if m.value is not None and m.rate.closed < TOO_FEW]
    if not few:
        return ""
    deals = language.deals(sum(m.rate.closed for m in few))
    return language.say(
        "Too few to say (under 10 closed): {n}, {deals} together", n=language.number(len(few)), deals=deals
    )


def member_mark(name: str, rate: Rate, language: Language) -> str:
    values = {"won": language.number(rate.won), "closed": language.number(rate.closed)}
    shown = language.share(Share(rate.rate or 0.0, rate.low, rate.high), 1)
    return f"{name}: {language.say('{won} of {closed} won', **values)}, {shown}"
