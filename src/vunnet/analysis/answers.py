"""The small frozen answers every question is given in: a rate, a share, and "not recorded"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from vunnet.analysis.shown import Shown

Z95 = 1.959963984540054
TOO_FEW = 10
TOO_FEW_WORDS = "too few to say"


@dataclass(frozen=True)
class NotRecorded(Shown):
    """The data cannot answer, and why: a sentence in English with {named} values, so that it can be translated.

    `one`: the same sentence for a single {n}, where it has one.
    """

    why: str
    values: Mapping[str, object] = field(default_factory=dict)
    one: str = ""

    def __str__(self) -> str:
        said = self.one if self.one and self.values["n"] == 1 else self.why
        return said.format(**self.values)

    def to_json(self) -> dict[str, object]:
        return {"not_recorded": str(self)}


def counted(one: str, many: str, n: int, **values: object) -> NotRecorded:
    """Not recorded, in a sentence about {n} things."""
    return NotRecorded(many, {"n": n, **values}, one)


@dataclass(frozen=True)
class Share:
    """A share in 0…1 with its 95 % interval; the interval is None where the estimate is exactly 0 or 1 and has none."""

    share: float
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, object]:
        return {"share": self.share, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Rate:
    """Won of closed, with the interval. No rate where nothing closed. Deals, or money for a rate by value."""

    won: float
    closed: float
    rate: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str | None:
        """ "too few to say" under ten closed, else None: a rate alone has no verdict."""
        return TOO_FEW_WORDS if self.closed < TOO_FEW else None

    def to_json(self) -> dict[str, object]:
        found = {"won": self.won, "closed": self.closed, "rate": self.rate, "low": self.low, "high": self.high}
        return found | ({"verdict": self.verdict} if self.verdict else {})


def wilson(won: int, closed: int) -> Rate:
    """The win rate of `won` among `closed` with Wilson's 95 % score interval (Wilson 1927; Brown, Cai & DasGupta 2001).

    >>> rate = wilson(83, 214)
    >>> round(rate.rate, 3), round(rate.low, 3), round(rate.high, 3)
    (0.388, 0.325, 0.455)
    >>> wilson(0, 0).rate is None
    True
    """
    if closed == 0:
        return Rate(0, 0, None, None, None)
    rate = won / closed
    centre = (won + Z95**2 / 2) / (closed + Z95**2)
    half = Z95 / (closed + Z95**2) * sqrt(won * (closed - won) / closed + Z95**2 / 4)
    low = 0.0 if won == 0 else max(0.0, centre - half)
    high = 1.0 if won == closed else min(1.0, centre + half)
    return Rate(won, closed, rate, low, high)
