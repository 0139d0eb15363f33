"""What must be true of every metric whatever the rows: one test a metric, on sources in which every one answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tests.analysis.sources import Source, few, inside, sources
from vunnet.analysis.amounts import amounts
from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.cohorts import cohorts
from vunnet.analysis.counts import counts
from vunnet.analysis.customers import customer_status
from vunnet.analysis.drivers import drivers
from vunnet.analysis.forecast import forecast
from vunnet.analysis.funnel import funnel
from vunnet.analysis.leaks import leaks
from vunnet.analysis.mix_or_rate import mix_or_rate
from vunnet.analysis.question import Period
from vunnet.analysis.repeat import repeat_interval
from vunnet.analysis.segments import Segment, segments
from vunnet.analysis.signals import signals
from vunnet.analysis.stale import stale
from vunnet.analysis.time_to_close import HORIZONS, time_to_close
from vunnet.analysis.velocity import velocity
from vunnet.analysis.win_rate import change, win_rate
from vunnet.analysis.within_days import within_days
from vunnet.analysis.won import won

Answer = TypeVar("Answer")


def told(found: Answer | NotRecorded) -> Answer:
    assert not isinstance(found, NotRecorded), str(found)
    return found


def is_wilson(rate: Rate, won_deals: int, closed: int) -> None:
    low, high = proportion_confint(won_deals, closed, method="wilson")
    assert (rate.won, rate.closed) == (won_deals, closed)
    assert (rate.rate, rate.low, rate.high) == pytest.approx((won_deals / closed, low, high), abs=1e-9)


def ordered(*numbers: float | None) -> bool:
    known = [number for number in numbers if number is not None]
    return all(a <= b + 1e-9 for a, b in pairwise(known))


@few
@given(sources())
def test_counts_sum_to_all_deals(source: Source) -> None:
    with source.prepared() as ready:
        found = counts(ready)
    outcomes = Counter(one["outcome"] for one in source.known.tables["deals"])
    assert (found.won, found.lost, found.cancelled, found.open) == tuple(
        outcomes[name] for name in ("won", "lost", "cancelled", "open")
    )
    assert found.deals == sum(outcomes.values())


@few
@given(sources())
def test_stale_deals_are_some_of_the_open_ones_in_their_stage(source: Source) -> None:
    with source.prepared() as ready:
        limits = told(stale(ready).limits)
    standing = {one["deal_id"] for one in source.known.tables["deals"] if one["outcome"] == "open"}
    stays = source.known.tables["visits"]
    for limit in limits:
        present = [v for v in stays if v["stage"] == limit.stage and v["left_at"] is None and v["deal_id"] in standing]
        assert 0 <= limit.stale <= len(present)
        assert limit.left == sum(v["stage"] == limit.stage and v["left_at"] is not None for v in stays)
    assert sum(limit.stale for limit in limits) > 0


@few
@given(sources())
def test_a_win_rate_is_won_of_won_and_lost_within_its_interval(source: Source) -> None:
    with source.prepared() as ready:
        found = win_rate(ready, source.period)
    closed, own = source.closed(source.period), source.won(source.period)
    is_wilson(found.by_count, len(own), len(closed))
    assert found.cancelled == len(source.ended(source.period)) - len(closed)
    value = told(found.by_value)
    assert value.rate == pytest.approx(paid(own) / paid(closed))
    assert ordered(0, value.low, value.rate, value.high, 1)
    assert value.low < value.rate < value.high  # type: ignore[operator]


def paid(rows: Iterable[dict[str, Any]]) -> float:
    return float(sum(row["amount"] or 0 for row in rows))


@few
@given(sources())
def test_a_change_is_tested_between_the_two_counts(source: Source) -> None:
    with source.prepared() as ready:
        found = told(change(ready, source.period, win_rate(ready, source.period).by_count))
    before = Period(source.as_of - timedelta(days=359), source.as_of - timedelta(days=180))
    counted = [(len(source.won(p)), len(source.closed(p))) for p in (before, source.period)]
    is_wilson(found.before, *counted[0])
    p_value = stats.chi2_contingency([[w, n - w] for w, n in counted], correction=False).pvalue
    assert found.p_value == pytest.approx(p_value)
    assert found.verdict.startswith("differs") == (p_value < 0.05)


@few
@given(sources())
def test_amounts_lie_in_bins_that_hold_every_won_deal(source: Source) -> None:
    with source.prepared() as ready:
        found = told(amounts(ready, source.period))
    own = sorted(float(one["amount"]) for one in source.won(source.period) if one["amount"])
    assert found.count == len(own) == sum(n for _, n in found.bins)
    assert found.largest == pytest.approx(sum(own[-5:]) / sum(own))
    assert ordered(5 / len(own), found.largest, 1)


@few
@given(sources())
def test_members_of_a_segment_sum_to_the_whole_and_are_drawn_to_it(source: Source) -> None:
    with source.prepared() as ready:
        found = {by: told(one) for by, one in segments(ready, source.period, size_edges=(2000, 8000)).items()}
    closed, tested = source.closed(source.period), [one.p_value for one in found.values() if one.p_value is not None]
    for by, one in found.items():
        named = [member for member in one.members if member.value is not None]
        assert sum(member.rate.closed for member in one.members) == len(closed)
        assert sum(member.rate.won for member in one.members) == len(source.won(source.period))
        assert sum(member.rate.closed for member in named) == one.everyone.closed
        if by in ("owner", "product", "source", "team", "x_size"):
            assert {m.value: m.rate.closed for m in one.members} == Counter(row[by] for row in closed)
        if one.p_value is not None:
            assert one.q_value is not None
            assert ordered(one.p_value, one.q_value, one.p_value * len(tested))
        _is_shrunk(one)
        differs = [member for member in named if member.verdict.startswith("differs")]
        assert bool(differs) == (one.verdict == "differs")


def _is_shrunk(one: Segment) -> None:
    centre = one.prior.rate
    for member in one.members:
        if member.value is None or member.shrunk is None or member.rate.rate is None:
            continue
        assert ordered(min(centre, member.rate.rate), member.shrunk.rate, max(centre, member.rate.rate))
        assert ordered(member.shrunk.low, member.shrunk.rate, member.shrunk.high)


@few
@given(sources())
def test_shares_closed_never_fall_with_days_and_stay_within_all(source: Source) -> None:
    with source.prepared() as ready:
        found = told(time_to_close(ready, source.period))
    opened = [one for one in source.known.tables["deals"] if inside(source.period, one["created_at"])]
    assert found.opened == len(opened)
    days = [d for d in HORIZONS if found.at("won", d)]
    assert len(days) >= 4
    each = {name: [found.at(name, d) for d in days] for name in ("won", "lost", "cancelled")}
    for shares in each.values():
        assert ordered(*(share.share for share in shares if share))
        assert all(share is None or ordered(0, share.low, share.share, share.high, 1) for share in shares)
    for together in zip(*each.values(), strict=True):
        assert sum(share.share for share in together if share) <= 1 + 1e-9


@few
@given(sources(), some.sampled_from((7, 30, 45)))
def test_early_and_late_deals_are_all_that_closed(source: Source, cut: int) -> None:
    with source.prepared() as ready:
        lives = told(time_to_close(ready, source.period))
        found = told(within_days(ready, cut, source.period, source.period))
    closed = source.closed(source.period)
    assert found.closed_within.closed + found.closed_later.closed == len(closed)
    assert found.closed_within.won + found.closed_later.won == len(source.won(source.period))
    assert found.won_within == lives.at("won", cut)
    is_wilson(found.closed_later, int(found.closed_later.won), int(found.closed_later.closed))


@few
@given(sources())
def test_purchases_are_days_of_a_company_and_those_repeated_are_some_of_them(source: Source) -> None:
    with source.prepared() as ready:
        found = told(repeat_interval(ready, source.period))
    days = {(one["company"], one["closed_at"].date()) for one in source.won(source.period) if one["company"]}
    last = {company: max(day for own, day in days if own == company) for company, _ in days}
    assert (found.purchases, found.companies) == (len(days), len(last))
    assert found.repeated == sum(last[company] > day for company, day in days)  # the period ends on the day seen from
    shares = [share for at in range(10, 180, 20) if (share := found.within(at))]
    assert len(shares) > 2
    assert ordered(*(share.share for share in shares))
    assert all(ordered(0, share.low, share.share, share.high, 1) for share in shares)


@few
@given(sources())
def test_a_cohort_is_blank_until_followed_and_wins_only_grow(source: Source) -> None:
    with source.prepared() as ready:
        found = told(cohorts(ready))
    opened = source.known.tables["deals"]
    assert sum(row.deals for row in found.rows) == len(opened)
    for row in found.rows:
        own = [
            one
            for one in opened
            if (one["created_at"].year, one["created_at"].month) == (row.month.year, row.month.month)
        ]
        youngest = max(one["created_at"] for one in own)
        followed = (source.as_of - youngest.date()).days
        known = {days: rate for days, rate in row.won_by.items() if rate}
        assert all((days in known) == (days <= followed) for days in HORIZONS if abs(days - followed) > 1)
        assert ordered(*(rate.won for _, rate in sorted(known.items())), row.deals)
        assert all(rate.closed == row.deals for rate in known.values())


@few
@given(sources())
def test_a_driver_lies_within_its_interval_and_the_naive_figure_is_the_plain_one(source: Source) -> None:
    with source.prepared() as ready:
        found = told(drivers(ready))
    assert {"team_size", "touches", "people", "channels", "size", "source"} <= {one.name for one in found.rows}
    closed, effects = source.closed(), 0
    for one in found.rows:
        assert one.deals <= found.deals
        assert one.won <= found.won <= len(source.won())
        for estimate in (one.marginal_effect, one.adjusted_odds_ratio, one.naive_odds_ratio, one.naive_effect):
            if estimate is not None:
                effects += 1
                assert estimate.low <= estimate.value <= estimate.high
        if one.p_value is not None and one.q_value is not None:
            assert ordered(one.p_value, one.q_value)
        if one.name == "source" and one.naive_odds_ratio is not None:
            named = [row for row in closed if row["source"] is not None]
            own, rest = ([row for row in named if (row["source"] == one.value) == mine] for mine in (True, False))
            odds = [
                sum(r["outcome"] == "won" for r in rows) / sum(r["outcome"] == "lost" for r in rows)
                for rows in (own, rest)
            ]
            assert one.naive_odds_ratio.value == pytest.approx(odds[0] / odds[1], rel=1e-6)
    assert effects > 10


@few
@given(sources())
def test_a_stage_of_the_funnel_is_left_by_each_deal_in_one_way(source: Source) -> None:
    with source.prepared() as ready:
        (found,) = told(funnel(ready, source.period, "product"))
    entered = Counter()
    for one in {(v["deal_id"], v["stage"]): v for v in source.known.tables["visits"]}.values():
        entered[one["stage"]] += inside(source.period, one["entered_at"])
    for flow in found.stages:
        parts = (flow.advanced, flow.won, flow.lost, flow.cancelled, flow.moved_back, flow.open)
        assert flow.entered == sum(parts) == entered[flow.stage] > 0
        assert sum(flow.by.values()) == flow.entered
    assert found.won == len(source.won(source.period))


@few
@given(sources())
def test_what_was_won_is_the_sum_of_its_parts_however_it_is_split(source: Source) -> None:
    with source.prepared() as ready:
        found = won(ready, source.period)
    own = source.won(source.period)
    assert (found.count, found.value) == (len(own), paid(own))
    assert set(found.by) == {"product", "size", "owner", "source", "quarter", "customer"}
    for by, parts in found.by.items():
        parts = told(parts)
        assert len(parts) > 1, by
        assert sum(part.amount or 0 for part in parts) == pytest.approx(told(found.value)), by
        if by != "product":  # a deal with two products counts under both
            assert sum(part.count for part in parts) == pytest.approx(found.count), by
    assert {part.value: part.count for part in told(found.by["source"])} == Counter(one["source"] for one in own)


@few
@given(sources())
def test_every_closed_deal_has_one_status(source: Source) -> None:
    with source.prepared() as ready:
        found = told(customer_status(ready, source.period))
    closed = source.closed(source.period)
    assert found.unknown == sum(one["company"] is None for one in closed)
    assert sum(rate.closed for rate in found.rates.values()) + found.unknown == len(closed)
    assert sum(rate.won for rate in found.rates.values()) == sum(
        one["company"] is not None for one in source.won(source.period)
    )
    assert found.rates["existing"].closed > 0
    assert found.rates["new"].closed + found.rates["won_back"].closed > 0
    assert found.compared


@few
@given(sources())
def test_leaks_are_ranked_by_what_they_bring_back_at_least(source: Source) -> None:
    with source.prepared() as ready:
        found = told(leaks(ready, "product"))
    lows = [row.extra_wins.low for row in found.rows]
    assert lows == sorted(lows, reverse=True)
    assert {row.stage for row in found.rows} == {"Met", "Quoted", "Agreed"}
    for row in found.rows:
        assert ordered(0, row.extra_wins.low, row.extra_wins.value, row.extra_wins.high)
        last = row.quarters[-4:]
        assert ordered(0, min(q.rate or 0 for q in row.quarters), row.now, max(q.rate or 0 for q in row.quarters), 1)
        assert row.lost <= sum(q.closed - q.won for q in last)
        if row.verdict == "no evidence of a difference":
            assert row.extra_wins.low == 0


@few
@given(sources())
def test_mix_and_rate_add_up_to_the_change(source: Source) -> None:
    with source.prepared() as ready:
        found = told(mix_or_rate(ready, source.period))
    assert {"owner", "team", "product", "source"} <= {one.by for one in found}
    for one in found:
        is_wilson(one.from_rate, len(source.won(one.earlier)), len(source.closed(one.earlier)))
        is_wilson(one.to_rate, len(source.won(one.later)), len(source.closed(one.later)))
        assert one.mix.change + one.rate.change == pytest.approx(one.to_rate.rate - one.from_rate.rate)  # type: ignore[operator]
        assert sum(part.points.change for part in one.parts) == pytest.approx(one.rate.change)
        assert all(ordered(part.points.low, part.points.change, part.points.high) for part in one.parts)


@few
@given(sources())
def test_limits_lie_around_what_is_expected_and_signals_beyond_them(source: Source) -> None:
    with source.prepared() as ready:
        found = told(signals(ready))
    assert {one.measure for one in found.boards} == {
        "win_rate",
        "won_within",
        "won_value",
        "opened",
        "touches_per_deal",
    }
    for one in found.boards:
        assert one.baseline >= 12
        runs = {n for s in one.signals if not s.rule.startswith("beyond") for n in range(s.place, s.until + 1)}
        beyond = {n for s in one.signals if s.rule.startswith("beyond") for n in range(s.place, s.until + 1)}
        for n, point in enumerate(one.points):
            assert ordered(point.low, point.expected, point.high)
            outside = point.value is not None and not ordered(point.low, point.value, point.high)
            assert outside == (n in beyond) or (outside and n in runs), (
                one.measure,
                point,
            )  # a run tells its points too
        for signal in one.signals:
            if not signal.rule.startswith("beyond"):
                run = one.points[signal.place : signal.until + 1]
                assert len(run) >= 8
                assert all((point.value > point.expected) == signal.above for point in run)


@few
@given(sources())
def test_velocity_is_the_product_of_its_parts(source: Source) -> None:
    with source.prepared() as ready:
        found = told(velocity(ready, source.period))
    own, closed = source.won(source.period), source.closed(source.period)
    is_wilson(found.win_rate, len(own), len(closed))
    assert found.mean_value == pytest.approx(
        np.mean([float(one["amount"]) for one in own if one["amount"] is not None])
    )
    assert found.per_day == pytest.approx(found.deals * len(own) / len(closed) * found.mean_value / found.mean_days)
    assert found.won_per_day == pytest.approx(paid(own) / found.days)
    assert found.days in (179, 180)  # whole days: from the first to the last
    assert 0 < found.low < found.per_day < found.high
    assert 0 < found.deals <= len(source.known.tables["deals"])


@few
@given(sources())
def test_a_forecast_is_in_order_and_holds_what_is_won_already(source: Source) -> None:
    with source.prepared() as ready:
        found = told(forecast(ready))
    so_far = source.won(Period(found.begins, source.as_of))
    assert found.won_so_far[-1][1:] == (len(so_far), pytest.approx(paid(so_far)))
    for spread, least in ((found.wins, len(so_far)), (told(found.value), paid(so_far))):
        assert ordered(least, spread.p2_5, spread.p10, spread.p25, spread.p50, spread.p75, spread.p90, spread.p97_5)
        assert spread.p10 < spread.p90
    assert found.open == sum(one["outcome"] == "open" for one in source.known.tables["deals"])
    assert all(0 <= stage.measured.share <= 1 for stage in found.stages)
    assert found.backtest.periods
