"""Were we right before? What each past forecast said, as a bar, and what then came, as a dot."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.backtest import Past, Spread
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.question import DAY
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, text_width
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

PITCH, TOP = 24, 8


def past_forecasts(
    result: Forecast | NotRecorded, language: Language, link: Link | None = None
) -> Figure | NotRecorded:
    """The 80 % intervals of past periods, oldest first, of the value, else of the number won; each dot leads to what was won."""
    if isinstance(result, NotRecorded):
        return result
    if not result.backtest.periods:
        return NotRecorded("no past period can be judged yet")
    return Figure(
        title=words.past_title(result.backtest, language),
        measure=words.past_measure(result, language),
        sentence=words.held_sentence(result.backtest, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result.backtest.periods, language, link, width),
    )


def _shown(one: Past) -> tuple[Spread, float, bool]:
    """What was said, what came, and whether that is money."""
    if one.value is None or one.value_came is None:
        return one.wins, one.came, False
    return one.value, one.value_came, True


def _filters(one: Past) -> Filters:
    # A forecast is of deals whose opening is known; a day nobody knows matches no condition.
    days = {"closed_from": str(one.as_of + DAY), "closed_to": str(one.until), "created_to": str(one.until)}
    return {"outcome": "won", **days}


def _draw(periods: tuple[Past, ...], language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    told = [_shown(one) for one in periods]
    most = [edge for said, came, _ in told for edge in (said.p90, came)]
    figures = ["" if phone else words.said_and_came(*one, language) for one in told]
    beside = max(text_width(text, SMALL) for text in figures)
    # The last number of the scale stands half beside it.
    left, right = (118, width - 30) if phone else (176, width - beside - 16)
    scale = around([0.0, 1.0, *most], left, right, 3 if phone else 5)
    bottom = TOP + PITCH * len(periods)
    canvas = Canvas(width, bottom + 26)
    valued = told[0][2]
    for value in ticks(scale, 3 if phone else 5):
        if not valued and value != round(value):
            continue  # there is no half a deal
        canvas.rule((scale.x(value), TOP), (scale.x(value), bottom), "line")
        text = language.tick_money(value) if valued else language.number(value)
        canvas.text(scale.x(value), bottom + 14, text, size=SMALL, color="muted", align="center")
    for n, one in enumerate(periods):
        _row(canvas, scale, TOP + PITCH * (n + 0.5), one, language, link, phone)
        if not phone:
            canvas.text(width, TOP + PITCH * (n + 0.5), figures[n], size=SMALL, color="muted", align="right")
    return canvas


def _row(canvas: Canvas, scale: Scale, y: float, one: Past, language: Language, link: Link | None, phone: bool) -> None:
    said, came, valued = _shown(one)
    canvas.text(0, y, words.past_days(one, language, short=phone), size=SMALL if phone else 12)
    canvas.rect((scale.x(said.p10), y - 5), (max(scale.x(said.p90), scale.x(said.p10) + 1), y + 5), "accent", 0.28)
    canvas.rule((scale.x(said.p50), y - 5), (scale.x(said.p50), y + 5), "accent", 1.6)
    held = said.p10 <= came <= said.p90
    label = words.past_mark(one, said, came, valued, language)
    place = (scale.x(came), y)
    canvas.dot(place, "text", 44, hollow=not held, href=link_to(link, _filters(one)), label=label)


def _table(result: Forecast, language: Language, link: Link | None) -> Table:
    say, periods = language.say, result.backtest.periods
    valued = _shown(periods[0])[2]
    value = (say("Value said (80%)"), say("Value that came"), say("Held"))
    headers = (say("Days"), *(value if valued else ()), say("Wins said (80%)"), say("Wins that came"), say("Held"))
    rows = tuple(_cells(one, language) for one in periods)
    return Table(headers, rows, tuple(link(_filters(one)) if link else None for one in periods))


def _cells(one: Past, language: Language) -> tuple[str, ...]:
    shown = [(one.wins, float(one.came), False)]
    if _shown(one)[2]:
        shown.insert(0, _shown(one))
    cells = [words.past_days(one, language)]
    for said, came, valued in shown:
        span = words.said_span(said, valued, language)
        held = language.say("yes") if said.p10 <= came <= said.p90 else language.say("no")
        cells += [span, words.amount(came, valued, language), held]
    return tuple(cells)
