"""Were earlier forecasts right? The same forecast made on past days, with what was known then, and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.answers import Rate, wilson
from vunnet.analysis.clock import EPOCH
from vunnet.analysis.predict import FEWEST_DAYS, History, View, crps, simulate

Real = NDArray[np.float64]

LEVELS = {"p2_5": 2.5, "p10": 10.0, "p25": 25.0, "p50": 50.0, "p75": 75.0, "p90": 90.0, "p97_5": 97.5}
PERIODS, GROUPS, DIGITS = 12, 10, 10
ENOUGH, HELD = 10, 0.70
TRUSTED, NOT_YET, TOO_FEW_PERIODS = "trusted", "not yet trustworthy", "too few past periods to judge"
PLAIN_STEP = 30


@dataclass(frozen=True)
class Spread:
    """A forecast number: its median and the ends of the 50, 80 and 95 % intervals."""

    p2_5: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p97_5: float

    def to_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in LEVELS}


def spread(drawn: Real, plus: float = 0.0) -> Spread:
    """The quantiles of simulated numbers, `plus` what there is already."""
    return Spread(*(float(one) + plus for one in np.percentile(drawn, list(LEVELS.values()))))


@dataclass(frozen=True)
class Past:
    """One earlier forecast: what it said of the days after `as_of` until `until`, and what came.

    `brier`: of the chance given to each deal open then; `brier_base`: had all been given the share that came true.
    """

    as_of: date
    until: date
    wins: Spread
    came: int
    value: Spread | None
    value_came: float | None
    crps: float
    brier: float | None
    brier_base: float | None

    @property
    def held(self) -> bool:
        """Whether the 80 % interval held."""
        return self.wins.p10 <= self.came <= self.wins.p90

    def to_json(self) -> dict[str, object]:
        value = {"value": self.value.to_json(), "actual_value": self.value_came} if self.value else {}
        return {
            "as_of": self.as_of.isoformat(),
            "until": self.until.isoformat(),
            "wins": self.wins.to_json(),
            "actual_wins": self.came,
            **value,
            "held_80": self.held,
            "crps": self.crps,
            "brier": self.brier,
            "brier_base": self.brier_base,
        }


@dataclass(frozen=True)
class Group:
    """Deals that were given about the same chance: the mean of what was said, and how many came true."""

    said: float
    came: Rate

    @property
    def differs(self) -> bool:
        """Whether what was said lies outside the interval of what came."""
        low, high = self.came.low, self.came.high
        return low is not None and high is not None and not low <= self.said <= high


@dataclass(frozen=True)
class Backtest:
    """Past forecasts, oldest first, and deals grouped by the chance they were given."""

    periods: tuple[Past, ...]
    groups: tuple[Group, ...]

    @property
    def held(self) -> float | None:
        """The share of past periods in which the 80 % interval held."""
        return sum(one.held for one in self.periods) / len(self.periods) if self.periods else None

    @property
    def verdict(self) -> str:
        if len(self.periods) < ENOUGH or self.held is None:
            return TOO_FEW_PERIODS
        return TRUSTED if self.held >= HELD else NOT_YET

    @property
    def deals(self) -> int:
        return int(sum(group.came.closed for group in self.groups))

    @property
    def skill(self) -> float | None:
        """How much smaller the Brier score is than that of giving every deal the average."""
        scored = [(one.brier, one.brier_base) for one in self.periods if one.brier is not None and one.brier_base]
        if not scored:
            return None
        return 1 - sum(own for own, _ in scored) / sum(base for _, base in scored)

    def to_json(self) -> dict[str, object]:
        rows = [{"said": group.said} | group.came.to_json() for group in self.groups]
        periods = [one.to_json() for one in self.periods]
        return {
            "backtest": periods,
            "held_80": self.held,
            "calibration": self.verdict,
            "reliability": rows,
            "brier_skill": self.skill,
        }


def past_days(history: History, ahead: int) -> list[int]:
    """The days to look back to: every thirtieth day whose days ahead are over, the last twelve, oldest first."""
    last, first = history.stays.last - ahead, history.steps.begin + FEWEST_DAYS
    return [day for n in range(PERIODS) if (day := last - n * PLAIN_STEP) >= first][::-1]


def backtest(history: History, views: Sequence[View], *, valued: bool) -> Backtest:
    """The forecasts of some past days, scored by what came."""
    told = [_past(history, view, valued) for view in views]
    periods = tuple(one for one, _, _ in told)
    said = np.concatenate([np.zeros(0), *(chance for _, chance, _ in told)])
    came = np.concatenate([np.zeros(0), *(won for _, _, won in told)])
    return Backtest(periods, groups(said, came))


def _past(history: History, view: View, valued: bool) -> tuple[Past, Real, Real]:
    drawn = simulate(history, view, history.money(view.day))
    came = history.wins(view.day, view.until)
    won = (history.stays.won_on[history.stays.deal[view.there]] <= view.until).astype(float)
    brier = float(((view.chance - won) ** 2).mean()) if len(won) else None
    base = float(won.mean() * (1 - won.mean())) if len(won) else None
    past = Past(
        as_of=_date(view.day),
        until=_date(view.until),
        wins=spread(drawn.wins.astype(float)),
        came=came,
        value=spread(drawn.value) if valued else None,
        value_came=history.value(view.day, view.until) if valued else None,
        crps=crps(drawn.wins, came),
        brier=brier,
        brier_base=base,
    )
    return past, view.chance, won


def groups(said: Real, came: Real) -> tuple[Group, ...]:
    """Up to ten groups of about equal size, by what was said. Deals that were told the same stay together: which of them
    fell on either side of an edge would be chance.

    >>> [group.came.to_json()["won"] for group in groups(np.array([0.2, 0.5, 0.5, 0.9]), np.array([0.0, 1.0, 0.0, 1.0]))]
    [0, 1, 1]
    """
    order = np.argsort(said)
    said, came = said[order], came[order]
    # Rounded, since equal chances may differ in their last digit.
    _, which, alike = np.unique(np.round(said, DIGITS), return_inverse=True, return_counts=True)
    middle = np.cumsum(alike) - alike / 2
    place = (middle * min(GROUPS, len(said)) // max(len(said), 1)).astype(np.int64)[which]
    size = int(place.max(initial=-1)) + 1
    n, won, total = (np.bincount(place, weights, size) for weights in (None, came, said))
    return tuple(Group(float(total[k] / n[k]), wilson(int(won[k]), int(n[k]))) for k in np.flatnonzero(n))


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
