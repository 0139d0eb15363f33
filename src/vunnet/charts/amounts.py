"""How large are the won deals? A dot a deal (a bar where they are many) on a scale of tenfold steps, the median marked."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

from vunnet.analysis.amounts import STEPS, Amounts, edge
from vunnet.analysis.answers import NotRecorded
from vunnet.charts import svg
from vunnet.charts.canvas import Canvas
from vunnet.charts.language import Language
from vunnet.charts.svg import Link, link_to
from vunnet.charts.theme import SMALL

WIDTH, HEIGHT = 300, 92
AXIS = 20
DOT = 6.5
HIGHEST = 9
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """Money to pixels, by logarithm, over whole bins."""

    first: int
    last: int

    def x(self, money: float) -> float:
        return self.at(log10(money) * STEPS)

    def at(self, k: float) -> float:
        return 14 + (k - self.first) / (self.last + 1 - self.first) * (WIDTH - 28)


def amounts(result: Amounts | NotRecorded, median: float | None, language: Language, link: Link | None = None) -> str:
    """A small inline SVG for a tile, each bin linked to its deals; empty where there are no amounts."""
    if isinstance(result, NotRecorded):
        return ""
    canvas = Canvas(WIDTH, HEIGHT)
    scale = _scale(result)
    floor_y = HEIGHT - AXIS
    most = max(n for _, n in result.bins)
    for k, n in result.bins:
        mark = language.say("{low} to {high}: {deals}", low=language.money(edge(k)), high=language.money(edge(k + 1)), deals=language.deals(n))  # fmt: skip
        told = (mark, link_to(link, {"outcome": "won", "amount": _ends(k)}))
        _bin(canvas, scale, k, n, most, floor_y, told)
    canvas.rule((14, floor_y), (WIDTH - 14, floor_y), "line")
    if median:
        canvas.rule((scale.x(median), 4), (scale.x(median), floor_y), "text", dash=(2, 2))
    for money in _ticks(scale):
        words = language.short_money(money).replace(".0", "").replace(",0", "")
        canvas.text(scale.x(money), HEIGHT - 8, words, size=SMALL, color="muted", align="center")
    return svg.render(canvas, label(result, median, language))


def label(result: Amounts, median: float | None, language: Language) -> str:
    """What the picture shows, for those who do not see it."""
    low, high = language.short_money(edge(result.bins[0][0])), language.short_money(edge(result.bins[-1][0] + 1))
    said = language.say("Won deals by amount, {low} to {high}", low=low, high=high)
    return said + (", " + language.say("median {amount}", amount=language.short_money(median)) if median else "")


def _scale(result: Amounts) -> Scale:
    """At least one tenfold step wide, so that a few alike deals do not look far apart."""
    first, last = result.bins[0][0], result.bins[-1][0]
    spare = max(0, STEPS - 1 - (last - first))
    return Scale(first - ceil(spare / 2), last + floor(spare / 2))


def _ends(k: int) -> str:
    """The least and the largest amount of a bin, to the cent, as a filter says them: "1000.00..1258.92"."""
    low, high = (ceil(edge(at) * 100 - 1e-4) for at in (k, k + 1))
    return f"{low / 100:.2f}..{(high - 1) / 100:.2f}"


def _bin(canvas: Canvas, scale: Scale, k: int, n: int, most: int, floor_y: float, told: tuple[str, str | None]) -> None:
    label, href = told
    left, right = scale.at(k), scale.at(k + 1)
    if most <= HIGHEST:
        for place in range(n):
            canvas.dot(((left + right) / 2, floor_y - 5 - place * DOT), "won", 26, href=href, label=label)
        return
    height = max(1.0, n / most * (floor_y - 8))
    canvas.rect((left + 0.75, floor_y - height), (right - 0.75, floor_y), "won", 0.9, href=href, label=label)


def _ticks(scale: Scale) -> list[float]:
    """Ones and threes of each power of ten; only the ones where they are many."""
    powers = range(floor(scale.first / STEPS), ceil((scale.last + 1) / STEPS) + 1)
    every = [step * 10.0**power for power in powers for step in (1, 3)]
    inside = [money for money in every if scale.first + 0.5 <= log10(money) * STEPS <= scale.last + 0.5]
    return inside if len(inside) <= TICKS else [money for money in inside if round(log10(money), 6).is_integer()]
