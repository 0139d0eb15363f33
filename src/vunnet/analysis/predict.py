"""What the coming days may bring, from any day of the past: expected wins, their spread, and simulated totals.

Pure numpy on `Stays` and `Steps`; nothing after the day looked from is used. The same seed gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import pattern
from vunnet.analysis.ahead import Ahead, ages, look_ahead, open_on
from vunnet.analysis.clock import EPOCH
from vunnet.analysis.hazards import BIN, EDGES, OLDEST, Counts, Steps, chances, steps
from vunnet.analysis.pattern import Pattern
from vunnet.analysis.stays import Stays

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

SEED, SIMULATED, DRAWS = 4_711, 2_000, 8
FEWEST_DAYS = 60  # of records before a day can be looked ahead from
OPENED_LATELY = 182
BLOCK = 28
LAGS, LAG_STEP = 8, 14
LEAST_SPREAD, PRIOR_SPREAD, PRIOR_LAGS = 0.08, 0.12, 2.0
STEADY = 10.0  # gamma shape of how many deals are opened, where too little is known
FEWEST_WON = 5


@dataclass(frozen=True)
class Money:
    """What a won deal brings: its mean and variance, for each product and for all; `tilt`: won amounts over closed ones."""

    mean: float
    variance: float
    by_product: Real
    spread_by_product: Real
    tilt: float


@dataclass(frozen=True)
class View:
    """What one day knows about the days ahead.

    `chance`: of a win for each open stay of `there`; `opened`: deals expected to be opened, of which `new_share` is
    won; `steadiness`: gamma shape of the number opened; `spread`: of the shared shock, in logarithms.
    """

    day: int
    until: int
    there: Whole
    chance: Real
    opened: float
    new_share: float
    steadiness: float
    spread: float
    season: Pattern | None

    @property
    def expected(self) -> float:
        return float(self.chance.sum()) + self.opened * self.new_share


class History:
    """The stays of one source, asked from several days."""

    def __init__(self, stays: Stays) -> None:
        self.stays = stays
        self.steps: Steps = steps(stays)
        self._there: dict[int, Real] = {}

    @cached_property
    def _wins(self) -> tuple[Whole, Real, Whole]:
        """Days, amounts and products of the won deals, by day."""
        won = np.flatnonzero(self.stays.following == self.stays.won)  # one stay a deal: the last
        won = won[np.argsort(self.stays.left[won], kind="stable")]
        deal = self.stays.deal[won]
        return self.stays.left[won].astype(np.int64), self.stays.amount[deal], self.stays.product[deal].astype(np.int64)

    @cached_property
    def _lost(self) -> tuple[Whole, Whole, Real]:
        """Days of the lost deals, in order; how many of them carry an amount until each, and their sum (from 0 on)."""
        lost = np.flatnonzero(self.stays.following == self.stays.won + 1)
        lost = lost[np.argsort(self.stays.left[lost], kind="stable")]
        amount = self.stays.amount[self.stays.deal[lost]]
        paid = amount > 0
        sums = np.cumsum(np.where(paid, amount, 0.0))
        return self.stays.left[lost].astype(np.int64), np.append(0, np.cumsum(paid)), np.append(0.0, sums)

    def wins(self, after: int, until: int) -> int:
        """Deals won after a day, until another."""
        days = self._wins[0]
        return int(np.searchsorted(days, until, side="right") - np.searchsorted(days, after, side="right"))

    def value(self, after: int, until: int) -> float:
        """The value won after a day, until another."""
        days, amounts, _ = self._wins
        inside = slice(np.searchsorted(days, after, side="right"), np.searchsorted(days, until, side="right"))
        return float(np.nansum(amounts[inside]))

    def opened_a_day(self, day: int) -> tuple[float, float]:
        """Deals opened a day over the last half year, and how steady four weeks are (gamma shape)."""
        begin = max(self.steps.begin, day - OPENED_LATELY + 1)
        opened = self.steps.began.sum(axis=0)
        until = opened[day - self.steps.begin + 1]
        rate = float(until - opened[begin - self.steps.begin]) / max(day - begin + 1, 1)
        blocks = (day - begin + 1) // BLOCK
        if blocks < 3:
            return rate, STEADY
        ends = opened[day - self.steps.begin + 1 - BLOCK * np.arange(blocks + 1)]
        counts = ends[:-1] - ends[1:]
        mean, variance = float(counts.mean()), float(counts.var(ddof=1))
        if variance <= mean or mean <= 0:
            return rate, 400.0
        return rate, min(max(mean**2 / (variance - mean), 1.0), 400.0)

    def money(self, day: int) -> Money:
        """What deals brought that were won until a day."""
        days, amounts, products = self._wins
        until = int(np.searchsorted(days, day, side="right"))
        known = ~np.isnan(amounts[:until])
        paid, of = amounts[:until][known], products[:until][known]
        mean, variance = (float(paid.mean()), float(paid.var())) if len(paid) else (0.0, 0.0)
        size = int(self.stays.product.max(initial=-1)) + 2
        counts = np.bincount(of + 1, minlength=size)
        sums, squares = np.bincount(of + 1, paid, size), np.bincount(of + 1, paid**2, size)
        enough = counts >= FEWEST_WON
        own = np.divide(sums, counts, out=np.full(size, mean), where=enough)
        spread = np.divide(squares, counts, out=np.full(size, variance + mean**2), where=enough) - own**2
        return Money(mean, variance, own, np.maximum(spread, 0.0), self._tilt(day, mean, paid))

    def _tilt(self, day: int, won_mean: float, won: Real) -> float:
        """Won deals may be smaller than the open ones: mean won amount over mean closed amount, where lost ones carry it."""
        days, paid, sums = self._lost
        until = int(np.searchsorted(days, day, side="right"))
        lost = int(paid[until])
        if not len(won) or lost * 2 < until or not lost:
            return 1.0
        closed = float((sums[until] + won.sum()) / (lost + len(won)))
        return won_mean / closed if closed > 0 else 1.0

    # --- from a day on ---------------------------------------------------------------------------------------------

    def views(self, days: Sequence[int], ahead: int, draws: int = DRAWS) -> list[View]:
        """What each of the days knew about the same number of days ahead."""
        if not days:
            return []
        seasons = [self._season(day) for day in days]
        lags = [self._lags(day, ahead) for day in days]
        asked = [*days, *(lag for own in lags for lag in own)]
        of = [*range(len(days)), *(place for place, own in enumerate(lags) for _ in own)]
        factors = self._factors(asked, of, seasons, ahead)
        counts = self.steps.until(asked)
        found = look_ahead(chances(counts), _shares(counts.first), ahead, factors)
        spreads = self._parameter_spread(days, counts, factors, ahead, draws)
        errors = self._errors(asked[len(days) :], of[len(days) :], found, len(days), ahead)
        return [
            self._view(day, day + ahead, k, found, float(np.hypot(spreads[k], _shock(errors[k]))), seasons[k])
            for k, day in enumerate(days)
        ]

    def _view(self, day: int, until: int, k: int, found: Ahead, spread: float, season: Pattern | None) -> View:
        there = np.flatnonzero(open_on(self.stays, day))
        chance = found.won[k][self.stays.stage[there], ages(self.stays, there, day)]
        rate, steadiness = self.opened_a_day(day)
        opened, share = rate * (until - day), float(found.new[k].mean()) if until > day else 0.0
        return View(day, until, there, chance, opened, share, steadiness, spread, season)

    def _expected(self, day: int, k: int, found: Ahead, ahead: int) -> float:
        if day not in self._there:
            self._there[day] = self.steps.there(day)
        wins = float((self._there[day] * found.won[k]).sum())
        return wins + self.opened_a_day(day)[0] * float(found.new[k].sum())

    def _lags(self, day: int, ahead: int) -> list[int]:
        """Earlier days whose days ahead are over by this day."""
        first = self.steps.begin + FEWEST_DAYS
        return [lag for n in range(LAGS) if (lag := day - ahead - n * LAG_STEP) >= first]

    def _errors(
        self, lags: list[int], of: list[int], found: Ahead, places: int, ahead: int
    ) -> list[list[tuple[float, float]]]:
        """For each day: (expected, wins) of the days before it that can be judged."""
        told: list[list[tuple[float, float]]] = [[] for _ in range(places)]
        for n, (lag, place) in enumerate(zip(lags, of, strict=True)):
            told[place].append((self._expected(lag, places + n, found, ahead), self.wins(lag, lag + ahead)))
        return told

    def _parameter_spread(
        self, days: Sequence[int], counts: Counts, factors: Real | None, ahead: int, draws: int
    ) -> Real:
        """How much the expected wins move when the chances are drawn from their posterior: relative deviation."""
        n = len(days)
        own = Counts(counts.moves[:n], counts.risk[:n], counts.first[:n])
        drawn = chances(own, draws, np.random.default_rng([SEED, *days]))
        repeated = None if factors is None else np.repeat(factors[:n], draws, axis=0)
        found = look_ahead(drawn, np.repeat(_shares(own.first), draws, axis=0), ahead, repeated)
        spread = np.zeros(n)
        for k, day in enumerate(days):
            each = [self._expected(day, k * draws + j, found, ahead) for j in range(draws)]
            spread[k] = np.std(each) / np.mean(each) if np.mean(each) > 0 else 0.0
        return spread

    # --- the season ------------------------------------------------------------------------------------------------

    def _season(self, day: int) -> Pattern | None:
        """A quarter pattern of winning, as known on that day: wins over what stages and ages alone would bring, by month."""
        return self._pattern(day, 0)

    def _pattern(self, day: int, cause: int) -> Pattern | None:
        months = self._months(day)
        if len(months) < 3 * pattern.FEWEST_BLOCKS[pattern.QUARTER_END] - 2:
            return None
        counts = self.steps.until([day])
        chance = chances(counts)[0][..., self.steps.stages + cause]
        happened = np.cumsum(self.steps.ended_by_day(cause))
        values, weights, blocks, places = [], [], list[object](), []
        for first, last in months:
            a, b = first - self.steps.begin, last - self.steps.begin + 1
            at_risk = self.steps.risk[:, :, b] - self.steps.risk[:, :, a]
            expected = float((at_risk * chance).sum())
            if expected <= 0:
                continue
            came = happened[b - 1] - (happened[a - 1] if a else 0.0)
            middle = EPOCH + timedelta(days=first + 14)
            values.append(came / expected)
            weights.append(expected)
            blocks.append(pattern.quarter(middle))
            places.append((middle.month - 1) % 3)
        return pattern.find(
            pattern.QUARTER_END, np.array(values), np.array(weights), blocks, np.array(places, np.int64)
        )

    def _months(self, day: int) -> list[tuple[int, int]]:
        """Whole months from the records' beginning to a day."""
        begin, end = EPOCH + timedelta(days=self.steps.begin), EPOCH + timedelta(days=day)
        found, at = [], begin if begin.day == 1 else _next_month(begin)
        while _next_month(at) - timedelta(days=1) <= end:
            found.append(((at - EPOCH).days, (_next_month(at) - EPOCH).days - 1))
            at = _next_month(at)
        return found

    def _factors(self, asked: list[int], of: list[int], seasons: list[Pattern | None], ahead: int) -> Real | None:
        if not any(seasons):
            return None
        losing = [self._pattern(asked[place], 1) if seasons[place] else None for place in range(len(seasons))]
        found = np.ones((len(asked), ahead, 2))
        for k, day in enumerate(asked):
            months = np.array([((EPOCH + timedelta(days=day + n + 1)).month - 1) % 3 for n in range(ahead)], np.int64)
            for cause, told in enumerate((seasons[of[k]], losing[of[k]])):
                if told is not None:
                    found[k, :, cause] = told.usual(months)
        return found

    # --- by day, for a picture -------------------------------------------------------------------------------------

    def growth(self, day: int, marks: Sequence[int], season: Pattern | None) -> Real:
        """Expected wins until each of some numbers of days ahead."""
        counts = self.steps.until([day])
        found = []
        for ahead in marks:
            factors = self._factors([day], [0], [season], ahead)
            seen = look_ahead(chances(counts), _shares(counts.first), ahead, factors)
            found.append(self._expected(day, 0, seen, ahead))
        return np.array(found)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _shares(first: Real) -> Real:
    """Where new deals begin, in shares; in the first stage where nothing is known."""
    total = first.sum(axis=1, keepdims=True)
    plain = np.zeros_like(first)
    plain[:, 0] = 1.0
    return np.asarray(np.where(total > 0, first / np.maximum(total, 1.0), plain), np.float64)


def _shock(errors: list[tuple[float, float]]) -> float:
    """The spread of wins around what was expected, beyond chance, drawn towards twelve per cent by two periods, and never under eight."""
    beyond = [((wins - said) / said) ** 2 - 1 / said for said, wins in errors if said > 0]
    mean = (sum(beyond) + PRIOR_LAGS * PRIOR_SPREAD**2) / (len(beyond) + PRIOR_LAGS)
    return max(float(np.sqrt(max(mean, 0.0))), LEAST_SPREAD)


# --- simulation --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Simulated:
    """Wins and value of the days ahead, one of each a simulation; `from_open` are the wins from deals open today."""

    wins: Whole
    value: Real
    from_open: Whole


def simulate(history: History, view: View, money: Money) -> Simulated:
    """Two thousand times: a shared shock, then each open deal won or not, deals opened, and what they bring."""
    random = np.random.default_rng([SEED, view.day, view.until])
    shock = np.exp(random.normal(-(view.spread**2) / 2, view.spread, SIMULATED))
    wins, value = np.zeros(SIMULATED, np.int64), np.zeros(SIMULATED)
    for n, chance, mean, variance in _groups(history.stays, view, money):
        won = random.binomial(n, np.minimum(chance * shock, 0.995))
        wins += won
        value += _amounts(random, won, mean, variance)
    few = random.gamma(view.steadiness, 1 / view.steadiness, SIMULATED)
    new = random.poisson(view.opened * view.new_share * few * shock)
    return Simulated(wins + new, value + _amounts(random, new, money.mean, money.variance), wins)


def _groups(stays: Stays, view: View, money: Money) -> list[tuple[int, float, float, float]]:
    """The open deals in groups of one stage and age: how many, their mean chance, mean amount and its variance."""
    there, chance = view.there, view.chance
    age = np.clip(view.day - stays.entered[there], 1, OLDEST)
    key = stays.stage[there] * len(EDGES) + BIN[age - 1]
    typed, product = stays.amount[stays.deal[there]], stays.product[stays.deal[there]] + 1
    mean = np.where(np.isnan(typed), money.by_product[product], typed * money.tilt)
    spread = np.where(np.isnan(typed), money.spread_by_product[product], 0.0)
    size = len(stays.stages) * len(EDGES)
    n, weight = np.bincount(key, minlength=size), np.bincount(key, chance, size)
    first = np.bincount(key, chance * mean, size)
    second = np.bincount(key, chance * (spread + mean**2), size)
    found = []
    for place in np.flatnonzero(n):
        own = float(weight[place]) or 1.0
        centre = float(first[place]) / own
        variance = max(float(second[place]) / own - centre**2, 0.0)
        # Rounded, so that the order in which an engine gives rows cannot move a draw.
        found.append((int(n[place]), round(float(weight[place] / n[place]), 10), _round(centre), _round(variance)))
    return found


def _round(value: float) -> float:
    """To ten significant digits."""
    return float(f"{value:.10g}")


def _amounts(random: np.random.Generator, won: Whole, mean: float, variance: float) -> Real:
    """The sum of so many amounts: gamma with their mean and variance."""
    if mean <= 0:
        return np.zeros(len(won))
    if variance <= 1e-9 * mean**2:
        return np.asarray(won * mean, np.float64)
    return np.asarray(random.gamma(np.maximum(won, 1e-12) * mean**2 / variance, variance / mean) * (won > 0))


def crps(drawn: Real | Whole, came: float) -> float:
    """Continuous ranked probability score of simulated values (Gneiting & Raftery 2007): 0 is perfect.

    >>> crps(np.array([3.0, 3.0]), 5.0)
    2.0
    """
    ordered, n = np.sort(np.asarray(drawn, float)), len(drawn)
    apart = 2 * float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum()) / n**2
    return float(np.abs(ordered - came).mean()) - apart / 2
