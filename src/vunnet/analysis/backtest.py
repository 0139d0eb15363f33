"""Were earlier forecasts right? The same forecast made on past days, with what was known then, and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.clock import EPOCH
from vunnet.analysis.predict import FEWEST_DAYS, History, View, crps, simulate
from vunnet.analysis.reliability import Group, groups

Real = NDArray[np.float64]

LEVELS = {"p2_5": 2.5, "p10": 10.0, "p25": 25.0, "p50": 50.0, "p75": 75.0, "p90": 90.0, "p97_5": 97.5}
PERIODS = 12
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
        """Whether the 80 % interval of the number of wins held."""
        return self.wins.p10 <= self.came <= self.wins.p90

    @property
    def held_value(self) -> bool | None:
        """Whether that of the value held; None where values are not forecast."""
        if self.value is None or self.value_came is None:
            return None
        return self.value.p10 <= self.value_came <= self.value.p90

    def to_json(self) -> dict[str, object]:
        value: dict[str, object] = {}
        if self.value:
            value = {"value": self.value.to_json(), "actual_value": self.value_came, "held_80_value": self.held_value}
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
class Backtest:
    """Past forecasts, oldest first, and the forecasts of single deals grouped by the chance they gave.

    `deals`: how many different deals these forecasts are of; one that stays open is forecast in several periods.
    """

    periods: tuple[Past, ...]
    groups: tuple[Group, ...]
    deals: int = 0

    @property
    def held(self) -> float | None:
        """The share of past periods in which the 80 % interval of the number of wins held."""
        return _mean([one.held for one in self.periods])

    @property
    def held_value(self) -> float | None:
        """The share of past periods in which that of the value held; None where values are not forecast."""
        return _mean([one.held_value for one in self.periods if one.held_value is not None])

    @property
    def verdict(self) -> str:
        """Whether the number of wins can be trusted."""
        return self._verdict(self.held)

    @property
    def verdict_value(self) -> str | None:
        """Whether the value can; None where values are not forecast."""
        return None if self.held_value is None else self._verdict(self.held_value)

    def _verdict(self, held: float | None) -> str:
        if len(self.periods) < ENOUGH or held is None:
            return TOO_FEW_PERIODS
        return TRUSTED if held >= HELD else NOT_YET

    @property
    def forecasts(self) -> int:
        """How many forecasts of single deals the groups hold."""
        return int(sum(group.came.closed for group in self.groups))

    @property
    def skill(self) -> float | None:
        """How much smaller the Brier score is than that of giving every deal the average."""
        scored = [(one.brier, one.brier_base) for one in self.periods if one.brier is not None and one.brier_base]
        if not scored:
            return None
        return 1 - sum(own for own, _ in scored) / sum(base for _, base in scored)

    def to_json(self) -> dict[str, object]:
        rows = [
            {"said": one.said} | one.came.to_json() | {"q_value": one.q_value, "differs": one.differs}
            for one in self.groups
        ]
        periods = [one.to_json() for one in self.periods]
        return {
            "backtest": periods,
            "held_80": self.held,
            "held_80_value": self.held_value,
            "calibration": self.verdict,
            "calibration_value": self.verdict_value,
            "reliability": rows,
            "brier_skill": self.skill,
        }


def _mean(held: Sequence[bool]) -> float | None:
    return sum(held) / len(held) if held else None


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
    deal = np.concatenate([np.zeros(0, np.int64), *(history.stays.deal[view.there] for view in views)])
    return Backtest(periods, groups(said, came, deal), len(np.unique(deal)))


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


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
