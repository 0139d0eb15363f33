"""Sales velocity in words: the formula's figure and its four parts, and what was truly won beside it."""

from __future__ import annotations

from vunnet.analysis.velocity import Velocity
from vunnet.charts.language import Language


def velocity_title(result: Velocity, language: Language) -> str:
    return language.say(
        "Sales velocity: {amount} a day by the formula", amount=language.money(result.per_day, result.currency)
    )


def velocity_measure(language: Language) -> str:
    return language.say("Worked deals × win rate × mean won value / mean days to win.")


def velocity_parts(result: Velocity, language: Language) -> tuple[tuple[str, str], ...]:
    """What each part is called, and its figure."""
    say, rate = language.say, result.win_rate
    return (
        (say("Worked deals: open on an average day"), language.number(round(result.deals))),
        (say("Win rate"), f"{language.percent(rate.rate or 0, 1)} ({language.span(rate.low, rate.high, 1)})"),
        (say("Mean won value"), language.money(result.mean_value, result.currency)),
        (say("Mean days to win"), language.number(result.mean_days, 1)),
        (say("A day by the formula (95%)"), f"{language.short_money(result.per_day)} ({_span(result, language)})"),
        (say("Truly won a day"), language.short_money(result.won_per_day)),
    )


def velocity_sentence(result: Velocity, language: Language) -> str:
    said = language.say(
        "The formula's figure is {speed} a day ({span}); truly won was {won} a day in the {days} looked at.",
        speed=language.short_money(result.per_day),
        span=_span(result, language),
        won=language.short_money(result.won_per_day),
        days=language.long_days(result.days),
    )
    if not result.low <= result.won_per_day <= result.high:
        said += " " + language.say(
            "The two need not agree: the formula counts neither cancelled deals nor how long lost ones stay open."
        )
    return said


def _span(result: Velocity, language: Language) -> str:
    return f"{language.short_money(result.low)}–{language.short_money(result.high)}"
