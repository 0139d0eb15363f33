"""Did we win less, or get other deals? Steps from one period's win rate to the next: the mix, then each rate."""

from __future__ import annotations

from dataclasses import dataclass

from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.mix_or_rate import MixOrRate, Points
from vunnet.analysis.question import DAY, Period
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG, WIDE

PITCH = {"wide": 33, "phone": 36}
TOP = 24


@dataclass(frozen=True)
class Step:
    """A row: the change, where it begins and ends on the way from one rate to the other."""

    name: str
    points: Points
    begin: float
    end: float
    head: str
    filters: Filters


def mix_or_rate(result: MixOrRate | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The steps of one decomposition."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.mix_title(result, language),
        measure=_measure(result, language),
        sentence=words.mix_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _steps(result: MixOrRate, language: Language) -> list[Step]:
    at = result.from_rate.rate or 0.0
    found = [Step(language.say("Mix"), result.mix, at, at + result.mix.change, language.say("Mix"), _both(result))]
    for n, part in enumerate(result.parts):
        begin = found[-1].end
        name = words.mix_part(result, part, language)
        filters = _both(result) if part.members > 1 else {result.by: part.value or ""} | _closed(result.later)
        head = language.say("Rate") if n == 0 else ""
        found.append(Step(name, part.points, begin, begin + part.points.change, head, filters))
    return found


def _closed(period: Period) -> Filters:
    """The deals closed in a period."""
    days = {"closed_from": period.first, "closed_to": period.last}
    return {"outcome": "closed"} | {name: str(day) for name, day in days.items() if day}


def _both(result: MixOrRate) -> Filters:
    """The deals of both periods; nothing where days lie between them, since a list has one pair of days."""
    earlier, later = result.earlier, result.later
    if earlier.last is None or later.first is None or earlier.last + DAY != later.first:
        return {}
    return _closed(Period(earlier.first, later.last))


def _reach(step: Step) -> tuple[float, float]:
    """Where the interval of the step's end lies."""
    spread = (step.points.low - step.points.change, step.points.high - step.points.change)
    return step.end + spread[0], step.end + spread[1]


def _scale(steps: list[Step], width: int) -> Scale:
    phone = width <= PHONE
    ends = [end for step in steps for end in (*_reach(step), step.begin, step.end)]
    return around(ends, 104 if phone else 176, width - (94 if phone else 150), 2 if phone else 5, bounds=(0.0, 1.0))


def _tick(value: float, language: Language) -> str:
    whole = abs(value * 100 - round(value * 100)) < 1e-6
    return language.percent(value, 0 if whole else 1) if value else "0"


def _measure(result: MixOrRate, language: Language) -> str:
    """What is drawn, and where the scale begins if not at 0."""
    said, low = words.mix_measure(result, language), _scale(_steps(result, language), WIDE).low
    return said if low == 0 else f"{said} {language.say('The scale begins at {low}.', low=_tick(low, language))}"


def _draw(result: MixOrRate, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    steps, pitch = _steps(result, language), PITCH["phone" if phone else "wide"]
    scale = _scale(steps, width)
    bottom = TOP + pitch * (len(steps) + 2)
    canvas = Canvas(width, bottom + 24)
    for value in ticks(scale, 2 if phone else 5):
        canvas.rect((scale.x(value) - 0.5, TOP - 6), (scale.x(value) + 0.5, bottom), "line")  # beneath the bars
        text = _tick(value, language)
        canvas.text(scale.x(value), bottom + 12, text, size=SMALL, color="muted", align="center")
    first, last = TOP + pitch / 2, TOP + pitch * (len(steps) + 1.5)
    _end(canvas, scale, first, (result.earlier, result.from_rate), language, link, width)
    before = first
    for n, step in enumerate(steps):
        y = TOP + pitch * (n + 1.5)
        canvas.rule((scale.x(step.begin), before), (scale.x(step.begin), y), "neutral")
        _step(canvas, scale, y, step, language, link, width)
        before = y
    canvas.rule((scale.x(steps[-1].end), before), (scale.x(steps[-1].end), last), "neutral")
    _end(canvas, scale, last, (result.later, result.to_rate), language, link, width)
    return canvas


def _end(
    canvas: Canvas, scale: Scale, y: float, what: tuple[Period, Rate], language: Language, link: Link | None, width: int
) -> None:
    period, rate = what
    name = words.period(period, language)
    canvas.text(0, y, fitted(name, scale.left - 6, STRONG, 600), size=STRONG, weight=600)
    label = words.member_mark(name, rate, language)
    canvas.dot((scale.x(rate.rate or 0), y), "accent", 80, href=link_to(link, _closed(period)), label=label)
    closed = language.say("n = {n}", n=language.number(rate.closed))
    _figures(canvas, y, (language.percent(rate.rate or 0, 1), closed), width)


def _step(
    canvas: Canvas, scale: Scale, y: float, step: Step, language: Language, link: Link | None, width: int
) -> None:
    phone = width <= PHONE
    color = "neutral" if not step.points.evidence else "won" if step.points.change > 0 else "lost"
    is_mix = step.name == step.head
    if step.head and (is_mix or not phone):
        canvas.text(0, y, step.head, size=STRONG, weight=600)
    if not is_mix:
        left = 8 if phone else 70
        canvas.text(left, y, fitted(step.name, scale.left - left - 4))
    ends = sorted((scale.x(step.begin), scale.x(step.end)))
    label = words.mix_mark(step.name, step.points, language)
    shown = (ends[0], max(ends[1], ends[0] + 1))
    canvas.rect(
        (shown[0], y - 8),
        (shown[1], y + 8),
        color,
        href=link_to(link, step.filters) if step.filters else None,
        label=label,
    )
    low, high = _reach(step)
    canvas.rule((scale.x(max(low, scale.low)), y), (scale.x(min(high, scale.high)), y), "text", 1.2, opacity=0.75)
    span = language.points_span(step.points.low, step.points.high)
    _figures(canvas, y, (language.points(step.points.change), span), width)


def _figures(canvas: Canvas, y: float, figures: tuple[str, str], width: int) -> None:
    """The figure and what stands beside it; on a phone under it."""
    if width <= PHONE:
        canvas.text(width, y - 6, figures[0], weight=600, align="right")
        canvas.text(width, y + 9, figures[1], size=SMALL, color="muted", align="right")
        return
    canvas.text(width - 84, y, figures[0], weight=600, align="right")
    canvas.text(width, y, figures[1], size=SMALL, color="muted", align="right")


def _table(result: MixOrRate, language: Language, link: Link | None) -> Table:
    say = language.say
    headers = (say("Step"), say("Points"), say("95% interval"))
    ends = [
        (
            words.period(when, language),
            language.percent(rate.rate or 0, 1),
            say("n = {n}", n=language.number(rate.closed)),
        )
        for when, rate in ((result.earlier, result.from_rate), (result.later, result.to_rate))
    ]
    steps = _steps(result, language)
    middle = [
        (step.name, language.points(step.points.change), language.points_span(step.points.low, step.points.high))
        for step in steps
    ]
    links = [link(step.filters) if link and step.filters else None for step in steps]
    first, last = (link(_closed(period)) if link else None for period in (result.earlier, result.later))
    return Table(headers, (ends[0], *middle, ends[1]), (first, *links, last))
