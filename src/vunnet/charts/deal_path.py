"""Is this deal slow, and where? Each stay a bar that begins where the last one ended, before what others took."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.deal_path import NINE_IN_TEN, DealPath, PathStay
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import LABEL, PHONE, SMALL

PITCH, TOP, BAR, BACK = 30, 16, 3, 8
MOST_STAYS = 24
ENDS = {"won": "won", "lost": "lost", "cancelled": "neutral"}


def deal_path(result: DealPath | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The stays of one deal, the last two dozen of them."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.path_title(result, language),
        measure=words.path_measure(language),
        sentence=words.path_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _draw(result: DealPath, language: Language, link: Link | None, width: int) -> Canvas:
    phone, shown = width <= PHONE, result.stays[-MOST_STAYS:]
    left, right = (124, width - 62) if phone else (126, width - 190)
    most = max((stay.begun + max(stay.days, _reach(stay)) for stay in shown), default=1.0)
    first = shown[0].begun if shown else 0.0
    scale = around([first, max(most, first + 0.01)], left, right, 3 if phone else 5)
    bottom = TOP + PITCH * max(1, len(shown))
    canvas = Canvas(width, bottom + 26)
    canvas.rule((left, bottom), (right, bottom), "neutral")
    marks = ticks(scale, 3 if phone else 5)
    for place, value in enumerate(marks):
        last = place == len(marks) - 1
        unit = (
            language.say("{n} d" if phone else "{n} days", n=language.number(value)) if last else language.number(value)
        )
        canvas.rule((scale.x(value), bottom), (scale.x(value), bottom + 4), "neutral")
        canvas.text(scale.x(value), bottom + 15, unit, size=SMALL, color="muted", align="right" if last else "center")
    for n, stay in enumerate(shown):
        y = TOP + PITCH * n
        if n + 1 < len(shown):
            end = scale.x(shown[n + 1].begun)
            canvas.rule((end, y), (end, y + PITCH), "neutral")
        _row(canvas, scale, y, result, stay, language, link, width)
    if shown and result.outcome in ENDS:
        at = (scale.x(min(shown[-1].begun + shown[-1].days, scale.high)), TOP + PITCH * (len(shown) - 1))
        canvas.dot(at, ENDS[result.outcome], 80, label=words.path_title(result, language))
    return canvas


def _reach(stay: PathStay) -> float:
    return stay.typical.nine_tenths if stay.typical else 0.0


def _row(
    canvas: Canvas,
    scale: Scale,
    y: float,
    result: DealPath,
    stay: PathStay,
    language: Language,
    link: Link | None,
    width: int,
) -> None:
    phone, slow = width <= PHONE, stay.verdict == NINE_IN_TEN
    canvas.text(0, y, fitted(words.stage(stay.stage, language), 116, LABEL))
    if stay.typical:
        _others(canvas, scale, y, stay)
    begin, end = scale.x(stay.begun), scale.x(stay.begun + stay.days)
    filters: Filters = {"entered": stay.stage} | ({"pipeline": result.pipeline} if result.pipeline else {})
    if result.is_end(stay):
        return
    label = words.path_mark(stay, language)
    color = "warn" if slow else "accent"
    canvas.rect((begin, y - BAR), (max(end, begin + 1.5), y + BAR), color, href=link_to(link, filters), label=label)
    days = language.days(stay.days)
    canvas.text(width if phone else width - 130, y, days, weight=600, align="right")
    if not phone:
        canvas.text(width - 120, y, words.path_verdict(stay, language), size=SMALL, color="muted")


def _others(canvas: Canvas, scale: Scale, y: float, stay: PathStay) -> None:
    """Nine in ten, half, and the middle of the deals that went on."""
    if stay.typical is None:
        return
    at, found = stay.begun, stay.typical
    canvas.rect((scale.x(at), y - BACK), (scale.x(at + found.nine_tenths), y + BACK), "neutral", 0.16)
    canvas.rect(
        (scale.x(at + found.quarter), y - BACK), (scale.x(at + found.three_quarters), y + BACK), "neutral", 0.22
    )
    canvas.rule((scale.x(at + found.middle), y - BACK), (scale.x(at + found.middle), y + BACK), "neutral", 1.6)


def _table(result: DealPath, language: Language, link: Link | None) -> Table:
    say = language.say
    headers = (
        say("Stage"),
        say("Stay"),
        say("Half took"),
        say("Nine in ten took at most"),
        say("Deals"),
        say("Verdict"),
    )
    rows = tuple(_cells(result, stay, language) for stay in result.stays)
    of = {"pipeline": result.pipeline} if result.pipeline else {}
    return Table(headers, rows, tuple(link({"entered": s.stage} | of) if link else None for s in result.stays))


def _cells(result: DealPath, stay: PathStay, language: Language) -> tuple[str, ...]:
    if result.is_end(stay):
        return (words.stage(stay.stage, language), *("–",) * 5)
    found = stay.typical
    half = f"{language.days(found.quarter)} – {language.days(found.three_quarters)}" if found else "–"
    return (
        words.stage(stay.stage, language),
        language.days(stay.days),
        half,
        language.days(found.nine_tenths) if found else "–",
        language.number(found.deals) if found else "–",
        words.path_verdict(stay, language),
    )
