"""Two funnels side by side, in sentences. A title names a side only where a stage differs."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW_WORDS, Share
from vunnet.analysis.comparison import Comparison, Difference, StageBeside
from vunnet.analysis.evidence import HIGHER, LOWER
from vunnet.analysis.question import Period, Side
from vunnet.charts.language import Language
from vunnet.charts.words.terms import attribute, stage, status, verdict


def side_name(side: Side, language: Language) -> str:
    """What a side holds: its values, its period, or all."""
    parts = [_members(column, allowed, language) for column, allowed in side.where.items()]
    if side.entered_in and (side.entered_in.first or side.entered_in.last):
        parts.append(_span(side.entered_in, language))
    return ", ".join(parts) or language.say("all deals")


def _members(column: str, allowed: tuple[str | None, ...], language: Language) -> str:
    empty = f"{attribute(column, language)}: {language.say('not filled in')}"
    return language.names(empty if value is None else _member(column, value, language) for value in allowed)


def _member(column: str, value: str, language: Language) -> str:
    return status(value, language) if column == "customer" else value


def _span(period: Period, language: Language) -> str:
    first = language.day(period.first) if period.first else ""
    last = language.day(period.last) if period.last else ""
    if first and last:
        return f"{first} – {last}"
    return language.say("from {day}", day=first) if first else language.say("until {day}", day=last)


def comparison_title(result: Comparison, language: Language) -> str:
    told = _told(result)
    if not told:
        tried = any(row.verdict != TOO_FEW_WORDS for row in result.stages)
        if not tried:
            return language.say("Too few deals on one side to compare the two")
        return language.say("Nothing shows that the two differ")
    if len(told) == 1:
        name = side_name(_ahead(result, told[0]), language)
        return language.say("From {stage} more go on: {side}", stage=stage(told[0].stage, language), side=name)
    return language.count("The two differ in {n} stage", "The two differ in {n} stages", len(told))


def comparison_measure(result: Comparison, language: Language) -> str:
    first, second = (side_name(side, language) for side in result.sides)
    return language.say(
        "Share that goes on from each stage, over the time both were followed. Ring: {first} · dot: {second} · line: 95%.",
        first=first,
        second=second,
    )


def comparison_sentence(result: Comparison, language: Language) -> str:
    told = _told(result)
    if told:
        return " ".join(_said(result, row, language) for row in told)
    compared = [row for row in result.stages if row.difference and row.verdict != TOO_FEW_WORDS]
    if not compared:
        return language.say("At least ten deals on each side must have entered a stage before it can be compared.")
    largest = max(compared, key=lambda row: abs(row.difference.value) if row.difference else 0.0)
    return language.say(
        "The largest difference, {points} points in {stage}{span}, is what chance makes among so many deals.",
        points=language.points(largest.difference.value) if largest.difference else "",
        stage=stage(largest.stage, language),
        span=_bracket(largest.difference, language),
    )


def _said(result: Comparison, row: StageBeside, language: Language) -> str:
    first, second = row.shares
    return language.say(
        "Of 100 deals that enter {stage}, {b} go on with {second} and {a} with {first}: {points} points{span}.",
        stage=stage(row.stage, language),
        a=language.per_hundred(first.share) if first else "–",
        b=language.per_hundred(second.share) if second else "–",
        first=side_name(result.sides[0], language),
        second=side_name(result.sides[1], language),
        points=language.points(row.difference.value) if row.difference else "–",
        span=_bracket(row.difference, language),
    )


def _bracket(found: Difference | None, language: Language) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return f" ({language.points_span(found.low, found.high)})"


def _told(result: Comparison) -> list[StageBeside]:
    return [row for row in result.stages if row.verdict in (HIGHER, LOWER)]


def _ahead(result: Comparison, row: StageBeside) -> Side:
    return result.sides[1 if row.verdict == HIGHER else 0]


def difference_words(row: StageBeside, language: Language) -> str:
    """The difference with its interval, in points."""
    if row.difference is None:
        return "–"
    return language.points(row.difference.value) + _bracket(row.difference, language)


def beside_verdict(row: StageBeside, language: Language) -> str:
    return verdict(row.verdict, language)


def beside_mark(row: StageBeside, side: Side, place: int, language: Language) -> str:
    """One dot, standing alone: "Quoted, North: 62% (55–69) of 181 deals go on"."""
    share: Share | None = row.shares[place]
    return language.say(
        "{stage}, {side}: {share} of {deals} go on",
        stage=stage(row.stage, language),
        side=side_name(side, language),
        share=language.share(share, 1),
        deals=language.deals(row.entered[place]),
    )
