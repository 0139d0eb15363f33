"""Two funnels side by side: a ring and a dot a stage, each with its interval, and the difference in words."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.comparison import Comparison, StageBeside
from vunnet.analysis.evidence import HIGHER, LOWER
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG

PITCH = {"wide": 54, "phone": 76}
TOP = 34
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
OFFSETS = (-6, 6)
INK = ("d2", "d1")


def comparison(
    result: Comparison | NotRecorded, language: Language, links: tuple[Link, Link] | None = None
) -> Figure | NotRecorded:
    """One pipeline on both sides. `links`: where the marks of each side lead; a page has one for each, since each side
    has its own conditions."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.comparison_title(result, language),
        measure=words.comparison_measure(result, language),
        sentence=words.comparison_sentence(result, language),
        table=_table(result, language, links),
        draw=lambda width: _draw(result, language, links, width),
    )


def _filters(result: Comparison, row: StageBeside) -> Filters:
    found: Filters = {"entered": row.stage}
    return found if result.pipeline is None else found | {"pipeline": result.pipeline}


def _draw(result: Comparison, language: Language, links: tuple[Link, Link] | None, width: int) -> Canvas:
    phone = width <= PHONE
    pitch = PITCH["phone" if phone else "wide"]
    bottom = TOP + pitch * max(1, len(result.stages))
    canvas = Canvas(width, bottom + 24)
    scale = Scale(0.0, 1.0, 14, width - 16) if phone else Scale(0.0, 1.0, 190, width - 200)
    for tick in TICKS:
        for top in range(TOP, bottom, pitch) if phone else (TOP - 6,):  # on a phone the words stand between the lines
            ends = (top + 40, top + pitch - 8) if phone else (top, bottom)
            canvas.rule((scale.x(tick), ends[0]), (scale.x(tick), ends[1]), "line")
        label = language.percent(tick) if tick in (0.0, 0.5, 1.0) or not phone else ""
        canvas.text(scale.x(tick), bottom + 12, label, size=SMALL, color="muted", align="center")
    _heads(canvas, result, language, width)
    for n, row in enumerate(result.stages):
        _row(canvas, scale, TOP + n * pitch, result, row, language, links, width)
    return canvas


def _heads(canvas: Canvas, result: Comparison, language: Language, width: int) -> None:
    """Which mark is which side."""
    phone = width <= PHONE
    at, room = (0, width / 2) if phone else (190, 220)
    for place, side in enumerate(result.sides):
        x = at + place * room
        canvas.dot((x + 6, 12), INK[place], 44, hollow=place == 0)
        canvas.text(x + 18, 12, fitted(words.side_name(side, language), room - 24, SMALL), size=SMALL, color="muted")


def _row(
    canvas: Canvas,
    scale: Scale,
    top: float,
    result: Comparison,
    row: StageBeside,
    language: Language,
    links: tuple[Link, Link] | None,
    width: int,
) -> None:
    phone = width <= PHONE
    y = top + (52 if phone else 26)
    color = {HIGHER: "won", LOWER: "lost"}.get(row.verdict, "muted")
    name = words.stage(row.stage, language)
    entered = " · ".join(language.number(n) for n in row.entered)
    points, verdict = words.difference_words(row, language), words.beside_verdict(row, language)
    if phone:
        canvas.text(0, top + 12, fitted(name, 190, STRONG, 600), size=STRONG, weight=600)
        canvas.text(width, top + 12, entered, size=SMALL, color="muted", align="right")
        canvas.text(0, top + 28, points, size=SMALL, weight=600)
        canvas.text(width, top + 28, verdict, size=SMALL, color=color, align="right")
    else:
        canvas.text(0, y - 7, fitted(name, 176, STRONG, 600), size=STRONG, weight=600)
        canvas.text(0, y + 9, language.say("{n} entered", n=entered), size=SMALL, color="muted")
        canvas.text(width - 176, y - 7, points, weight=600)
        canvas.text(width - 176, y + 9, verdict, size=SMALL, color=color)
    for place in (0, 1):
        _side(canvas, scale, y + OFFSETS[place], result, row, place, language, links)


def _side(
    canvas: Canvas,
    scale: Scale,
    y: float,
    result: Comparison,
    row: StageBeside,
    place: int,
    language: Language,
    links: tuple[Link, Link] | None,
) -> None:
    share = row.shares[place]
    if share is None:
        return
    if share.low is not None and share.high is not None:
        canvas.rect((scale.x(share.low), y - 1.5), (scale.x(share.high), y + 1.5), INK[place], 0.55)
    href = link_to(links[place] if links else None, _filters(result, row))
    label = words.beside_mark(row, result.sides[place], place, language)
    canvas.dot((scale.x(share.share), y), INK[place], 52, hollow=place == 0, href=href, label=label)


def _table(result: Comparison, language: Language, links: tuple[Link, Link] | None) -> Table:
    say = language.say
    first, second = (words.side_name(side, language) for side in result.sides)
    headers = (
        say("Stage"),
        say("Entered: {side}", side=first),
        say("Entered: {side}", side=second),
        say("Go on: {side}", side=first),
        say("Go on: {side}", side=second),
        say("Within"),
        say("Difference, points (95%)"),
        say("Verdict"),
        say("Typical stay: {side}", side=first),
        say("Typical stay: {side}", side=second),
    )
    rows = tuple(_cells(row, language) for row in result.stages)
    return Table(headers, rows, tuple(links[1](_filters(result, row)) if links else None for row in result.stages))


def _cells(row: StageBeside, language: Language) -> tuple[str, ...]:
    return (
        words.stage(row.stage, language),
        *(language.number(n) for n in row.entered),
        *(language.share(share, 1) if share else "–" for share in row.shares),
        language.days(row.within_days),
        words.difference_words(row, language),
        words.beside_verdict(row, language),
        *(language.days(flow.median_days if flow else None) for flow in row.flows),
    )
