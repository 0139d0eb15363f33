"""How past forecasts are scored and grouped."""

from __future__ import annotations

import itertools
from datetime import date
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.stats import norm

from tests.analysis.rows import prepared
from tests.analysis.test_forecast import busy, ladder, told
from vunnet.analysis.backtest import (
    NOT_YET,
    TOO_FEW_PERIODS,
    TRUSTED,
    Backtest,
    Past,
    Spread,
    groups,
    spread,
)
from vunnet.analysis.forecast import forecast
from vunnet.analysis.predict import crps


def test_crps_is_the_integral_it_is_defined_by() -> None:
    drawn = norm.ppf((np.arange(4_000) + 0.5) / 4_000, 10, 3)
    integral, _ = quad(lambda x: (norm.cdf(x, 10, 3) - (x >= 12)) ** 2, -20, 40, points=[12])
    assert crps(drawn, 12.0) == pytest.approx(integral, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(some.lists(some.tuples(some.floats(0, 1), some.booleans()), max_size=60))
def test_groups_hold_every_deal_once_in_the_order_of_what_was_said(pairs: list[tuple[float, bool]]) -> None:
    said, came = np.array([p for p, _ in pairs]), np.array([float(c) for _, c in pairs])
    found = groups(said, came)
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
        groups(np.array([p for p, _ in each]), np.array([float(c) for _, c in each])) for each in (pairs, mixed)
    )
    assert first == second
    edges = set(itertools.accumulate(group.came.closed for group in first))
    ordered = sorted(p for p, _ in pairs)
    assert all(edge == len(ordered) or ordered[edge - 1] < ordered[edge] for edge in edges)


def test_groups_of_chances_that_all_differ_are_ten_of_equal_size() -> None:
    said = np.random.default_rng(1).random(1_000)
    found = groups(said, np.zeros(1_000))
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


def _past(held: bool) -> Past:
    flat = Spread(1, 2, 3, 4, 5, 6, 7)
    return Past(date(2026, 1, 1), date(2026, 2, 1), flat, 4 if held else 9, None, None, 1.0, 0.1, 0.2)


def test_an_interval_that_held_too_seldom_is_not_yet_trustworthy() -> None:
    assert Backtest(tuple(_past(n < 6) for n in range(10)), ()).verdict == NOT_YET
    assert Backtest(tuple(_past(n < 7) for n in range(10)), ()).verdict == TRUSTED
    assert Backtest(tuple(_past(True) for _ in range(9)), ()).verdict == TOO_FEW_PERIODS
    assert Backtest((), ()).held is None
    assert Backtest((_past(True),), ()).skill == pytest.approx(0.5)


def test_a_spread_is_the_quantiles_of_numpy() -> None:
    drawn = np.arange(101.0)
    assert spread(drawn, 5) == Spread(7.5, 15, 30, 55, 80, 95, 102.5)
