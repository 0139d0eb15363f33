"""How past forecasts are scored and grouped."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.stats import norm
from scipy.stats import t as student

from bench.forecast import calibrated
from tests.analysis.rows import prepared
from tests.analysis.test_forecast import busy, ladder, told
from vunnet.analysis.backtest import (
    NOT_YET,
    TOO_FEW_PERIODS,
    TRUSTED,
    Backtest,
    Past,
    Spread,
    spread,
)
from vunnet.analysis.forecast import forecast
from vunnet.analysis.predict import crps
from vunnet.analysis.reliability import groups
from vunnet.charts import Language
from vunnet.charts.words import held_sentence, reliability_sentence


def test_crps_is_the_integral_it_is_defined_by() -> None:
    drawn = norm.ppf((np.arange(4_000) + 0.5) / 4_000, 10, 3)
    integral, _ = quad(lambda x: (norm.cdf(x, 10, 3) - (x >= 12)) ** 2, -20, 40, points=[12])
    assert crps(drawn, 12.0) == pytest.approx(integral, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(some.lists(some.tuples(some.floats(0, 1), some.booleans()), max_size=60))
def test_groups_hold_every_deal_once_in_the_order_of_what_was_said(pairs: list[tuple[float, bool]]) -> None:
    said, came = np.array([p for p, _ in pairs]), np.array([float(c) for _, c in pairs])
    found = groups(said, came, np.arange(len(said)))
    assert sum(group.came.closed for group in found) == len(pairs)
    assert sum(group.came.won for group in found) == came.sum()
    means = [group.said for group in found]
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(means))
    assert len(found) <= 10


@settings(max_examples=30, deadline=None)
@given(
    some.lists(some.tuples(some.sampled_from((0.0, 0.1, 0.25, 0.3, 0.7)), some.booleans()), max_size=60), some.randoms()
)
def test_groups_do_not_know_in_which_order_deals_come_and_never_part_those_told_the_same(
    pairs: list[tuple[float, bool]], random: Random
) -> None:
    mixed = random.sample(pairs, len(pairs))
    first, second = (
        groups(np.array([p for p, _ in each]), np.array([float(c) for _, c in each]), np.arange(len(each)))
        for each in (pairs, mixed)
    )
    assert first == second
    edges = set(itertools.accumulate(group.came.closed for group in first))
    ordered = sorted(p for p, _ in pairs)
    assert all(edge == len(ordered) or ordered[edge - 1] < ordered[edge] for edge in edges)


def test_groups_of_chances_that_all_differ_are_ten_of_equal_size() -> None:
    said = np.random.default_rng(1).random(1_000)
    found = groups(said, np.zeros(1_000), np.arange(1_000))
    assert [group.came.closed for group in found] == [100] * 10
    assert found[0].said == pytest.approx(np.sort(said)[:100].mean())


def test_a_forecast_does_not_know_in_which_order_rows_come_or_what_deals_are_called() -> None:
    deals, visits = busy()
    renamed = {row["deal_id"]: f"x{Random(row['deal_id']).random()}" for row in deals}
    found = []
    for rename in (False, True):
        both = [
            [{**row, "deal_id": renamed[row["deal_id"]]} if rename else row for row in rows] for rows in (deals, visits)
        ]
        if rename:
            for rows in both:
                Random(5).shuffle(rows)
        with prepared(both[0], 420, visits=both[1], stages=ladder()) as source:
            found.append(told(forecast(source)))
    first, second = found
    assert [group.came for group in first.backtest.groups] == [group.came for group in second.backtest.groups]
    assert first.wins == second.wins


def test_a_forecast_of_each_deal_once_is_judged_by_wilson_and_student() -> None:
    said, came = np.full(200, 0.3), np.repeat([1.0, 0.0], [90, 110])
    (found,) = groups(said, came, np.arange(200))
    spread_of = np.sqrt(0.3 * 0.7 / (200 * 199 / 200))  # one forecast a deal: as many as there are, less one
    assert found.q_value == pytest.approx(2 * student.sf((0.45 - 0.3) / spread_of, 199), rel=1e-6)
    assert (found.came.low, found.came.high) == pytest.approx((0.382, 0.520), abs=2e-3)
    assert found.differs


def interval(won: int, n: int, worth: float, deals: int) -> tuple[float, float]:
    """Wilson's, of a share of so much worth, with Student's t for the deals."""
    z, rate = student.ppf(0.975, deals - 1), won / n
    centre, half = rate + z * z / (2 * worth), z * np.sqrt(rate * (1 - rate) / worth + z * z / (4 * worth * worth))
    return (centre - half) / (1 + z * z / worth), (centre + half) / (1 + z * z / worth)


def test_the_interval_is_wilsons_with_students_t() -> None:
    (found,) = groups(np.full(12, 0.3), np.repeat([1.0, 0.0], [5, 7]), np.arange(12))
    assert (found.came.low, found.came.high) == pytest.approx(interval(5, 12, 11, 12), rel=1e-9)
    (none,) = groups(np.full(12, 0.3), np.zeros(12), np.arange(12))
    (every,) = groups(np.full(12, 0.3), np.ones(12), np.arange(12))
    assert (none.came.low, every.came.high) == (0.0, 1.0)


def test_forecasts_that_miss_in_turn_tell_no_more_than_as_many_independent_ones() -> None:
    (found,) = groups(np.full(40, 0.3), np.tile([1.0, 0.0], 20), np.repeat(np.arange(20), 2))
    assert (found.came.low, found.came.high) == pytest.approx(interval(20, 40, 40, 20), rel=1e-9)


def test_where_all_came_true_the_forecasts_of_a_deal_are_one() -> None:
    (once,) = groups(np.full(12, 0.3), np.ones(12), np.arange(12))
    (often,) = groups(np.full(120, 0.3), np.ones(120), np.repeat(np.arange(12), 10))
    assert (often.came.low, often.q_value) == pytest.approx((once.came.low, once.q_value), rel=1e-9)


def test_no_group_is_surer_than_forecasts_are_on_average() -> None:
    low, high = np.full(20, 0.2), np.full(100, 0.8)
    came = np.repeat([1.0, 0.0], [6, 14])
    (alone,) = groups(low, came, np.arange(20))
    both = groups(
        np.append(low, high),
        np.append(came, np.repeat([1.0, 0.0], [70, 30])),
        np.append(np.arange(20), 20 + np.repeat(np.arange(10), 10)),
    )
    first = next(group for group in both if group.said == pytest.approx(0.2))
    assert (first.came.won, first.came.closed) == (6, 20)
    # Of the ten others each is told ten times: on average a forecast is worth about a ninth of one.
    assert first.came.low is not None
    assert alone.came.low is not None
    assert first.came.low < alone.came.low / 2


def test_nine_deals_are_too_few_to_say_however_often_they_were_forecast() -> None:
    for deals, is_told in ((9, False), (10, True)):
        said, came = np.full(10 * deals, 0.3), np.tile([1.0, 0.0], 5 * deals)
        (found,) = groups(said, came, np.repeat(np.arange(deals), 10))
        assert (found.q_value is not None) == is_told


def test_a_deal_that_is_forecast_ten_times_counts_once() -> None:
    said, came = np.full(20, 0.3), np.repeat([1.0, 0.0], [12, 8])
    (once,) = groups(said, came, np.arange(20))
    (often,) = groups(np.repeat(said, 10), np.repeat(came, 10), np.repeat(np.arange(20), 10))
    assert (often.came.closed, once.came.closed) == (200, 20)
    assert (often.came.low, often.came.high, often.q_value) == pytest.approx(
        (once.came.low, once.came.high, once.q_value)
    )
    (apart,) = groups(np.repeat(said, 10), np.repeat(came, 10), np.arange(200))
    assert apart.q_value is not None
    assert often.q_value is not None
    assert apart.q_value < 1e-6 < often.q_value


def test_of_chances_that_are_true_few_reports_say_that_a_group_differs() -> None:
    """Deals forecast on every thirtieth day for ninety days ahead by their true chances; bench/forecast.py has more."""
    random = np.random.default_rng(12)
    told = [any(group.differs for group in groups(*calibrated(random, 1.0, 90))) for _ in range(150)]
    assert sum(told) <= 12  # 5 % make 7.5; more than 12 has a chance of 5 %, and about 3 % are measured


def _past(held: bool, held_value: bool | None = None) -> Past:
    flat = Spread(1, 2, 3, 4, 5, 6, 7)
    value = None if held_value is None else flat
    came = None if held_value is None else 4.0 if held_value else 9.0
    return Past(date(2026, 1, 1), date(2026, 2, 1), flat, 4 if held else 9, value, came, 1.0, 0.1, 0.2)


def test_an_interval_that_held_too_seldom_is_not_yet_trustworthy() -> None:
    assert Backtest(tuple(_past(n < 6) for n in range(10)), ()).verdict == NOT_YET
    assert Backtest(tuple(_past(n < 7) for n in range(10)), ()).verdict == TRUSTED
    assert Backtest(tuple(_past(True) for _ in range(9)), ()).verdict == TOO_FEW_PERIODS
    assert Backtest((), ()).held is None
    assert Backtest((_past(True),), ()).skill == pytest.approx(0.5)


def test_value_and_number_are_each_judged_by_their_own_count() -> None:
    told = Backtest(tuple(_past(n < 9, n < 5) for n in range(10)), ())
    assert (told.held, told.held_value, told.verdict, told.verdict_value) == (0.9, 0.5, TRUSTED, NOT_YET)
    assert (told.to_json()["held_80"], told.to_json()["held_80_value"]) == (0.9, 0.5)
    both = "the 80% interval of the value held in 5 of 10 past periods, that of the number won in 9"
    assert held_sentence(told, Language("en")) == f"Not yet trustworthy: {both}."
    plain = Backtest(tuple(_past(n < 9) for n in range(10)), ())
    assert held_sentence(plain, Language("en")) == "The 80% interval of the number won held in 9 of 10 past periods."
    few = held_sentence(Backtest((_past(True, True),), ()), Language("en"))
    assert few.endswith("held in 1 of 1 past periods, that of the number won in 1: too few periods to judge.")


@pytest.mark.parametrize(
    ("brier", "said"),
    [
        (0.15, "25% better (Brier)"),
        (0.2, "would have been as good"),
        (0.201, "as good"),
        (0.3, "would have been better"),
    ],
)
def test_a_forecast_worse_than_the_average_says_so(brier: float, said: str) -> None:
    some_groups = groups(np.full(20, 0.3), np.repeat([1.0, 0.0], [6, 14]), np.arange(20))
    told = Backtest((replace(_past(True), brier=brier, brier_base=0.2),), some_groups, 20)
    assert said in reliability_sentence(told, Language("en"))


def test_a_spread_is_the_quantiles_of_numpy() -> None:
    drawn = np.arange(101.0)
    assert spread(drawn, 5) == Spread(7.5, 15, 30, 55, 80, 95, 102.5)
