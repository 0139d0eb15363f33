"""Numbers on pixels, with round ends and round ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on pixels from `left` to `right`."""

    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 · 10ⁿ that covers a span in at most so many steps.

    >>> round_step(0.06, 5), round_step(370, 4)
    (0.02, 100.0)
    """
    if span <= 0:
        return 1.0
    power = 10.0 ** floor(log10(span / most) + 1e-9)
    step = next(step for step in STEPS if step * power * most >= span - 1e-9)
    return float(f"{step * power:.6g}")


def around(
    values: Sequence[float], left: float, right: float, most: int = 5, bounds: tuple[float, float] | None = None
) -> Scale:
    """A scale whose round ends lie around all values, within `bounds`.

    >>> around([0.165, 0.213], 0, 100).low
    0.16
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    step = round_step(max(high - low, 1e-6), most)
    first, last = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    if bounds:
        first, last = max(first, bounds[0]), min(last, bounds[1])
    return Scale(round(first, 9), round(max(last, first + step), 9), left, right)


def ticks(scale: Scale, most: int = 5) -> tuple[float, ...]:
    """Round values from the scale's lower to its upper end."""
    step = round_step(scale.high - scale.low, most)
    first, last = ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9)
    return tuple(round(n * step, 9) for n in range(first, last + 1))
