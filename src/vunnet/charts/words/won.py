"""What was won, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.customers import CustomerStatus
from vunnet.analysis.evidence import DIFFERS, NO_EVIDENCE
from vunnet.analysis.segments import Segment
from vunnet.analysis.won import Part, Won
from vunnet.charts.language import Language
from vunnet.charts.words.terms import attribute, part

HALF = 0.5


def won_title(result: Won, language: Language) -> str:
    parts = result.by.get("product")
    if isinstance(result.value, NotRecorded) or not isinstance(parts, tuple) or result.value <= 0:
        return language.say("{deals} won", deals=language.deals(result.count))
    leading = _leading(parts, result.value)
    value = language.money(result.value, result.currency)
    if not leading:
        return language.say("{value} won in {deals}", value=value, deals=language.deals(result.count))
    amount = language.short_money(sum(part.amount or 0 for part in leading))
    names = language.names(part.value or "" for part in leading)
    return language.say("{names} bring {amount} of {value}", names=names, amount=amount, value=value)


def _leading(parts: tuple[Part, ...], value: float) -> list[Part]:
    """The one to three parts that together bring more than half, where there are more parts than that."""
    found: list[Part] = []
    for one in parts:
        if sum(p.amount or 0 for p in found) > HALF * value:
            break
        found.append(one)
    return found if len(found) <= 3 and len(found) < len(parts) and all(p.value for p in found) else []


def won_measure(result: Won, language: Language, *, is_rated: bool = True) -> str:
    valued = not isinstance(result.value, NotRecorded)
    if not is_rated:
        return language.say("Value won") if valued else language.say("Deals won")
    if not valued:
        return language.say(
            "Deals won and win rate of closed deals, with 95% interval; grey = not told apart from all."
        )
    return language.say("Value won and win rate of closed deals, with 95% interval; grey = not told apart from all.")


def won_sentence(
    result: Won, segments: Mapping[str, Segment | NotRecorded], status: CustomerStatus | NotRecorded, language: Language
) -> str:
    said = []
    if not isinstance(result.median, NotRecorded) and not isinstance(result.mean, NotRecorded):
        values = {
            "median": language.money(result.median, result.currency),
            "mean": language.money(result.mean, result.currency),
        }
        said.append(language.say("The typical won deal is {median} (median); the mean is {mean}.", **values))
    told = {name: one for name in ("product", "size", "customer") if isinstance(one := segments.get(name), Segment)}
    alike = [attribute(name, language).lower() for name, one in told.items() if one.verdict == NO_EVIDENCE]
    if alike:
        said.append(
            language.say(
                "There is no evidence that the win rate differs by {attributes}.", attributes=language.names(alike)
            )
        )
    for name, one in told.items():
        if one.verdict == DIFFERS:
            said.append(
                language.say("The win rate differs by {attribute}.", attribute=attribute(name, language).lower())
            )
    if isinstance(status, CustomerStatus) and not status.compared:
        said.append(language.say("New and existing customers cannot be compared yet: records are too short."))
    return " ".join(said)


def parts_sentence(
    result: Won, segments: Mapping[str, Segment | NotRecorded], groups: tuple[str, ...], language: Language
) -> str:
    """Of each way to part the won deals, which part has most; and whether the win rate differs by it."""
    said = []
    for name in groups:
        parts = result.by.get(name)
        if not isinstance(parts, tuple) or len(parts) < 2:
            continue
        most = max(parts, key=lambda one: (one.amount or 0, one.count))
        values = {
            "part": part(name, most, language),
            "deals": language.deals(most.count),
            "all": language.number(result.count),
        }
        if most.amount:
            amount = language.money(most.amount, result.currency)
            said.append(language.say("Most value: {part}, {amount} in {deals} of {all}.", amount=amount, **values))
        else:
            said.append(language.say("Most deals: {part}, {deals} of {all}.", **values))
        found = segments.get(name)
        named = attribute(name, language).lower()
        if isinstance(found, Segment) and found.verdict == DIFFERS:
            said.append(language.say("The win rate differs by {attribute}.", attribute=named))
        elif isinstance(found, Segment) and found.verdict == NO_EVIDENCE:
            said.append(language.say("There is no evidence that the win rate differs by {attribute}.", attribute=named))
    return " ".join(said)


def won_mark(name: str, one: Part, language: Language) -> str:
    amount = f", {language.money(one.amount)}" if one.amount is not None else ""
    return f"{name}: {language.deals(one.count)}{amount}"


def young_records(language: Language, *, short: bool = False) -> str:
    if short:
        return language.say("* Short records: an early deal looks new")
    return language.say("* Records are too short to tell new from existing: an early deal looks new")
