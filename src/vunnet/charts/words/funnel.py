"""The funnel in sentences."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW
from vunnet.analysis.funnel import Funnel, StageFlow
from vunnet.analysis.journeys import OPENED
from vunnet.charts.language import Language
from vunnet.charts.words.terms import attribute, stage


def funnel_title(result: Funnel, language: Language) -> str:
    first = result.stages[0] if result.stages else None
    if first is None or first.entered == 0:
        return language.say("No deal has entered a stage")
    opened = language.deals(first.entered)
    worst = result.narrowest
    if worst is None or len(result.stages) == 1:
        return language.say("{deals} came in, {won} were won", deals=opened, won=language.number(result.won))
    won = language.number(result.won)
    return language.say(
        "{deals} came in, {won} were won; fewest go on from {stage}",
        deals=opened,
        won=won,
        stage=worst.stage,
    )


def funnel_measure(result: Funnel, language: Language) -> str:
    by = (
        language.say(
            "Deals that entered each stage, by {attribute}.", attribute=attribute(result.split, language).lower()
        )
        if (result.split and result.members)
        else language.say("Deals that entered each stage.")
    )
    return by + " " + language.say("Go on = share that ever reaches a later stage or is won, 95% interval.")


def funnel_sentence(result: Funnel, language: Language) -> str:
    told = [flow for flow in result.stages if flow.conversion]
    if not told:
        return language.say("No deal has entered a stage.")
    worst = result.narrowest or told[0]
    if worst.entered < TOO_FEW:
        return language.count(
            "{n} deal came in: too few to say how many go on.",
            "{n} deals came in: too few to say how many go on.",
            worst.entered,
        )
    said = [_goes_on(worst, language)]
    if worst.median_days is not None and worst.stage != OPENED:
        said.append(
            language.say("Half have left that stage within {days}.", days=language.long_days(worst.median_days))
        )
    still = sum(flow.open + flow.moved_back for flow in result.stages)
    if still:
        said.append(
            language.count(
                "{n} deal is still open and counts neither way.",
                "{n} deals are still open and count neither way.",
                still,
            )
        )
    if result.note:
        said.append(language.why_sentence(result.note))
    return " ".join(said)


def _goes_on(flow: StageFlow, language: Language) -> str:
    conversion = flow.conversion
    share = language.per_hundred(conversion.share) if conversion else ""
    span = language.span_percent(conversion.low, conversion.high, 1) if conversion else ""
    values = {"n": share, "stage": stage(flow.stage, language), "span": span}
    if flow.stage == OPENED:
        if not flow.won + flow.lost + flow.cancelled:
            return language.say("Nothing has closed yet.")
        return (
            language.say("Of 100 deals opened, {n} are won in the end ({span}).", **values)
            if span
            else language.say("Of 100 deals opened, {n} are won in the end.", **values)
        )
    if flow.moved_back and flow.open + flow.moved_back == flow.entered:
        return language.say("No deal has gone on from {stage} yet.", **values)
    if flow.open == flow.entered:
        return language.say("No deal has left {stage} yet.", **values)
    return (
        language.say("Of 100 deals that enter {stage}, {n} go on ({span}).", **values)
        if span
        else language.say("Of 100 deals that enter {stage}, {n} go on.", **values)
    )


def funnel_mark(stage: str, member: str, deals: int, language: Language) -> str:
    """One bar, standing alone."""
    return (
        f"{stage}: {language.deals(deals)}"
        if not member or member == language.say("not filled in")
        else (f"{stage}, {member}: {language.deals(deals)}")
    )
