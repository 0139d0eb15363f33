"""The sizes of won deals in a sentence."""

from __future__ import annotations

from vunnet.analysis.amounts import LARGEST, Amounts
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.won import Won
from vunnet.charts.language import Language

FEW = 10
LOPSIDED = 1.25


def amounts_title(won: Won, language: Language) -> str:
    """The value won and the median; of what no amount is known, how many deals."""
    if isinstance(won.value, NotRecorded) or isinstance(won.median, NotRecorded):
        return language.say("Won value: {amount}", amount=language.deals(won.count))
    return language.say(
        "Won value: {amount}, median {median}",
        amount=language.money(won.value, won.currency),
        median=language.money(won.median),
    )


def amounts_measure(result: Amounts, language: Language) -> str:
    return language.count(
        "{n} won deal by amount, on a scale of tenfold steps; dashed = median.",
        "{n} won deals by amount, on a scale of tenfold steps; dashed = median.",
        result.count,
    )


def amounts_sentence(result: Amounts | NotRecorded, won: Won, language: Language) -> str:
    """How much the largest carry, and which average to read."""
    if isinstance(result, NotRecorded) or isinstance(won.mean, NotRecorded) or isinstance(won.median, NotRecorded):
        return ""
    values = {"share": language.percent(result.largest), "n": LARGEST}
    said = [language.say("The {n} largest carry {share} of the value.", **values)] if result.count > FEW else []
    if won.mean > LOPSIDED * won.median:
        said.append(language.say("Read the median, not the mean."))
    else:
        said.append(language.say("The mean is {mean}.", mean=language.money(won.mean, won.currency)))
    return " ".join(said)
