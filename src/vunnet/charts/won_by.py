"""What do we win, and does it differ? One row, two measures: value as a bar from 0, win rate as dot and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate
from vunnet.analysis.customers import CustomerStatus
from vunnet.analysis.evidence import HIGHER, LOWER
from vunnet.analysis.segments import Segment
from vunnet.analysis.won import Part, Won
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted, text_width
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale
from vunnet.charts.segment import COLORS, scale_of
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG

GROUPS = ("product", "size", "customer")
MOST_ROWS = 8
GROUP_HEAD = 34
PHONE_RATE = 150  # pixels for a rate with its interval and n
NOTHING = NotRecorded("no won deal has a product, an amount or a company")


@dataclass(frozen=True)
class Line:
    """One row: what was won, and how often (None: not told, as where lost deals carry no amount)."""

    name: str
    part: Part
    rate: Rate | None
    verdict: str
    starred: bool
    filters: Filters


@dataclass(frozen=True)
class Layout:
    """Where a row's parts stand: `left`, where bars begin; `bar`, the longest; `pitch`, a row's height; `lift`, how far a name stands
    above its bar on a phone, beside its rate.
    """

    left: float
    bar: float
    pitch: float
    lift: float = 0.0

    @classmethod
    def of(cls, names: list[str], phone: bool) -> Layout:
        if phone:
            return cls(0, 160, 42, 17)
        left = min(max(150.0, max(map(text_width, names), default=0.0) + 8), 216.0)
        return cls(left, 320 - left, 23)


def won_by(
    result: Won,
    segments: Mapping[str, Segment | NotRecorded],
    status: CustomerStatus | NotRecorded,
    language: Language,
    link: Link | None = None,
    groups: tuple[str, ...] = GROUPS,
) -> Figure | NotRecorded:
    """The won deals by product, size and customer (or the groups named), each with its win rate where it is known.

    The picture has the first of each group, the table all.
    """
    lines = {group: found for group in groups if (found := _lines(group, result, segments, status, language))}
    if not lines:
        return next((why for group in groups if isinstance(why := result.by.get(group), NotRecorded)), NOTHING)
    every = _everyone(segments)
    return Figure(
        title=words.won_title(result, language),
        measure=words.won_measure(
            result, language, is_rated=any(line.rate for rows in lines.values() for line in rows)
        ),
        sentence=words.won_sentence(result, segments, status, language),
        table=_table(lines, language, link),
        draw=lambda width: _draw(result, lines, every, language, link, width),
    )


def won_parts(
    result: Won,
    segments: Mapping[str, Segment | NotRecorded],
    status: CustomerStatus | NotRecorded,
    language: Language,
    groups: tuple[str, ...],
    link: Link | None = None,
) -> Figure | NotRecorded:
    """The same by further parts, named by them: the first picture says what all of them have in common."""
    found = won_by(result, segments, status, language, link, groups)
    if isinstance(found, NotRecorded):
        return found
    names = language.names(words.attribute(group, language).lower() for group in groups if result.by.get(group))
    said = words.parts_sentence(result, segments, groups, language)
    return replace(found, title=language.say("Won deals by {attributes}", attributes=names), sentence=said)


def _everyone(segments: Mapping[str, Segment | NotRecorded]) -> Rate | None:
    return next((one.everyone for one in segments.values() if isinstance(one, Segment)), None)


def _lines(
    group: str,
    result: Won,
    segments: Mapping[str, Segment | NotRecorded],
    status: CustomerStatus | NotRecorded,
    language: Language,
) -> tuple[Line, ...]:
    parts = result.by.get(group)
    if not isinstance(parts, tuple):
        return ()
    return tuple(_line(group, part, segments.get(group), status, language) for part in parts)


def _line(
    group: str,
    part: Part,
    segment: Segment | NotRecorded | None,
    status: CustomerStatus | NotRecorded,
    language: Language,
) -> Line:
    rate, verdict, starred = None, "", False
    if isinstance(segment, Segment):
        member = next((m for m in segment.members if m.value == part.value), None)
        rate, verdict = (member.rate, member.verdict) if member else (None, "")
    elif group == "customer" and isinstance(status, CustomerStatus):
        rate, starred = status.rates.get(part.value or ""), not status.compared
    name = words.part(group, part, language) + (" *" if starred else "")
    return Line(name, part, rate, verdict, starred, {group: part.value or "", "outcome": "won"})


def _draw(
    result: Won,
    lines: dict[str, tuple[Line, ...]],
    every: Rate | None,
    language: Language,
    link: Link | None,
    width: int,
) -> Canvas:
    phone = width <= PHONE
    every_line, lines = lines, {group: _drawn(group, rows) for group, rows in lines.items()}
    told = [line.rate for rows in lines.values() for line in rows if line.rate and line.rate.closed >= TOO_FEW]
    scale = scale_of([(r.low or 0, r.high or 1) for r in told], *((236, 336) if phone else (400, 552)))
    starred = any(line.starred for rows in lines.values() for line in rows)
    layout = Layout.of([line.name for rows in lines.values() for line in rows], phone)
    height = 36 + sum(GROUP_HEAD + layout.pitch * len(rows) for rows in lines.values())
    canvas = Canvas(width, height + 24 + (24 if starred else 0))
    if told:
        _grid(canvas, scale, _spans(lines, layout) if phone else [(34, height)], height, every, language, phone)
    _heads(canvas, result, language, layout, bool(told) and not phone)
    y = 40.0
    for group, rows in lines.items():
        canvas.text(0, y + 14, words.attribute(group, language), size=STRONG, weight=600, color="muted")
        if len(rows) < len(every_line[group]):
            text = language.say("{n} of {all}, the table has all", n=len(rows), all=len(every_line[group]))
            canvas.text(width, y + 14, text, size=SMALL, color="muted", align="right")
        y += GROUP_HEAD
        for line in rows:
            at = y + layout.lift
            _row(canvas, line, layout, _share(result, line, lines), scale, at, language, link, width)
            y += layout.pitch
    if starred:
        canvas.text(0, height + 36, words.young_records(language, short=phone), size=SMALL, color="muted")
    return canvas


def _heads(canvas: Canvas, result: Won, language: Language, layout: Layout, told: bool) -> None:
    measure = language.say("Value won") if not isinstance(result.value, NotRecorded) else language.say("Deals won")
    canvas.text(layout.left, 12, measure, size=SMALL, color="muted")
    if told:
        canvas.text(668, 12, language.say("Win rate, 95%"), size=SMALL, color="muted", align="right")
        canvas.text(720, 12, language.say("Closed").lower(), size=SMALL, color="muted", align="right")


def _drawn(group: str, rows: tuple[Line, ...]) -> tuple[Line, ...]:
    """The largest parts; of quarters the latest."""
    return rows[-MOST_ROWS:] if group == "quarter" else rows[:MOST_ROWS]


def _spans(lines: dict[str, tuple[Line, ...]], layout: Layout) -> list[tuple[float, float]]:
    """Where a phone's grid stands: beside the bars, not behind the rates that are written above them."""
    y, found = 40.0, []
    for rows in lines.values():
        y += GROUP_HEAD
        for line in rows:
            if line.rate and line.rate.closed >= TOO_FEW:
                found.append((y + layout.lift - 9, y + layout.lift + 9))
            y += layout.pitch
    return found


def _grid(
    canvas: Canvas,
    scale: Scale,
    spans: list[tuple[float, float]],
    bottom: float,
    every: Rate | None,
    language: Language,
    phone: bool,
) -> None:
    tens = round((scale.high - scale.low) * 10)
    step = max(1, -(-tens // (2 if phone else 4)))
    for n in range(0, tens + 1, step):
        x = scale.x(scale.low + n / 10)
        for begin, end in spans:
            canvas.rule((x, begin), (x, end), "line")
        canvas.text(
            x,
            bottom + 10,
            language.percent(scale.low + n / 10),
            size=SMALL,
            color="muted",
            align=_place(n, tens, phone),
        )
    if every and every.rate is not None:
        x = scale.x(every.rate)
        for begin, end in spans:
            canvas.rule((x, begin - (0 if phone else 10)), (x, end), "accent", 1.4)
        text = language.say("all {rate}", rate=language.percent(every.rate))
        canvas.text(x, 14, text, weight=600, color="accent", align="center")


def _place(tick: int, last: int, phone: bool) -> str:
    """The last label of a phone would leave the canvas if centred."""
    return "right" if phone and tick == last else "center"


def _share(result: Won, line: Line, lines: dict[str, tuple[Line, ...]]) -> float:
    """Of the largest bar."""
    by_amount = not isinstance(result.value, NotRecorded)
    sizes = [(other.part.amount if by_amount else other.part.count) or 0 for rows in lines.values() for other in rows]
    own = (line.part.amount if by_amount else line.part.count) or 0
    return own / (max(sizes, default=0) or 1)


def _row(
    canvas: Canvas,
    line: Line,
    layout: Layout,
    share: float,
    scale: Scale,
    y: float,
    language: Language,
    link: Link | None,
    width: int,
) -> None:
    phone, left, bar = width <= PHONE, layout.left, max(1.5, layout.bar * share)
    canvas.text(0, y - layout.lift, fitted(line.name, width - PHONE_RATE if phone else left - 8))
    label = words.won_mark(line.name, line.part, language)
    canvas.rect((left, y - 7), (left + bar, y + 7), "d1", href=link_to(link, line.filters), label=label)
    amount = line.part.amount
    value = language.short_money(amount) if amount is not None else language.number(line.part.count)
    canvas.text(left + bar + 6, y, value, size=SMALL)
    rate = line.rate
    if rate is None or rate.rate is None:
        return
    if rate.closed < TOO_FEW:
        few = words.rate(rate, language) if phone else language.say("too few to say")
        canvas.text(width if phone else 668, y - layout.lift, few, size=SMALL, color="muted", align="right")
        if not phone:
            canvas.text(width, y, language.number(rate.closed), size=SMALL, color="muted", align="right")
        return
    color = COLORS.get(line.verdict, "neutral") if line.verdict in (HIGHER, LOWER) else "neutral"
    canvas.rule((scale.x(rate.low or 0), y), (scale.x(rate.high or 1), y), color, 3, opacity=0.5)
    href = link_to(link, line.filters | {"outcome": "closed"})
    canvas.dot((scale.x(rate.rate), y), color, 44, href=href, label=words.member_mark(line.name, rate, language))
    if phone:
        said = language.say("{rate}, n = {n}", rate=words.rate(rate, language), n=language.number(rate.closed))
        canvas.text(width, y - layout.lift, said, size=SMALL, color="muted", align="right")
        return
    canvas.text(616, y, language.percent(rate.rate), weight=600, align="right")
    canvas.text(668, y, language.span(rate.low, rate.high), size=SMALL, color="muted", align="right")
    canvas.text(width, y, language.number(rate.closed), size=SMALL, color="muted", align="right")


def _table(lines: dict[str, tuple[Line, ...]], language: Language, link: Link | None) -> Table:
    say = language.say
    headers = (
        say("Won deals by"),
        say("Won"),
        say("Value"),
        say("Won of closed"),
        say("Win rate (95%)"),
        say("Verdict"),
    )
    rows, links = [], []
    for group, own in lines.items():
        for line in own:
            amount = "–" if line.part.amount is None else language.number(round(line.part.amount))
            shown = words.rate(line.rate, language, 1) if line.rate else say("not recorded")
            of = f"{language.number(line.rate.won)}/{language.number(line.rate.closed)}" if line.rate else "–"
            verdict = (
                say("not compared") if line.starred else words.verdict(line.verdict, language) if line.verdict else "–"
            )
            name = f"{words.attribute(group, language)}: {line.name}"
            rows.append((name, language.number(line.part.count), amount, of, shown, verdict))
            links.append(link(line.filters) if link else None)
    return Table(headers, tuple(rows), tuple(links))
