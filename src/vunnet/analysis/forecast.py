"""Where will the quarter land? Wins and value by its end, with how sure, and how past forecasts did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.ahead import look_ahead
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Share
from vunnet.analysis.backtest import Backtest, Spread, backtest, past_days, spread
from vunnet.analysis.clock import EPOCH
from vunnet.analysis.currency import money_of
from vunnet.analysis.hazards import chances
from vunnet.analysis.pattern import Pattern, quarter_end
from vunnet.analysis.predict import FEWEST_DAYS, SEED, SIMULATED, History, Money, Simulated, View, simulate
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quotas import target as quota_of
from vunnet.analysis.shown import Shown
from vunnet.analysis.stays import complete_from, read_stays

Real = NDArray[np.float64]

MARKS = 13
EVER, STAGE_DRAWS = 365, 40
FEW_WON = NotRecorded("fewer than ten deals have been won")
SHORT = NotRecorded("the records cover fewer than {days} days", {"days": FEWEST_DAYS})


@dataclass(frozen=True)
class Mark:
    """What will have been won by the end of a day."""

    day: date
    wins: Spread
    value: Spread | None


@dataclass(frozen=True)
class StageChance:
    """The probability that a deal which enters a stage is won within a year: typed by somebody, and measured.

    `by_end`: that one which enters it on the day of the forecast is won by the forecast's end. `entered`: how many
    entries both are measured on, over two years.
    """

    pipeline: str | None
    stage: str
    typed: float | None
    measured: Share
    by_end: Share
    entered: int

    @property
    def differs(self) -> bool:
        """Whether what was typed lies outside the interval of what was measured."""
        if self.typed is None or self.measured.low is None or self.measured.high is None or self.entered < TOO_FEW:
            return False
        return not self.measured.low <= self.typed <= self.measured.high

    def to_json(self) -> dict[str, object]:
        gap = None if self.typed is None else self.measured.share - self.typed
        measured = {"measured": self.measured.share, "low": self.measured.low, "high": self.measured.high}
        named = {"pipeline": self.pipeline, "stage": self.stage, "typed": self.typed}
        return {**named, **measured, "difference": gap, "by_end": self.by_end.to_json(), "entered": self.entered}


@dataclass(frozen=True)
class Forecast(Shown):
    """Wins and value of the period from `begins` to `until`, those won so far included.

    `won_so_far` by day is the path until today, `marks` the days ahead. `from_open`, `from_new`: expected wins of deals open
    now, and of those not yet opened. `chance`: of reaching `target` (value, or wins where amounts cannot be added).
    """

    as_of: date
    begins: date
    until: date
    wins: Spread
    value: Spread | NotRecorded
    currency: str | None
    open: int
    won_so_far: tuple[tuple[date, int, float], ...]
    from_open: float
    from_new: float
    season: Pattern | None
    marks: tuple[Mark, ...]
    target: float | None
    chance: float | None
    stages: tuple[StageChance, ...]
    backtest: Backtest

    @property
    def days_left(self) -> int:
        return (self.until - self.as_of).days

    def to_json(self) -> dict[str, object]:
        value = self.value.to_json()
        so_far = self.won_so_far[-1] if self.won_so_far else (self.as_of, 0, 0.0)
        return {
            "from": self.begins.isoformat(),
            "until": self.until.isoformat(),
            "wins": self.wins.to_json(),
            "value": value,
            "currency": self.currency,
            "won_so_far": {"wins": so_far[1], "value": so_far[2]},
            "open": self.open,
            "expected": {"from_open": self.from_open, "from_new": self.from_new},
            "pattern": self.season.told if self.season else None,
            "target": self.target,
            "chance_of_target": self.chance,
            "stages": [one.to_json() for one in self.stages],
        } | self.backtest.to_json()


def forecast(prepared: Prepared, until: date | None = None, target: float | None = None) -> Forecast | NotRecorded:
    """What the present quarter (the next one on its last day) brings by its end, or by `until`.

    Each open deal by stage and age; deals not yet opened by a negative binomial on the last half year; uncertain parameters, a
    shared shock as large as past misses; 2,000 simulations with a fixed seed. `target`: else the quotas of the period.
    """
    day = prepared.horizon.day
    until = until or quarter_end(day + timedelta(days=1))
    if until <= day:
        raise ValueError(f"a forecast cannot end on {until}: it is made on {day}")
    found = _history(prepared, day)
    if isinstance(found, NotRecorded):
        return found
    currency, why_not = money_of(prepared.deals)
    now, ahead = found.stays.last, (until - day).days
    days = past_days(found, ahead)
    views = found.views([*days, now], ahead)
    view, money = views[-1], found.money(now)
    drawn = simulate(found, view, money)
    begins = _begins(until, day)
    before = _so_far(found, begins, day)
    wins, value = before[-1][1:] if before else (0, 0.0)
    goal = quota_of(prepared, begins, until) if target is None else target
    return Forecast(
        as_of=day,
        begins=begins,
        until=until,
        wins=spread(drawn.wins.astype(float), wins),
        value=why_not or spread(drawn.value, value),
        currency=currency,
        open=len(view.there),
        won_so_far=before,
        from_open=float(view.chance.sum()),
        from_new=view.opened * view.new_share,
        season=view.season,
        marks=_marks(found, view, money, drawn, (wins, value), valued=why_not is None),
        target=goal,
        chance=_chance(drawn, goal, wins, value, valued=why_not is None),
        stages=_stages(found, ahead),
        backtest=backtest(found, views[:-1], valued=why_not is None),
    )


def _history(prepared: Prepared, day: date) -> History | NotRecorded:
    begin = complete_from(prepared)
    if isinstance(begin, NotRecorded):
        return begin
    if (day - begin).days < FEWEST_DAYS:
        return SHORT
    history = History(read_stays(prepared, begin))
    if history.wins(history.steps.begin - 1, history.stays.last) < TOO_FEW:
        return FEW_WON
    return history


def _begins(until: date, day: date) -> date:
    """The first day of the quarter that ends the forecast, or tomorrow where that is earlier."""
    return min(date(until.year, 3 * ((until.month - 1) // 3) + 1, 1), day + timedelta(days=1))


def _so_far(history: History, begins: date, day: date) -> tuple[tuple[date, int, float], ...]:
    """Wins and value from the period's beginning until each day of it that has passed."""
    first = (begins - EPOCH).days - 1
    passed = range((day - begins).days + 1)
    days = [begins + timedelta(days=n) for n in passed]
    return tuple(
        (one, history.wins(first, (one - EPOCH).days), history.value(first, (one - EPOCH).days)) for one in days
    )


def _chance(drawn: Simulated, target: float | None, wins: int, value: float, *, valued: bool) -> float | None:
    if target is None:
        return None
    reached = drawn.value + value >= target if valued else drawn.wins + wins >= target
    return float(reached.mean())


def _marks(
    history: History, view: View, money: Money, drawn: Simulated, so_far: tuple[int, float], *, valued: bool
) -> tuple[Mark, ...]:
    """The simulated totals spread over the days ahead as wins are expected to come."""
    ahead = view.until - view.day
    marks = sorted({round(ahead * n / MARKS) for n in range(1, MARKS + 1)} - {0})
    grown = np.maximum.accumulate(history.growth(view.day, marks, view.season))
    shares = grown / grown[-1] if grown[-1] > 0 else np.linspace(0, 1, len(marks) + 1)[1:]
    random = np.random.default_rng([SEED, view.day, view.until, 1])
    counts, values = drawn.wins.copy(), drawn.value.copy()
    found = []
    for place in range(len(marks) - 1, -1, -1):
        day = EPOCH + timedelta(days=view.day + marks[place])
        value = spread(values, so_far[1]) if valued else None
        found.append(Mark(day, spread(counts.astype(float), so_far[0]), value))
        earlier = random.binomial(counts, shares[place - 1] / shares[place] if place and shares[place] > 0 else 0.0)
        values = values * _bridge(random, earlier, counts - earlier, money)
        counts = earlier
    return tuple(reversed(found))


def _bridge(random: np.random.Generator, earlier: NDArray[np.int64], later: NDArray[np.int64], money: Money) -> Real:
    """The share of a value that the earlier wins brought: beta, as gamma amounts divide."""
    shape = money.mean**2 / money.variance if money.variance > 0 else 1e3
    first = random.standard_gamma(np.maximum(earlier * shape, 1e-9))
    second = random.standard_gamma(np.maximum(later * shape, 1e-9))
    total = first + second
    share = np.divide(first, total, out=np.zeros(SIMULATED), where=total > 0)
    return np.asarray(np.where(later == 0, 1.0, np.where(earlier == 0, 0.0, share)))


def _stages(history: History, ahead: int) -> tuple[StageChance, ...]:
    """Typed and measured, for sources that record stages; `ahead`: the days to the forecast's end."""
    stays = history.stays
    if not stays.recorded:
        return ()
    counts = history.steps.until([stays.last])
    each = np.concatenate((chances(counts), chances(counts, STAGE_DRAWS, np.random.default_rng(SEED))))
    ever, by_end = _won_within(each, EVER), _won_within(each, ahead)
    entered = np.bincount(stays.stage[stays.entered >= stays.last - 2 * EVER], minlength=len(stays.stages))
    return tuple(
        StageChance(one.pipeline, one.stage, one.typed, ever[k], by_end[k], int(entered[k]))
        for k, one in enumerate(stays.stages[:-1])
    )


def _won_within(chance: Real, days: int) -> tuple[Share, ...]:
    """By stage, the share of the deals entering it that is won within so many days; the first row of `chance` is the
    estimate, the others are drawn around it."""
    won = look_ahead(chance, np.repeat(np.ones((1, chance.shape[1])), len(chance), axis=0), days).won[:, :, 0]
    low, high = np.percentile(won[1:], [2.5, 97.5], axis=0)
    ends = zip(won[0], np.minimum(low, won[0]), np.maximum(high, won[0]), strict=True)
    return tuple(Share(*(float(end) for end in one)) for one in ends)
