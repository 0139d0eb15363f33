"""The path of one deal, against numpy's quantiles, by what must always hold, and rewound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.analysis.rows import Row, day, deal, prepared, stages, visit
from tests.analysis.test_funnel_histories import LADDERS, Histories, histories
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.deal_path import NINE_IN_TEN, ORDINARY, THREE_IN_FOUR, DealPath, deal_path
from vunnet.analysis.stale import stale

LADDER = ("Met", "Quoted")


def others(n: int = 40) -> tuple[list[Row], list[Row]]:
    """Deals that stay 1.5, 2.5, … days in Met and as long in Quoted; every fourth is lost in Met instead."""
    deals, visits = [], []
    for k in range(n):
        name, stay = f"d{k}", 1.5 + k % 20
        lost = k % 4 == 0
        deals.append(deal(name, "lost" if lost else "won", 0.25, 0.25 + stay * (1 if lost else 2)))
        visits.append(visit(name, "Met", 0.25, 0.25 + stay))
        if not lost:
            visits.append(visit(name, "Quoted", 0.25 + stay, 0.25 + 2 * stay))
    return deals, visits


def asked(rows: tuple[Sequence[Row], Sequence[Row]], name: str, as_of: float = 100) -> DealPath:
    with prepared(rows[0], as_of=as_of, visits=rows[1], stages=stages(*LADDER)) as source:
        found = deal_path(source, name)
    assert not isinstance(found, NotRecorded)
    return found


def test_a_path_by_hand_beside_numpys_quantiles() -> None:
    deals, visits = others()
    deals.append(deal("mine", "won", 1.0, 33.0))
    visits += [visit("mine", "Met", 1.0, 17.0), visit("mine", "Quoted", 17.0, 33.0)]
    path = asked((deals, visits), "mine")
    went_on = [1.5 + k % 20 for k in range(40) if k % 4]
    for stay, begun in zip(path.stays, (0.0, 16.0), strict=True):
        assert (stay.begun, stay.days, stay.lasts) == (begun, 16.0, False)
        assert stay.typical is not None
        assert stay.typical.deals == len(went_on)
        found = (stay.typical.quarter, stay.typical.middle, stay.typical.three_quarters, stay.typical.nine_tenths)
        assert found == pytest.approx(np.quantile(went_on, (0.25, 0.5, 0.75, 0.9)))
    assert (path.outcome, path.days) == ("won", 32.0)


@pytest.mark.parametrize(("days", "verdict"), [(10.0, ORDINARY), (17.0, THREE_IN_FOUR), (19.75, NINE_IN_TEN)])
def test_only_beyond_nine_in_ten_is_slow(days: float, verdict: str) -> None:
    deals, visits = others()
    rows = ([*deals, deal("mine", "lost", 0.0, days)], [*visits, visit("mine", "Met", 0.0, days)])
    path = asked(rows, "mine")
    assert path.stays[0].verdict == verdict
    assert bool(path.slow) == (verdict == NINE_IN_TEN)


def test_a_deal_is_not_measured_by_itself_and_returns_are_stays_of_their_own() -> None:
    deals, visits = others(9)
    walk = [("Met", 0.0, 2.0), ("Quoted", 2.0, 3.0), ("Met", 3.0, 7.0), ("Quoted", 7.0, None)]
    rows = ([*deals, deal("mine", "open", 0.0)], [*visits, *(visit("mine", *one) for one in walk)])
    path = asked(rows, "mine", as_of=19)
    assert [stay.stage for stay in path.stays] == ["Met", "Quoted", "Met", "Quoted"]
    assert [stay.days for stay in path.stays] == [2.0, 1.0, 4.0, 13.0]
    assert [stay.lasts for stay in path.stays] == [False, False, False, True]
    assert all(stay.typical is None for stay in path.stays)  # six others went on: too few to say


def test_stale_is_what_the_count_of_stale_deals_says() -> None:
    deals, visits = others()
    for n, began in enumerate((0.0, 30.0, 80.0)):
        deals.append(deal(f"open{n}", "open", began))
        visits.append(visit(f"open{n}", "Met", began))
    with prepared(deals, as_of=90, visits=visits, stages=stages(*LADDER)) as source:
        paths = [deal_path(source, f"open{n}") for n in range(3)]
        count = stale(source).count_or_why
    old = [path.stays[-1].is_stale for path in paths if isinstance(path, DealPath)]
    assert old == [True, True, False]
    assert count == 2


def test_as_of_rewinds_the_path() -> None:
    deals, visits = others()
    path = asked((deals, visits), "d3", as_of=2)  # in Met for 4.5 days, as is known later
    assert [(stay.stage, stay.lasts) for stay in path.stays] == [("Met", True)]
    assert path.outcome == "open"
    assert path.days == pytest.approx(2.75)
    assert path.stays[0].typical is None  # nobody else but a few had gone on by then
    with (
        pytest.raises(ValueError, match="there is no deal 'late'"),
        prepared([*deals, deal("late", "open", 50)], as_of=2, visits=visits, stages=stages(*LADDER)) as source,
    ):
        deal_path(source, "late")


def test_days_of_the_calendar_are_counted_where_no_time_is_recorded() -> None:
    rows = [deal(f"d{n}", "won", n, n + 10) for n in range(12)]
    visits = [visit(f"d{n}", "Met", n, n + 10) for n in range(12)]
    with prepared(rows, as_of=datetime(2026, 4, 1, 12, tzinfo=UTC), zone="Europe/Oslo", visits=visits) as source:
        found = deal_path(source, "d3")
    assert isinstance(found, DealPath)
    assert found.stays[0].days == 10.0


def test_without_recorded_stays_the_life_is_one() -> None:
    rows = [deal(f"d{n}", "won", 0.25, 3.25 + n) for n in range(12)]
    with prepared(rows, as_of=50) as source:
        found = deal_path(source, "d11")
        nothing = deal_path(source, "d0")
    assert isinstance(found, DealPath)
    assert isinstance(nothing, DealPath)
    assert (found.stays[0].days, found.stays[0].verdict) == (14.0, NINE_IN_TEN)
    assert nothing.stays[0].verdict == ORDINARY


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_whatever_happened_a_path_is_in_order_and_within_its_deal(found: Histories) -> None:
    ladder = [row for name, steps in LADDERS.items() for row in stages(*steps, pipeline=name)]
    with prepared(found.deals, as_of=40, visits=found.visits, stages=ladder) as source:
        for row in found.deals:
            path = deal_path(source, row["deal_id"])
            own = [v for v in found.visits if v["deal_id"] == row["deal_id"] and v["entered_at"] < day(41)]
            if isinstance(path, NotRecorded):
                assert not own
                continue
            assert len(path.stays) == len(own)
            assert path.stays[0].begun == 0.0
            begun = [stay.begun for stay in path.stays]
            assert begun == sorted(begun)
            assert all(stay.days >= 0 for stay in path.stays)
            assert not any(stay.lasts for stay in path.stays[:-1])
            for stay in path.stays:
                if stay.typical:
                    kept = (
                        stay.typical.quarter,
                        stay.typical.middle,
                        stay.typical.three_quarters,
                        stay.typical.nine_tenths,
                    )
                    assert list(kept) == sorted(kept)
