"""How many are won, lost or cancelled by day t? Three curves on one axis, with bands, and the cut marked."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.time_to_close import HORIZONS, TimeToClose
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG

LINES = {"lost": ("lost", 1.8, ()), "cancelled": ("neutral", 1.8, (5, 4)), "won": ("won", 2.6, ())}
TICKS = {30: (0, 7, 14, 30), 60: (0, 7, 14, 30, 45, 60), 90: (0, 14, 30, 60, 90), 180: (0, 30, 60, 90, 120, 180)}
TICKS |= {365: (0, 90, 180, 270, 365), 730: (0, 180, 365, 545, 730)}
PHONE_TICKS = {30: (0, 14, 30), 60: (0, 14, 30, 60), 90: (0, 30, 60, 90), 180: (0, 60, 180)}
PHONE_TICKS |= {365: (0, 180, 365), 730: (0, 365, 730)}
SETTLED = 0.985


@dataclass(frozen=True)
class Frame:
    """The plot within the canvas."""

    left: float
    right: float
    top: float
    bottom: float
    until: float
    most: float

    def x(self, days: float) -> float:
        return self.left + days / self.until * (self.right - self.left)

    def y(self, share: float) -> float:
        return self.bottom - share / self.most * (self.bottom - self.top)


def incidence(
    result: TimeToClose | NotRecorded, language: Language, cut: int = 30, link: Link | None = None
) -> Figure | NotRecorded:
    """The curves of time to close, cut where they have settled."""
    if isinstance(result, NotRecorded):
        return result
    until = _until(result, cut)
    shown = tuple(name for name in LINES if result.curve.ended[_code(name)].sum())
    return Figure(
        title=words.incidence_title(result, cut, language),
        measure=words.incidence_measure(result, language),
        sentence=words.incidence_sentence(result, cut, until, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, shown, until, cut, language, link, width),
    )


def _code(outcome: str) -> int:
    return {"won": 1, "lost": 2, "cancelled": 3}[outcome]


def _until(result: TimeToClose, cut: int) -> int:
    """The first horizon by which the curves have all but settled, as far as anyone was followed."""
    known = [days for days in HORIZONS if result.at("won", days) and days >= max(cut, 30)]
    final = sum(share.share for name in LINES if (share := result.curve.final(_code(name))))
    for days in known:
        reached = sum(share.share for name in LINES if (share := result.at(name, days)))
        if reached >= SETTLED * final:
            return days
    return known[-1] if known else max(cut, 7)


def _draw(
    result: TimeToClose, shown: tuple[str, ...], until: int, cut: int, language: Language, link: Link | None, width: int
) -> Canvas:
    phone = width <= PHONE
    height = 280 if phone else 320
    drawn = {name: result.drawn(name, until, 61 if phone else 121) for name in shown}
    top = max((share.high or share.share for curve in drawn.values() for _, share in curve), default=0.1)
    frame = Frame(34, width - (112 if phone else 136), 26, height - 28, until, nice(top))
    canvas = Canvas(width, height)
    axes(canvas, frame, language, phone)
    canvas.rule((frame.x(cut), frame.top - 6), (frame.x(cut), frame.bottom), "muted", 1, (2, 3))
    canvas.text(frame.x(cut), frame.top - 16, language.say("day {n}", n=cut), color="muted", size=SMALL, align="center")
    for name, curve in drawn.items():
        line(canvas, frame, name, curve)
    _marks(canvas, frame, result, shown, cut, language, link)
    _names(canvas, frame, {name: curve[-1][1] for name, curve in drawn.items() if curve}, language)
    return canvas


def nice(top: float) -> float:
    """The top of the axis: the next tenth (or half tenth for small shares)."""
    step = 0.2 if top > 0.5 else 0.1 if top > 0.2 else 0.05
    return max(step, min(1.0, ceil(top / step + 1e-9) * step))


def axes(canvas: Canvas, frame: Frame, language: Language, phone: bool) -> None:
    """Shares upwards, days to the right."""
    step = 0.2 if frame.most > 0.5 else 0.1 if frame.most > 0.2 else 0.05
    for n in range(round(frame.most / step) + 1):
        y = frame.y(n * step)
        canvas.rule((frame.left, y), (frame.right, y), "neutral" if n == 0 else "line", 1)
        canvas.text(
            frame.left - 6, y, language.percent(n * step) if n else "0", size=SMALL, color="muted", align="right"
        )
    ticks = (PHONE_TICKS if phone else TICKS).get(int(frame.until), (0, int(frame.until / 2), int(frame.until)))
    for days in ticks:
        last = days == frame.until
        text = language.say("{n} days", n=days) if last else str(days)
        canvas.rule((frame.x(days), frame.bottom), (frame.x(days), frame.bottom + 4), "neutral")
        canvas.text(
            frame.x(days), frame.bottom + 14, text, size=SMALL, color="muted", align="right" if last else "center"
        )


def line(canvas: Canvas, frame: Frame, name: str, curve: tuple[tuple[float, Share], ...]) -> None:
    """The curve of an outcome with its band."""
    color, width, dash = LINES[name]
    edges = [
        (frame.x(day), frame.y(share.high), frame.y(share.low))
        for day, share in curve
        if share.low is not None and share.high is not None
    ]
    if len(edges) > 1:
        canvas.band(edges, color, 0.14)
    canvas.line([(frame.x(day), frame.y(share.share)) for day, share in curve], color, width, dash)


def _marks(
    canvas: Canvas,
    frame: Frame,
    result: TimeToClose,
    shown: tuple[str, ...],
    cut: int,
    language: Language,
    link: Link | None,
) -> None:
    """Dots on the cut with their figures, each above its dot unless another is just there."""
    known = [(name, share) for name in shown if (share := result.at(name, cut))]
    known.sort(key=lambda item: -item[1].share)
    above = -1e9
    for name, share in known:
        x, y = frame.x(cut), frame.y(share.share)
        color = LINES[name][0]
        filters: Filters = {"outcome": name, "closed_within": str(cut)}
        label = words.incidence_mark(name, share, cut, language)
        canvas.dot((x, y), color, 60, href=link_to(link, filters), label=label)
        below = y - above < 26
        place = (x + 8, y + 14) if below else (x - 8, y - 12)
        ink = "muted" if color == "neutral" else color
        canvas.text(*place, language.percent(share.share), weight=600, color=ink, align="left" if below else "right")
        above = y


def _names(canvas: Canvas, frame: Frame, ends: dict[str, Share], language: Language) -> None:
    """Name and figure at each line's end, pushed apart where lines end together."""
    ordered = sorted(ends, key=lambda name: -ends[name].share)
    places = apart([frame.y(ends[name].share) for name in ordered], 32, frame.top, frame.bottom - 8)
    for name, y in zip(ordered, places, strict=True):
        ink = "muted" if LINES[name][0] == "neutral" else LINES[name][0]
        share = ends[name]
        canvas.text(frame.right + 10, y - 7, words.outcome(name, language), size=STRONG, weight=600, color=ink)
        canvas.text(frame.right + 10, y + 8, language.share(share, 1), size=SMALL, color="muted")


def apart(wanted: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Places in order, at least `gap` apart and within bounds, near the wanted ones.

    >>> apart([10, 12, 90], 30, 0, 100)
    [10, 40, 90]
    """
    places: list[float] = []
    for want in wanted:
        places.append(max(want, places[-1] + gap) if places else max(want, top))
    for n in reversed(range(len(places))):
        ceiling = bottom if n == len(places) - 1 else places[n + 1] - gap
        places[n] = min(places[n], ceiling)
    return places


def _table(result: TimeToClose, language: Language, link: Link | None) -> Table:
    names = ("won", "lost", "cancelled")
    rows = tuple(
        (language.say("{n} days", n=days), *(language.share(result.at(name, days), 1) for name in names))
        for days in HORIZONS
    )
    links = tuple(link({"outcome": "won", "closed_within": str(days)}) if link else None for days in HORIZONS)
    heads = (language.say("Days since opening"), *(words.outcome(name, language) for name in names))
    return Table(heads, rows, links)
