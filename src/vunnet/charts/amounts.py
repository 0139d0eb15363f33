"""How large are the won deals? A dot a deal (a bar where they are many) on a scale of tenfold steps, the median marked."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

from vunnet.analysis.amounts import STEPS, Amounts, edge
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.won import Won
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, text_width
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

AXIS, EDGE = 20, 14
HIGHEST = 9
TICKS = 5


@dataclass(frozen=True)
class Look:
    """How high the picture is, how far apart its dots are and how large."""

    height: float
    pitch: float
    dot: float

    @property
    def floor(self) -> float:
        return self.height - AXIS


SMALLER, LARGER = Look(92, 6.5, 26), Look(180, 15, 90)


@dataclass(frozen=True)
class Scale:
    """Money to pixels, by logarithm, over whole bins."""

    first: int
    last: int
    width: float

    def x(self, money: float) -> float:
        return self.at(log10(money) * STEPS)

    def at(self, k: float) -> float:
        return EDGE + (k - self.first) / (self.last + 1 - self.first) * (self.width - 2 * EDGE)


def amounts(
    result: Amounts | NotRecorded, won: Won, language: Language, link: Link | None = None
) -> Figure | NotRecorded:
    """The won deals by amount; each bin leads to its deals."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.amounts_title(won, language),
        measure=words.amounts_measure(result, language),
        sentence=words.amounts_sentence(result, won, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, won.median, language, link, width),
    )


def _draw(result: Amounts, median: float | NotRecorded, language: Language, link: Link | None, width: int) -> Canvas:
    look = LARGER if width > PHONE else SMALLER
    canvas, scale = Canvas(width, look.height), _scale(result, width)
    middle = scale.x(median) if not isinstance(median, NotRecorded) and median > 0 else None
    most = max(n for _, n in result.bins)
    for k, n in result.bins:
        told = (f"{_span(k, language)}: {language.deals(n)}", link_to(link, _filters(k)))
        _bin(canvas, scale, (k, n), most, look, told)
        if look is LARGER and most > HIGHEST:
            _count(canvas, (scale.at(k), scale.at(k + 1)), _top(n, most, look) - 8, language.number(n), middle)
    canvas.rule((EDGE, look.floor), (width - EDGE, look.floor), "line")
    if middle is not None:
        canvas.rule((middle, 4), (middle, look.floor), "text", dash=(2, 2))
    for money in _ticks(scale):
        canvas.text(
            scale.x(money), look.height - 8, language.tick_money(money), size=SMALL, color="muted", align="center"
        )
    return canvas


def _span(k: int, language: Language) -> str:
    return language.say("{low} to {high}", low=language.money(edge(k)), high=language.money(edge(k + 1)))


def _filters(k: int) -> Filters:
    return {"outcome": "won", "amount": _ends(k)}


def _table(result: Amounts, language: Language, link: Link | None) -> Table:
    rows = tuple((_span(k, language), language.number(n)) for k, n in result.bins)
    links = tuple(link(_filters(k)) if link else None for k, _ in result.bins)
    return Table((language.say("Amount"), language.say("Won deals")), rows, links)


def _scale(result: Amounts, width: float) -> Scale:
    """At least one tenfold step wide, so that a few alike deals do not look far apart."""
    first, last = result.bins[0][0], result.bins[-1][0]
    spare = max(0, STEPS - 1 - (last - first))
    return Scale(first - ceil(spare / 2), last + floor(spare / 2), width)


def _ends(k: int) -> str:
    """The least and the largest amount of a bin, to the cent, as a filter says them: "1000.00..1258.92"."""
    low, high = (ceil(edge(at) * 100 - 1e-4) for at in (k, k + 1))
    return f"{low / 100:.2f}..{(high - 1) / 100:.2f}"


def _bin(
    canvas: Canvas, scale: Scale, counted: tuple[int, int], most: int, look: Look, told: tuple[str, str | None]
) -> None:
    (k, n), (label, href) = counted, told
    left, right = scale.at(k), scale.at(k + 1)
    if most <= HIGHEST:
        for place in range(n):
            at = ((left + right) / 2, look.floor - look.pitch * (place + 0.75))
            canvas.dot(at, "won", look.dot, href=href, label=label)
        return
    corner = (left + 0.75, _top(n, most, look))
    canvas.rect(corner, (right - 0.75, look.floor), "won", 0.9, href=href, label=label)


def _top(n: int, most: int, look: Look) -> float:
    """Where a bar ends."""
    return look.floor - max(1.0, n / most * (look.floor - AXIS))


def _count(canvas: Canvas, ends: tuple[float, float], y: float, text: str, median: float | None) -> None:
    """How many a bar is, where there is room and the median does not run through it."""
    x, half = sum(ends) / 2, text_width(text, SMALL) / 2
    if 2 * half <= ends[1] - ends[0] and (median is None or abs(median - x) > half + 2):
        canvas.text(x, y, text, size=SMALL, color="muted", align="center")


def _ticks(scale: Scale) -> list[float]:
    """Ones and threes of each power of ten; only the ones where they are many."""
    powers = range(floor(scale.first / STEPS), ceil((scale.last + 1) / STEPS) + 1)
    every = [step * 10.0**power for power in powers for step in (1, 3)]
    inside = [money for money in every if scale.first + 0.5 <= log10(money) * STEPS <= scale.last + 0.5]
    return inside if len(inside) <= TICKS else [money for money in inside if round(log10(money), 6).is_integer()]
