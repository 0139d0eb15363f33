"""Does anyone really win more often? A ring for the rate as it was, its interval, a diamond for the shrunk rate."""

from __future__ import annotations

from math import ceil, floor

from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.evidence import HIGHER, LOWER
from vunnet.analysis.segments import Member, Segment
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

MOST_ROWS = 40
PITCH = {"wide": 20, "phone": 26}
COLORS = {HIGHER: "won", LOWER: "lost"}


def segment(result: Segment | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The members of a segment that closed ten deals or more; the rest in one line."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.segment_title(result, language),
        measure=words.segment_measure(result, language),
        sentence=words.segment_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _told(result: Segment) -> list[Member]:
    return [m for m in result.members if m.value is not None and m.rate.closed >= TOO_FEW][:MOST_ROWS]


def scale_of(rates: list[tuple[float, float]], left: float, right: float) -> Scale:
    """A scale in tens of per cent around all intervals.

    >>> scale_of([(0.42, 0.71)], 0, 100).low, scale_of([(0.42, 0.71)], 0, 100).high
    (0.4, 0.8)
    """
    low = floor(min((low for low, _ in rates), default=0.0) * 10) / 10
    high = ceil(max((high for _, high in rates), default=1.0) * 10) / 10
    return Scale(low, max(high, low + 0.1), left, right)


def _draw(result: Segment, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    members, pitch = _told(result), PITCH["phone" if phone else "wide"]
    left = 116 if phone else 176
    scale = scale_of([(m.rate.low or 0, m.rate.high or 1) for m in members], left, width - (58 if phone else 150))
    top = 40
    bottom = top + pitch * len(members)
    few = words.too_few_line(result, language)
    canvas = Canvas(width, bottom + 30 + (24 if few else 0))
    _everyone(canvas, result, scale, (top - 8, bottom), language, phone)
    canvas.text(
        width - (0 if phone else 64),
        30 if phone else 14,
        language.say("won/closed"),
        size=SMALL,
        color="muted",
        align="right",
    )
    for n, member in enumerate(members):
        _member(canvas, result, member, scale, top + pitch * (n + 0.5), language, link, width)
    axis(canvas, scale, bottom, language)
    if few:
        canvas.text(0, bottom + 44, few, size=SMALL, color="muted")
    return canvas


def _everyone(
    canvas: Canvas, result: Segment, scale: Scale, rows: tuple[float, float], language: Language, phone: bool
) -> None:
    if result.everyone.rate is None:
        return
    x = min(max(scale.x(result.everyone.rate), scale.left), scale.right)
    canvas.rule((x, rows[0]), (x, rows[1]), "accent", 1.4)
    text = words.everyone(result, language, short=phone)
    canvas.text(x, rows[0] - (18 if phone else 16), text, weight=600, color="accent", align="center")


def axis(canvas: Canvas, scale: Scale, y: float, language: Language) -> None:
    """A line with ticks each ten per cent (or twenty, where crowded)."""
    canvas.rule((scale.left, y), (scale.right, y), "neutral")
    tens = round((scale.high - scale.low) * 10)
    step = 1 if (scale.right - scale.left) / max(tens, 1) >= 44 else 2
    for n in range(0, tens + 1, step):
        x = scale.x(scale.low + n / 10)
        canvas.rule((x, y), (x, y + 4), "neutral")
        canvas.text(x, y + 14, language.percent(scale.low + n / 10), size=SMALL, color="muted", align="center")


def _member(
    canvas: Canvas,
    result: Segment,
    member: Member,
    scale: Scale,
    y: float,
    language: Language,
    link: Link | None,
    width: int,
) -> None:
    phone, color = width <= PHONE, COLORS.get(member.verdict, "neutral")
    rate = member.rate
    name = words.member(result.by, member.value, language)
    canvas.text(scale.left - 14, y, fitted(name, scale.left - 16), align="right")
    canvas.rule((scale.x(rate.low or 0), y), (scale.x(rate.high or 1), y), color, 2.4, opacity=0.5)
    filters: Filters = {result.by: member.value or "", "outcome": "closed"}
    label = words.member_mark(name, rate, language)
    canvas.dot((scale.x(rate.rate or 0), y), color, 46, hollow=True, href=link_to(link, filters), label=label)
    if result.prior.n is not None and member.shrunk:
        canvas.dot((scale.x(member.shrunk.rate), y), "accent" if color == "neutral" else color, 30, shape="diamond")
    closed = f"{language.number(rate.won)}/{language.number(rate.closed)}"
    canvas.text(width - (0 if phone else 64), y, closed, size=SMALL, color="muted", align="right")
    if member.verdict in COLORS:
        word = words.differs(member.verdict, language)
        place = (width, y + 12) if phone else (width, y)
        canvas.text(*place, word, size=SMALL, weight=600, color=color, align="right")


def _table(result: Segment, language: Language, link: Link | None) -> Table:
    say = language.say
    headers = (
        words.attribute(result.by, language),
        say("Won"),
        say("Closed"),
        say("Win rate (95%)"),
        say("Best estimate"),
        say("Verdict"),
    )
    rows = tuple(_row(words.member(result.by, one.value, language), one, language) for one in result.members)
    links = tuple(
        link({result.by: member.value or "", "outcome": "closed"}) if link else None for member in result.members
    )
    return Table(headers, rows, links)


def _row(name: str, member: Member, language: Language) -> tuple[str, ...]:
    rate, shrunk = member.rate, member.shrunk
    return (
        name,
        language.number(rate.won),
        language.number(rate.closed),
        words.rate(rate, language, 1),
        language.percent(shrunk.rate, 1) if shrunk else "–",
        words.verdict(member.verdict, language),
    )
