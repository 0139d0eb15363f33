from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import norm
from statsmodels.stats.contingency_tables import Table

from tests.analysis.rows import Row, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.cohorts import Cohorts, _trend, cohorts

AS_OF, OBSERVED = date(2017, 12, 31), date(2017, 3, 1)


def asked(rows: list[Row], as_of: float | date, observed_from: date | None = None) -> Cohorts:
    with prepared(rows, as_of=as_of, observed_from=observed_from) as source:
        found = cohorts(source)
    assert isinstance(found, Cohorts)
    return found


def by_hand(rows: list[Row], as_of: date, days: int) -> dict[str, tuple[int, float | None]]:
    """Deals opened and share won by a day, month by month, counted one deal at a time."""
    months: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["created_at"] is not None and row["created_at"].date() <= as_of:
            months[f"{row['created_at']:%Y-%m}"].append(row)
    found = {}
    for month, own in months.items():
        youngest = max(row["created_at"].date() for row in own)
        won = sum(row["outcome"] == "won" and (row["closed_at"] - row["created_at"]).days <= days for row in own)
        found[month] = (len(own), won / len(own) if (as_of - youngest).days >= days else None)
    return found


@pytest.mark.parametrize("days", [7, 30, 60, 90])
def test_maven_matches_a_count_by_hand(days: int) -> None:
    rows = maven_rows()
    expected = by_hand(
        [row for row in rows if not row["created_at"] or row["created_at"].date() >= OBSERVED], AS_OF, days
    )
    for row in asked(rows, AS_OF, OBSERVED).rows:
        rate = row.won_by[days]
        assert (row.deals, rate.rate if rate else None) == pytest.approx(expected[f"{row.month:%Y-%m}"])


def test_a_cell_is_blank_until_the_youngest_deal_has_been_followed_so_long() -> None:
    rows = [deal("a", "won", 0, 5), deal("b", "open", 20)]
    assert asked(rows, 49).rows[0].won_by[30] is None  # the younger one is 29 days old
    known = asked(rows, 50).rows[0].won_by[30]
    assert known is not None
    assert known.rate == 0.5


def test_the_json_has_the_three_horizons_always() -> None:
    found = asked([deal("a", "won", 0, 40)], 70).to_json()[0]
    assert (found["created"], found["deals"]) == ("2026-01", 1)
    assert (found["won_by_30"], found["won_by_60"], found["won_by_90"]) == (0.0, 1.0, None)


def test_months_before_the_records_are_left_out() -> None:
    rows = [deal("old", "won", 3, 40), deal("mid", "won", 31, 40), deal("new", "won", 65, 70)]
    found = asked(rows, 200, observed_from=date(2026, 1, 15))
    assert [f"{row.month:%m}" for row in found.rows] == ["02", "03"]


def test_a_month_that_begins_with_the_records_counts() -> None:
    rows = [deal("old", "won", 3, 40), deal("new", "won", 33, 40)]
    assert [f"{row.month:%m}" for row in asked(rows, 200, observed_from=date(2026, 2, 1)).rows] == ["02"]


def test_a_month_under_ten_deals_is_not_compared() -> None:
    rows = opened_by_month([0.4, 0.4])
    lucky = [deal(f"x{n}", "won", 70, 75) for n in range(9)]
    assert asked([*rows, *lucky], 400).p_value == asked(rows, 400).p_value


def opened_by_month(shares: list[float], each: int = 100) -> list[Row]:
    return [
        deal(f"{month}-{n}", "won" if n < share * each else "lost", month * 30.5 + 2, month * 30.5 + 6)
        for month, share in enumerate(shares)
        for n in range(each)
    ]


def test_a_fall_is_told_from_chance_and_from_mere_scatter() -> None:
    assert asked(opened_by_month([0.6, 0.5, 0.4, 0.3]), 400).verdict == "differs: falling"
    assert asked(opened_by_month([0.3, 0.4, 0.5, 0.6]), 400).verdict == "differs: rising"
    assert asked(opened_by_month([0.40, 0.42, 0.39, 0.41]), 400).verdict == "no evidence of a difference"
    assert asked(opened_by_month([0.2, 0.7, 0.2, 0.7, 0.2, 0.8]), 400).verdict == "differs"
    assert asked(opened_by_month([0.4], each=9), 400).verdict == "too few to say"


def test_the_verdict_and_its_tests_stand_beside_the_months() -> None:
    found = asked(opened_by_month([0.6, 0.5, 0.4, 0.3]), 400)
    compared = found.compared_to_json()
    assert compared == {
        "compared_by": 30,
        "months": 4,
        "p_value": found.p_value,
        "trend_p_value": found.trend_p_value,
        "verdict": "differs: falling",
    }
    assert [row["won_by_30"] for row in found.table()] == [0.6, 0.5, 0.4, 0.3]
    assert all(row["verdict"] == "differs: falling" and row["p_value"] == found.p_value for row in found.table())


def test_the_trend_is_that_of_statsmodels() -> None:
    won, deals = np.array([60, 55, 52, 41, 40]), np.array([200, 190, 205, 188, 201])
    other = Table(np.array([won, deals - won]), shift_zeros=False).test_ordinal_association(
        np.array([1, 0]), np.arange(5)
    )
    found = _trend(list(range(5)), list(won), list(deals))
    assert found is not None
    total = deals.sum()
    scaled = other.zscore * np.sqrt(total / (total - 1))  # theirs keeps both margins fixed
    assert found[0] == pytest.approx(scaled, rel=1e-9)


@pytest.mark.parametrize("won", [(20, 70, 30, 80, 40), (10, 60, 60, 20, 90), (70, 40, 75, 20, 25)])
def test_scatter_around_a_trend_widens_it_as_weighted_least_squares_does(won: tuple[int, ...]) -> None:
    deals = (100, 90, 150, 110, 120)
    shares = np.array(won) / np.array(deals)
    fit = sm.WLS(shares, sm.add_constant(np.arange(5.0)), weights=deals).fit()
    assert _trend(list(range(5)), list(won), list(deals)) == pytest.approx((fit.tvalues[1], fit.pvalues[1]), rel=1e-9)


def test_months_that_scatter_no_more_than_chance_does_are_judged_by_the_normal_curve() -> None:
    found = _trend(list(range(5)), [60, 55, 52, 41, 40], [200, 190, 205, 188, 201])
    assert found is not None
    assert found[1] == pytest.approx(2 * norm.sf(abs(found[0])), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 100), some.integers(0, 90), some.booleans()), min_size=1, max_size=20))
def test_shares_never_fall_with_age_and_deals_add_up(lives: list[tuple[int, int, bool]]) -> None:
    rows = [
        deal(str(n), "won" if won else "lost", opened, opened + lived) for n, (opened, lived, won) in enumerate(lives)
    ]
    found = asked(rows, 400)
    assert sum(row.deals for row in found.rows) == len(rows)
    for row in found.rows:
        shares = [rate.rate for rate in row.won_by.values() if rate and rate.rate is not None]
        assert shares == sorted(shares)


def test_later_rows_change_nothing() -> None:
    rows = opened_by_month([0.4, 0.5])
    later = [deal("later", "won", 120, 121), deal("after", "lost", 130)]
    assert asked(rows, 100) == asked([*rows, *later], 100)


def test_what_the_data_cannot_answer_is_said() -> None:
    for rows in ([], [deal("a", "won", None)], [deal("a", "won", 0, 5)]):
        with prepared(rows, as_of=100, observed_from=date(2026, 3, 1)) as source:
            assert isinstance(cohorts(source), NotRecorded)
