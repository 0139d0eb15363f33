"""How many, and which, come how far; where do they leave, how long do they stay? Centred bars that narrow."""

from __future__ import annotations

from dataclasses import dataclass

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.bands import Band
from vunnet.analysis.funnel import Funnel, StageFlow
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted, text_width
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import ON, PHONE, SERIES, SMALL, STRONG, WON_STEPS

ROOM_FOR_A_NUMBER = 34
GAP = 1.5
WIDE_PITCH, WIDE_BAR = 58, 32
PHONE_PITCH, PHONE_BAR = 74, 26
KEY = 20  # The tint's square, and the blanks beside its words.


@dataclass(frozen=True)
class Step:
    """One bar: name, deals, and its members in order; `flow` is None for the last room, won."""

    name: str
    deals: int
    members: tuple[tuple[str | None, int], ...]
    flow: StageFlow | None


def funnel(
    result: Funnel | NotRecorded, language: Language, link: Link | None = None, sizes: tuple[Band, ...] = ()
) -> Figure | NotRecorded:
    """The funnel of one pipeline. `sizes`: the bands of a split by size."""
    if isinstance(result, NotRecorded):
        return result
    steps = _steps(result, language)
    return Figure(
        title=words.funnel_title(result, language),
        measure=words.funnel_measure(result, language),
        sentence=words.funnel_sentence(result, language),
        table=_table(result, language, link, sizes),
        draw=lambda width: _draw(result, steps, language, link, sizes, width),
    )


def _steps(result: Funnel, language: Language) -> tuple[Step, ...]:
    rows = [
        Step(words.stage(s.stage, language), s.entered, tuple(s.by.items()) or ((None, s.entered),), s)
        for s in result.stages
    ]
    won = tuple(result.won_by.items()) or ((None, result.won),)
    return (*rows, Step(words.outcome("won", language), result.won, won, None))


def _filters(result: Funnel, step: Step, member: str | None) -> Filters:
    found: Filters = {"entered": step.flow.stage} if step.flow else {"outcome": "won"}
    if result.pipeline is not None:
        found["pipeline"] = result.pipeline
    if result.split and result.members and member != "other":
        found[result.split] = member or ""
    return found


def _draw(
    result: Funnel, steps: tuple[Step, ...], language: Language, link: Link | None, sizes: tuple[Band, ...], width: int
) -> Canvas:
    phone = width <= PHONE
    pitch, height = (PHONE_PITCH, PHONE_BAR) if phone else (WIDE_PITCH, WIDE_BAR)
    top = 46 if phone else 44
    canvas = Canvas(width, top + pitch * (len(steps) - 1) + height + 4)
    left, right = (0, width) if phone else (150, 448)
    most = max((step.deals for step in steps), default=0) or 1
    spans = [_span(step.deals / most, left, right) for step in steps]
    for n, step in enumerate(steps):
        y = top + n * pitch
        if n + 1 < len(steps):
            canvas.flow((y + height, *spans[n]), (y + pitch, *spans[n + 1]), "band")
        _bar(canvas, result, step, (y, y + height), spans[n], language, link, sizes)
        (_phone_words if phone else _wide_words)(canvas, step, y, language, width)
    _heads(canvas, result, spans[0], top, language, sizes, phone)
    return canvas


def _span(share: float, left: float, right: float) -> tuple[float, float]:
    middle, half = (left + right) / 2, max(share * (right - left), 2) / 2
    return middle - half, middle + half


def _bar(
    canvas: Canvas,
    result: Funnel,
    step: Step,
    rows: tuple[float, float],
    span: tuple[float, float],
    language: Language,
    link: Link | None,
    sizes: tuple[Band, ...],
) -> None:
    x, whole = span[0], span[1] - span[0]
    for place, (member, deals) in enumerate(step.members):
        wide = whole * deals / step.deals if step.deals else whole
        color, opacity = ("won", WON_STEPS[min(place, 3)]) if step.flow is None else (SERIES[min(place, 3)], 1.0)
        end = x + wide - (GAP if place + 1 < len(step.members) and wide > 3 * GAP else 0)
        if wide > 0:
            label = words.funnel_mark(step.name, words.member(result.split, member, language, sizes), deals, language)
            href = link_to(link, _filters(result, step, member))
            canvas.rect((x, rows[0]), (end, rows[1]), color, opacity, href=href, label=label)
        if wide >= ROOM_FOR_A_NUMBER and len(step.members) > 1:
            ink = _ink(color, opacity)
            canvas.text(
                (x + end) / 2, (rows[0] + rows[1]) / 2, language.number(deals), size=SMALL, color=ink, align="center"
            )
        x += wide


def _ink(color: str, opacity: float) -> str:
    if color == "won":
        return "on-d1" if opacity == 1.0 else "text"
    return ON[color]


def _heads(
    canvas: Canvas,
    result: Funnel,
    span: tuple[float, float],
    top: float,
    language: Language,
    sizes: tuple[Band, ...],
    phone: bool,
) -> None:
    """What the columns and the tints are."""
    if not phone:
        canvas.text(0, 24, language.say("Stage, deals entered"), size=SMALL, color="muted")
        canvas.text(466, 24, language.say("Go on (95%)"), size=SMALL, color="muted")
        # Thin blanks: the words are as wide as their column.
        heads = language.say("Lost · cancelled · open").replace(" · ", "\u2009·\u2009")
        canvas.text(574, 24, heads, size=SMALL, color="muted")
        canvas.text(720, 24, language.say("Stay"), size=SMALL, color="muted", align="right")
    names = [words.member(result.split, member, language, sizes) for member in result.members]
    if not names:
        return
    x, width = (0.0, 340.0) if phone else (128.0, 332.0)
    for place, (name, room) in enumerate(zip(names, _rooms(names, width), strict=True)):
        canvas.rect((x, (6 if phone else 20)), (x + 9, (15 if phone else 29)), SERIES[min(place, 3)])
        canvas.text(x + 13, 11 if phone else 24, fitted(name, room - KEY, SMALL), size=SMALL, color="muted")
        x += room


def _rooms(names: list[str], width: float) -> list[float]:
    """How wide each key of the tints may be: as wide as its words, and where that is too much, the longest give way."""
    rooms = [KEY + text_width(name, SMALL) for name in names]
    left = width
    for place, n in enumerate(sorted(range(len(rooms)), key=rooms.__getitem__)):
        rooms[n] = min(rooms[n], left / (len(rooms) - place))
        left -= rooms[n]
    return rooms


def _wide_words(canvas: Canvas, step: Step, y: float, language: Language, width: int) -> None:
    canvas.text(
        0, y + 9, fitted(step.name, 140, STRONG, 600), size=STRONG, weight=600, color="text" if step.flow else "won"
    )
    canvas.text(0, y + 25, language.number(step.deals))
    if step.flow is None:
        return
    between = y + (WIDE_BAR + WIDE_PITCH) / 2
    share = step.flow.conversion
    canvas.text(466, between, _percent(share, language), size=STRONG, weight=600)
    if share:
        canvas.text(513, between, language.span(share.low, share.high, 1), size=SMALL, color="muted")
    numbers = (step.flow.lost, step.flow.cancelled, step.flow.open + step.flow.moved_back)
    # Thin blanks, as in the head; where even so there is no room beside the stay, thousands.
    left = "\u2009·\u2009".join(language.number(n) for n in numbers)
    if text_width(left, SMALL) > 145:
        left = "\u2009·\u2009".join(language.short_money(n) for n in numbers)
    canvas.text(574, between, left, size=SMALL)
    canvas.text(width, between, language.days(step.flow.median_days), size=SMALL, align="right")


def _phone_words(canvas: Canvas, step: Step, y: float, language: Language, width: int) -> None:
    canvas.text(
        0, y - 8, fitted(step.name, 250, STRONG, 600), size=STRONG, weight=600, color="text" if step.flow else "won"
    )
    canvas.text(width, y - 8, language.number(step.deals), size=STRONG, weight=600, align="right")
    if step.flow is None:
        return
    below = y + PHONE_BAR + 14
    share = step.flow.conversion
    canvas.text(0, below, f"↓ {_percent(share, language)}", weight=600)
    canvas.text(62, below, language.span(share.low, share.high, 1) if share else "", size=SMALL, color="muted")
    lost = language.say("lost {n}", n=language.number(step.flow.lost))
    canvas.text(
        width, below, f"{lost} · {language.days(step.flow.median_days)}", size=SMALL, color="muted", align="right"
    )


def _percent(share: Share | None, language: Language) -> str:
    return language.percent(share.share, 1) if share else "–"


def _table(result: Funnel, language: Language, link: Link | None, sizes: tuple[Band, ...]) -> Table:
    members = [words.member(result.split, member, language, sizes) for member in result.members]
    say = language.say
    headers = (
        say("Stage"), say("Entered"), *members, say("Advanced"), say("Won"), say("Lost"), say("Cancelled"),
        say("Moved back"), say("Open"), say("Go on (95%)"), say("Typical stay"), say("Skipped"), say("Came back"),
    )  # fmt: skip
    rows = tuple(_row(flow, language) for flow in result.stages)
    pipeline = {} if result.pipeline is None else {"pipeline": result.pipeline}
    return Table(headers, rows, tuple(_own(link, {"entered": flow.stage} | pipeline) for flow in result.stages))


def _own(link: Link | None, filters: Filters) -> str | None:
    return link(filters) if link else None


def _row(flow: StageFlow, language: Language) -> tuple[str, ...]:
    parts = (flow.advanced, flow.won, flow.lost, flow.cancelled, flow.moved_back, flow.open)
    return (
        words.stage(flow.stage, language),
        language.number(flow.entered),
        *(language.number(n) for n in flow.by.values()),
        *(language.number(n) for n in parts),
        language.share(flow.conversion, 1) if flow.conversion else "–",
        language.days(flow.median_days),
        language.number(flow.skipped),
        language.number(flow.re_entered),
    )
