"""What would come back, in sentences: as many as the lower end of the interval bears, and no more."""

from __future__ import annotations

from vunnet.analysis.leaks import LEAKS, Leak, Leaks
from vunnet.charts.language import Language
from vunnet.charts.words.terms import member, stage


def leak_name(row: Leak, language: Language, *, several: bool = False) -> str:
    """The stage, before it the pipeline where there are several, and the member of a segment."""
    name = stage(row.stage, language)
    name = f"{row.pipeline}: {name}" if several and row.pipeline else name
    return f"{name}, {member(row.by, row.value, language)}" if row.by else name


def _leaking(result: Leaks) -> list[Leak]:
    """The stages that leak; a member of a segment only where no whole stage does."""
    told = [row for row in result.rows if row.verdict == LEAKS]
    return [row for row in told if row.by is None] or told


def leaks_title(result: Leaks, language: Language) -> str:
    told = _leaking(result)
    if not told:
        return language.say("No stage shows a leak")
    first = told[0]
    values = {
        "stage": leak_name(first, language),
        "low": language.number(round(first.extra_wins.low)),
        "high": language.number(round(first.extra_wins.high)),
    }
    if len(told) == 1:
        return language.say("Only {stage} shows a leak: {low} to {high} wins a year", **values)
    return language.say("{stage} and {n} more show leaks", stage=values["stage"], n=len(told) - 1)


def leaks_measure(language: Language) -> str:
    return language.say(
        "Extra wins a year if each stage held its own better quarters; bar = 95% interval, ranked by its lower end."
    )


def leaks_sentence(result: Leaks, language: Language) -> str:
    told = _leaking(result)
    said = [_told(row, result, language) for row in told[:3]]
    if not told:
        said = [language.say("The quarters of each stage differ as chance makes them; nothing points to a leak.")]
    elif len(told) < sum(row.by is None for row in result.rows):
        said.append(language.say("In the other stages nothing points to a leak."))
    return " ".join(said)


def _told(row: Leak, result: Leaks, language: Language) -> str:
    values = {
        "stage": leak_name(row, language),
        "n": language.number(round(row.extra_wins.value)),
        "span": leak_span(row, language),
        "now": language.percent(row.now, 1),
        "better": language.percent(row.better, 1),
    }
    said = language.say(
        "If {stage} held its better quarters ({better} go on rather than {now}), {n} more a year would be won ({span}).",
        **values,
    )
    if row.extra_value:
        said += " " + language.say(
            "That is about {value}.", value=language.money(row.extra_value.value, result.currency)
        )
    return said


def leak_span(row: Leak, language: Language) -> str:
    return f"{language.number(round(row.extra_wins.low))}–{language.number(round(row.extra_wins.high))}"


def leak_mark(row: Leak, language: Language) -> str:
    figure = language.signed(round(row.extra_wins.value))
    return language.say(
        "{stage}: {n} wins a year ({span})", stage=leak_name(row, language), n=figure, span=leak_span(row, language)
    )


def at_most(row: Leak, language: Language) -> str:
    return language.say("at most {n}", n=language.number(round(row.extra_wins.high)))


def fell_away(row: Leak, language: Language) -> str:
    return language.count("{n} fell away", "{n} fell away", row.lost)
