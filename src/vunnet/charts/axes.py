"""Scales of the charts over time: steps that read well, and days on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

from vunnet.charts.canvas import Canvas
from vunnet.charts.language import Language
from vunnet.charts.theme import SMALL

LETTER = 6.4  # pixels of an ordinary letter at 11–12 px


@dataclass(frozen=True)
class Plane:
    """Values on the pixels of a plot."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def across(self, share: float) -> float:
        """The place at a share (0…1) of the width."""
        return self.left + share * (self.right - self.left)

    @property
    def ticks(self) -> list[float]:
        return [self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)]


def steps(low: float, high: float, most: int = 5) -> tuple[float, float, float]:
    """Low, high and step of an axis around two values: a step of 1, 2 or 5 times a power of ten.

    >>> steps(0.09, 0.23)
    (0.05, 0.25, 0.05)
    """
    reach = max(high - low, abs(high) * 1e-6, 1e-9)
    rough = reach / most
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))
    begin, end = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    begin = min(begin, low) if begin else 0.0
    return round(begin, 10), round(end if end > begin else begin + step, 10), round(step, 10)


def value_axis(canvas: Canvas, plane: Plane, texts: Sequence[str]) -> None:
    """Lines across, each with its text at the left; the lowest is the axis."""
    for n, (value, text) in enumerate(zip(plane.ticks, texts, strict=True)):
        y = plane.y(value)
        canvas.rule((plane.left, y), (plane.right, y), "neutral" if n == 0 else "line")
        canvas.text(plane.left - 7, y, text, size=SMALL, color="muted", align="right")


def day_axis(canvas: Canvas, plane: Plane, places: Sequence[tuple[float, str]], width: float) -> None:
    """Ticks below the plot; a text that would leave the picture or meet the one before is not written."""
    taken = -1e9
    for x, text in places:
        half = LETTER * len(text) / 2
        left = min(max(x - half, 0.0), width - 2 * half)
        if left < taken + 8:
            continue
        canvas.rule((x, plane.bottom), (x, plane.bottom + 4), "neutral")
        canvas.text(left + half, plane.bottom + 14, text, size=SMALL, color="muted", align="center")
        taken = left + 2 * half


def spaced(count: int, most: int) -> list[int]:
    """At most so many places of a row, evenly apart, from the first on.

    >>> spaced(19, 5)
    [0, 4, 8, 12, 16]
    """
    every = max(1, ceil(count / most))
    return list(range(0, count, every))


def day_text(day: date, before: date | None, language: Language, several_years: bool) -> str:
    """A day on an axis, with its year where the year is new."""
    return language.short_day(day, year=several_years and (before is None or before.year != day.year))


def within(x: float, reach: float, left: float, right: float) -> float:
    """x moved so that `reach` pixels on both sides stay inside."""
    return min(max(x, left + reach), right - reach)
