"""What would come back? A pale bar for the interval, a dot for the estimate, ranked by the lower end."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.leaks import LEAKS, Leak, Leaks
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG

MOST_ROWS = 12
PITCH = {"wide": 44, "phone": 52}
TOP = 12


def leaks(result: Leaks | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The stages; members of a segment only where they show a leak, the table holds all."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.leaks_title(result, language),
        measure=words.leaks_measure(language),
        sentence=words.leaks_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _several(result: Leaks) -> bool:
    return len({row.pipeline for row in result.rows}) > 1


def _filters(row: Leak) -> Filters:
    found: Filters = {"stage": row.stage, "outcome": "lost"}
    found |= {"pipeline": row.pipeline} if row.pipeline else {}
    return found | ({row.by: row.value or ""} if row.by else {})


def _draw(result: Leaks, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    rows = [row for row in result.rows if row.by is None or row.verdict == LEAKS][:MOST_ROWS]
    pitch = PITCH["phone" if phone else "wide"]
    left, right = (8, width - 96) if phone else (160, width - 150)
    scale = around([0.0, *(row.extra_wins.high for row in rows)], left, right, 3 if phone else 5)
    bottom = TOP + pitch * max(1, len(rows))
    canvas = Canvas(width, bottom + 26)
    for value in ticks(scale, 3 if phone else 5):
        top = TOP if not phone or value == 0 else TOP + 24
        canvas.rule((scale.x(value), top), (scale.x(value), bottom), "text" if value == 0 else "line")
        text = language.number(value, 0 if value == int(value) else 1)
        canvas.text(scale.x(value), bottom + 14, text, size=SMALL, color="muted", align="center")
    for n, row in enumerate(rows):
        _row(canvas, scale, TOP + pitch * n, row, _several(result), language, link, width)
    return canvas


def _row(
    canvas: Canvas,
    scale: Scale,
    top: float,
    row: Leak,
    several: bool,
    language: Language,
    link: Link | None,
    width: int,
) -> None:
    phone, leaking = width <= PHONE, row.verdict == LEAKS
    y, color = top + (38 if phone else 22), "accent" if leaking else "neutral"
    name, fell = words.leak_name(row, language, several=several), words.fell_away(row, language)
    if phone:
        canvas.text(16, top + 16, fitted(f"{name} · {fell}", width - 112, SMALL, 600), size=SMALL, weight=600)
    else:
        canvas.text(0, y - 7, fitted(name, scale.left - 12, STRONG, 600), size=STRONG, weight=600)
        canvas.text(0, y + 8, fell, size=SMALL, color="muted")
    low, high = scale.x(row.extra_wins.low), scale.x(row.extra_wins.high)
    canvas.rect((low, y - 5), (max(high, low + 1), y + 5), color, 0.28)
    href = link_to(link, _filters(row))
    canvas.dot((scale.x(row.extra_wins.value), y), color, 70, href=href, label=words.leak_mark(row, language))
    at = width if phone else scale.right + 24
    align, first = ("right", top + 16) if phone else ("left", y - 7)
    if not leaking:
        canvas.text(at, first, language.say("no evidence"), weight=600, color="muted", align=align)
        canvas.text(at, first + 15, words.at_most(row, language), size=SMALL, color="muted", align=align)
        return
    value = f" · {language.short_money(row.extra_value.value)}" if row.extra_value else ""
    figure = language.signed(round(row.extra_wins.value))
    canvas.text(at, first, figure, weight=600, color="accent", align=align)
    canvas.text(at, first + 15, words.leak_span(row, language) + value, size=SMALL, color="muted", align=align)


def _table(result: Leaks, language: Language, link: Link | None) -> Table:
    say, several = language.say, _several(result)
    headers = (
        say("Stage"),
        say("Fell away in a year"),
        say("Their value"),
        say("Days they had stood there"),
        say("Went on"),
        say("Better quarters"),
        say("Extra wins a year (95%)"),
        say("Verdict"),
    )
    rows = tuple(_cells(row, several, language) for row in result.rows)
    return Table(headers, rows, tuple(link(_filters(row)) if link else None for row in result.rows))


def _cells(row: Leak, several: bool, language: Language) -> tuple[str, ...]:
    wins = f"{language.number(round(row.extra_wins.value))} ({words.leak_span(row, language)})"
    return (
        words.leak_name(row, language, several=several),
        language.number(row.lost),
        "–" if row.lost_value is None else language.short_money(row.lost_value),
        language.number(round(row.lost_days)),
        language.percent(row.now, 1),
        language.percent(row.better, 1),
        wins,
        language.say("a leak") if row.verdict == LEAKS else language.say("no evidence"),
    )
