"""Does 45 % mean 45 %? What was said of deals beside what came true, in groups of about equal size."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import tails
from vunnet.analysis.answers import TOO_FEW, Rate
from vunnet.analysis.evidence import LEVEL, benjamini_hochberg

Real = NDArray[np.float64]
Whole = NDArray[np.int64]
GROUPS, DIGITS = 10, 10


@dataclass(frozen=True)
class Group:
    """Forecasts that gave about the same chance: the mean of what was said, and how many of them came true.

    The interval of what came counts by deals, since one deal is forecast at several past days. `q_value`: of what came
    against what was said (Benjamini–Hochberg over the groups); None under ten deals, too few to say.
    """

    said: float
    came: Rate
    q_value: float | None

    @property
    def differs(self) -> bool:
        """Whether what came is told apart from what was said."""
        return self.q_value is not None and self.q_value < LEVEL


def groups(said: Real, came: Real, deal: Whole) -> tuple[Group, ...]:
    """Up to ten groups of about equal size, by what was said of a deal; `came`: 1 where it came true. Deals that were
    told the same stay together: which of them fell on either side of an edge would be chance.

    >>> two, half = np.array([0.2, 0.5, 0.5, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> [group.came.to_json()["won"] for group in groups(two, half, np.arange(4))]
    [0, 1, 1]
    """
    order = np.argsort(said)
    said, came, deal = said[order], came[order], deal[order]
    # Rounded, since equal chances may differ in their last digit.
    _, which, alike = np.unique(np.round(said, DIGITS), return_inverse=True, return_counts=True)
    middle = np.cumsum(alike) - alike / 2
    place = (middle * min(GROUPS, len(said)) // max(len(said), 1)).astype(np.int64)[which]
    own = [_Own(said[here], came[here], deal[here]) for k in np.unique(place) for here in [place == k]]
    # A group's own figure is unsure: where it is low by chance, a false "differs" follows. So none is under the mean.
    least = sum(one.repetition * one.n for one in own) / max(len(said), 1)
    rates = [one.came(max(one.repetition, least)) for one in own]
    q_values = benjamini_hochberg([p for _, p in rates])
    return tuple(Group(one.mean, rate, q) for one, (rate, _), q in zip(own, rates, q_values, strict=True))


class _Own:
    """The forecasts of one group."""

    def __init__(self, said: Real, came: Real, deal: Whole) -> None:
        _, which = np.unique(deal, return_inverse=True)
        self.n, self.won, self.mean = len(said), int(came.sum()), float(said.sum() / len(said))
        self.deals = int(which.max()) + 1
        self.repetition = _repetition(said, came, which)

    def came(self, repetition: float) -> tuple[Rate, float | None]:
        """What came with its interval, and the p-value that it came as said.

        Wilson's score interval and test with as many forecasts as independent ones would tell as much (Korn & Graubard,
        Survey Methodology 24, 1998), and Student's t with the deals less one.
        """
        n, worth, rate = self.n, self.n / repetition, self.won / self.n
        if self.deals < 2:
            return Rate(self.won, n, rate, 0.0, 1.0), None
        z = tails.student_quantile(1 - LEVEL / 2, self.deals - 1)
        centre = (rate * worth + z * z / 2) / (worth + z * z)
        half = z / (worth + z * z) * sqrt(worth * rate * (1 - rate) + z * z / 4)
        low = 0.0 if self.won == 0 else max(0.0, centre - half)
        high = 1.0 if self.won == n else min(1.0, centre + half)
        return Rate(self.won, n, rate, low, high), self._p_value(rate, worth) if self.deals >= TOO_FEW else None

    def _p_value(self, rate: float, worth: float) -> float:
        spread = sqrt(self.mean * (1 - self.mean) / worth)
        if spread == 0.0:
            return float(self.mean == rate)
        return 2 * tails.student(abs(rate - self.mean) / spread, self.deals - 1)


def _repetition(said: Real, came: Real, own: Whole) -> float:
    """How many forecasts tell as much as one independent one: the variance of said less came, counted by deals, over that
    of as many independent forecasts. Where nothing varies, as if all forecasts of a deal came true together."""
    sizes, won, total = (np.bincount(own, weights) for weights in (None, came, said))
    missed = (came.sum() - said.sum()) / len(said)
    by_deal = np.sort((won - total - sizes * missed) ** 2).sum()  # in order, so that no order of rows shows
    alone = np.sort((came - said - missed) ** 2).sum()
    together = float((sizes**2).sum() / len(said))
    if alone <= 1e-12:
        return together
    return max(1.0, float(by_deal / alone) * len(sizes) / max(len(sizes) - 1, 1))
