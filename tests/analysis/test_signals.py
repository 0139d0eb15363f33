from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from math import sqrt
from random import Random
from statistics import fmean, mean

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis import control, pattern
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.board import COUNT, RATE, VALUE, Board, Series, board
from vunnet.analysis.question import Annotation, Period
from vunnet.analysis.signals import Signals, signals
from vunnet.analysis.slots import Slot, whole

MONDAY = date(2026, 1, 5)
CALM = [10.0, 12.0, 9.0, 11.0, 10.5, 8.5] * 4


def weeks(count: int) -> tuple[Slot, ...]:
    return tuple(Slot(MONDAY + timedelta(7 * k), MONDAY + timedelta(7 * k + 6)) for k in range(count))


def of_values(values: Sequence[float]) -> Board:
    return board(Series("won_value", "week", VALUE, weeks(len(values)), np.array(values, float)))


def of_rates(won: Sequence[float], n: Sequence[float], kind: str = RATE) -> Board:
    return board(Series("win_rate", "week", kind, weeks(len(won)), np.array(won, float), np.array(n, float)))


def found(source: object) -> Signals:
    assert isinstance(source, Signals)
    return source


def one(source: Signals, measure: str) -> Board:
    told = source.board(measure)
    assert told is not None, source.missing
    return told


# --- limits, recomputed by hand ------------------------------------------------------------------------------------


def test_xmr_limits_are_the_mean_and_2_66_moving_ranges_of_the_baseline() -> None:
    told = of_values([*CALM, 30.0, 11.0])
    centre, range_ = fmean(CALM), fmean(abs(b - a) for a, b in itertools.pairwise(CALM))
    assert (told.chart, told.baseline, told.preliminary) == ("xmr", 24, False)
    assert told.centre == pytest.approx(centre)
    for point in told.points:
        assert point.high == pytest.approx(centre + 2.658681 * range_, rel=1e-5)
        assert point.low == pytest.approx(max(centre - 2.658681 * range_, 0), rel=1e-5)
    assert [(s.first, s.last, s.rule, s.above) for s in told.signals] == [
        (MONDAY + timedelta(7 * 24), MONDAY + timedelta(7 * 24 + 6), "beyond 3 sigma", True)
    ]


def test_p_limits_step_with_n() -> None:
    won, n = [40, 45, 38, 42, 41, 39] * 4 + [5], [100, 110, 95, 104, 99, 101] * 4 + [100]
    told = of_rates(won, n)
    rate = sum(won[:24]) / sum(n[:24])
    assert (told.chart, told.centre) == ("p", pytest.approx(rate))
    for point, size in zip(told.points, n, strict=True):
        assert point.high == pytest.approx(rate + 3 * sqrt(rate * (1 - rate) / size))
        assert point.low == pytest.approx(rate - 3 * sqrt(rate * (1 - rate) / size))
    assert [signal.place for signal in told.signals] == [24]


def test_laney_widens_by_the_moving_range_of_the_distances() -> None:
    won, n = [60, 20, 50, 33, 25, 52, 44, 18, 63, 36, 23, 55] * 2, [100] * 24
    told = of_rates(won, n)
    rate = sum(won) / sum(n)
    away = [(w / s - rate) / sqrt(rate * (1 - rate) / s) for w, s in zip(won, n, strict=True)]
    sigma = mean(abs(b - a) for a, b in itertools.pairwise(away)) / 1.128379167
    assert (told.chart, told.sigma_z) == ("laney_p", pytest.approx(sigma))
    assert sigma > 2
    spread = sqrt(rate * (1 - rate) / 100)
    assert told.points[0].high == pytest.approx(min(1.0, rate + 3 * sigma * spread))
    assert told.points[0].plain_high == pytest.approx(rate + 3 * spread)


def test_u_limits_are_counts_per_opportunity() -> None:
    counts, deals = [90, 110, 101, 95, 104, 99] * 4, [50, 55, 52, 48, 51, 49] * 4
    told = of_rates(counts, deals, COUNT)
    rate = sum(counts) / sum(deals)
    assert (told.chart, told.centre) == ("u", pytest.approx(rate))
    assert told.points[1].high == pytest.approx(rate + 3 * sqrt(rate / 55))


def test_likeness_is_the_autocorrelation_of_statsmodels_without_its_bias() -> None:
    random = Random(3)
    values = np.cumsum([random.gauss(0, 1) for _ in range(24)])
    plain = float(sm.tsa.acf(values, nlags=1)[1])
    assert control.likeness(values) == pytest.approx(min(plain + (1 + 3 * plain) / 24, 0.95))


def test_alike_neighbours_widen_the_limits_and_end_the_run_rule() -> None:
    random, values = Random(5), [0.0]
    for _ in range(51):
        values.append(0.8 * values[-1] + random.gauss(0, 1))
    values = [100 + 5 * value for value in values]
    told = of_values(values)
    assert told.widened
    assert not told.runs
    plain, wide = told.points[0].plain_high, told.points[0].high
    assert plain is not None
    assert wide is not None
    assert told.centre is not None
    assert wide - told.centre == pytest.approx((plain - told.centre) / sqrt(1 - told.likeness))
    assert all(signal.rule == "beyond 3 sigma" for signal in told.signals)


# --- rules -----------------------------------------------------------------------------------------------------------


def test_eight_in_a_row_are_one_signal_however_long() -> None:
    told = of_values([*CALM, *[11.2, 11.4] * 7])
    assert [(s.rule, s.above, s.until - s.place + 1) for s in told.signals] == [("8 in a row", True, 14)]
    assert not of_values([*CALM, *[11.2, 11.4] * 3, 9.0]).signals


def test_the_baseline_is_frozen() -> None:
    early, later = of_values(CALM + [10.0] * 3), of_values(CALM + [10.0] * 3 + [25.0, 24.0, 26.0, 25.5] * 5)
    assert [p.high for p in later.points[:27]] == [p.high for p in early.points]


def test_under_twelve_points_there_are_no_limits_and_no_signals() -> None:
    told = of_values([*CALM[:10], 900.0])
    assert (told.baseline, told.signals, told.expected_by_chance) == (0, (), None)
    assert told.points[0].high is None
    assert told.centre is not None
    assert of_values(CALM[:12]).preliminary


def test_a_board_that_never_varies_has_no_limits() -> None:
    assert of_values([5.0] * 30).baseline == 0
    assert of_rates([0] * 30, [10] * 30).baseline == 0
    assert of_rates([10] * 30, [10] * 30).baseline == 0


def test_periods_without_a_closed_deal_are_no_points() -> None:
    assert len(of_rates([5, 0, 4] * 8, [10, 0, 9] * 8).points) == 16


def test_no_point_is_no_crash() -> None:
    assert of_values([]).to_json()["points"] == []


@settings(max_examples=40, deadline=None)
@given(some.lists(some.floats(-5, 5, allow_nan=False), min_size=1, max_size=40))
def test_spans_do_not_overlap_within_a_rule_and_hold_what_they_say(values: list[float]) -> None:
    away = np.array(values)
    told = control.spans(away)
    for rule in (control.BEYOND, control.IN_A_ROW):
        own = [span for span in told if span.rule == rule]
        assert all(a.last < b.first for a, b in itertools.pairwise(own))
    for span in told:
        inside = away[span.first : span.last + 1]
        assert ((inside > 0) == span.above).all()
        if span.rule == control.BEYOND:
            assert (np.abs(inside) > 3).all()
        else:
            assert len(inside) >= 8
    covered = {k for span in told for k in range(span.first, span.last + 1)}
    assert set(np.flatnonzero(np.abs(away) > 3)) <= covered


def test_chance_raises_what_theory_says_where_limits_are_nearly_known() -> None:
    # 3,000 points in the baseline: rule 1 and maximal runs of eight or more (a run starts at half of the points).
    n = 3_000
    expected = n * 0.0026998 + (1 + (n - 8) / 2) * 2**-7
    assert control.by_chance(n, n, False) == pytest.approx(expected, rel=0.03)


def test_run_lengths_with_known_limits_agree_with_theory() -> None:
    random = np.random.default_rng(11)
    told = control.run_lengths([random.standard_normal(1_200) for _ in range(1_000)], runs=True)
    assert np.mean(told) == pytest.approx(152.7, rel=0.1)  # Champ & Woodall 1987


# --- patterns --------------------------------------------------------------------------------------------------------


def test_a_pattern_is_the_f_test_of_statsmodels() -> None:
    random = np.random.default_rng(2)
    blocks, places = np.repeat(np.arange(6), 3), np.tile([0, 1, 2], 6)
    values, weights = random.normal(0, 1, 18) + 1.5 * (places == 2), random.integers(5, 30, 18).astype(float)
    told = pattern.find(pattern.QUARTER_END, values, weights, list(blocks), places)
    dummies = np.column_stack([*(blocks == b for b in range(6)), places == 1, places == 2]).astype(float)
    fit = sm.WLS(values, dummies, weights=weights).fit()
    p_value = float(fit.f_test(np.eye(8)[6:]).pvalue)
    assert told is not None
    assert told.p_value == pytest.approx(p_value, rel=1e-6)
    assert [phase.place for phase in told.phases] == [0, 1, 2]


def test_three_quarters_are_too_few_for_a_pattern() -> None:
    places = np.tile([0, 1, 2], 3)
    values = np.where(places == 2, 9.0, 1.0) + np.arange(9) / 100
    assert pattern.find(pattern.QUARTER_END, values, np.ones(9), list(np.repeat(range(3), 3)), places) is None


def test_the_weekday_pattern_is_found_taken_out_and_named() -> None:
    random, rows = Random(7), []
    for n in range(120):
        weekday = day(n).weekday()
        count = {0: 16, 4: 4, 5: 0, 6: 0}.get(weekday, 9) + (random.randrange(3) if weekday < 5 else 0)
        rows += [deal(f"{n}-{k}", "open", n + 0.4) for k in range(count)]
    with prepared(rows, as_of=119.5) as source:
        told = one(found(signals(source, periods={"opened": "day"})), "opened")
    assert told.pattern is not None
    assert told.pattern.name == "weekday"
    assert not told.signals
    mondays = [point for point in told.points if point.first.weekday() == 0]
    fridays = [point for point in told.points if point.first.weekday() == 4]
    assert min(point.expected for point in mondays) > 2 * max(point.expected for point in fridays)
    assert all(point.first.weekday() < 5 for point in told.points)


def test_mavens_quarter_end_is_found_and_no_week_is_blamed_for_it() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31)) as source:
        told = one(found(signals(source)), "win_rate")
    assert told.pattern is not None
    assert told.pattern.told == "quarter-end"
    last = told.pattern.phases[-1]
    assert last.usual > 0.75
    assert (told.period, told.signals) == ("week", ())
    closed = [r for r in maven_rows() if r["outcome"] in ("won", "lost")]
    by_week = Counter((r["closed_at"].date() - timedelta(days=r["closed_at"].weekday()), r["outcome"]) for r in closed)
    for point in told.points:
        won, lost = by_week[point.first, "won"], by_week[point.first, "lost"]
        assert (point.events, point.n) == (won, won + lost)


# --- from deals to boards --------------------------------------------------------------------------------------------


def busy(first: int = 0, last: int = 400) -> list[Row]:
    random, rows = Random(1), []
    for n in range(first, last):
        for k in range(4):
            outcome = "won" if random.random() < 0.4 else "lost"
            rows.append(deal(f"{n}-{k}", outcome, n, n + random.randrange(1, 20), amount=100 + random.randrange(50)))
    return rows


def test_every_board_counts_the_deals_of_its_period_and_no_part_week() -> None:
    rows = busy()
    with prepared(rows, as_of=350) as source:
        told = found(signals(source))
    value, opened, quick = one(told, "won_value"), one(told, "opened"), one(told, "won_within")
    for point in value.points:
        inside = [r for r in rows if r["outcome"] == "won" and point.first <= r["closed_at"].date() <= point.last]
        assert point.value == float(sum(r["amount"] for r in inside))
        assert point.first.weekday() == 0
        assert point.last <= day(350).date()
    assert all(point.value == 28 for point in opened.points[1:])
    assert quick.points[-1].last <= day(350 - 30).date()
    for point in quick.points:
        inside = [r for r in rows if point.first <= r["created_at"].date() <= point.last]
        early = [r for r in inside if r["outcome"] == "won" and (r["closed_at"] - r["created_at"]).days <= 30]
        assert (point.events, point.n) == (len(early), len(inside))


def test_closings_count_only_once_the_records_are_warm() -> None:
    rows = busy()
    lived = sorted((r["closed_at"] - r["created_at"]).days for r in rows if r["outcome"] == "won")
    with prepared(rows, as_of=350) as source:
        rate = one(found(signals(source)), "win_rate")
    assert rate.points[0].first >= day(np.quantile(lived, 0.9)).date()
    with prepared(rows, as_of=350, observed_from=day(0).date()) as source:
        assert one(found(signals(source)), "win_rate").points[0].first == MONDAY


def test_contacts_are_counted_for_each_deal_open_then() -> None:
    rows = [deal(f"d{n}", "open", 0) for n in range(10)] + [deal("gone", "lost", 0, 11)]
    touches = [{"deal_id": f"d{n % 10}", "at": day(n / 3)} for n in range(400)]
    with prepared(rows, as_of=120, touches=touches) as source:
        told = one(found(signals(source)), "touches_per_deal")
    assert [(point.events, point.n) for point in told.points[:3]] == [(21, 11), (21, 10), (21, 10)]
    assert told.points[0].first == day(11).date()


def test_rows_after_as_of_change_no_board() -> None:
    touches = [{"deal_id": "0-0", "at": day(n)} for n in range(500)]
    with prepared(busy(), as_of=300, touches=touches) as source:
        all_rows = found(signals(source)).to_json()
    known = [r for r in busy() if r["created_at"] <= day(300.9)]
    known = [r if r["closed_at"] < day(301) else r | {"outcome": "open", "closed_at": None} for r in known]
    with prepared(known, as_of=300, touches=touches[:301]) as source:
        assert found(signals(source)).to_json() == all_rows
    assert json.dumps(all_rows, allow_nan=False)


def test_annotations_and_the_period_are_arguments() -> None:
    notes = [Annotation(day(150).date(), "New price"), Annotation(day(9_000).date(), "Later")]
    spring = Period(day(100).date(), day(260).date())
    with prepared(busy(), as_of=350) as source:
        told = one(found(signals(source, spring, annotations=notes)), "win_rate")
    assert [note.text for note in told.annotations] == ["New price"]
    assert told.points[0].first >= day(100).date()
    assert told.points[-1].last <= day(260).date()


def test_few_deals_make_months() -> None:
    rows = [deal(f"{n}", "won" if n % 3 else "lost", n * 5, n * 5 + 2, amount=5) for n in range(160)]
    with prepared(rows, as_of=810) as source:
        told = found(signals(source))
    assert {one(told, measure).period for measure in ("win_rate", "won_value", "opened")} == {"month"}
    assert [slot.first for slot in whole("month", date(2026, 1, 2), date(2026, 3, 31))] == [
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]


def test_what_is_missing_says_why() -> None:
    with prepared([deal("a", "won", None, 9), deal("b", "lost", None, 90)], as_of=120) as source:
        told = found(signals(source))
    assert {name: str(why) for name, why in told.missing.items()} == {
        "won_within": "no creation dates are recorded",
        "won_value": "no won deal carries an amount",
        "opened": "no creation dates are recorded",
        "touches_per_deal": "no contacts with customers are recorded",
    }
    mixed = [deal(f"{n}", "won", n, n + 1, amount=5, currency="NOK" if n % 2 else "EUR") for n in range(60)]
    with prepared(mixed, as_of=90) as source:
        assert str(found(signals(source)).missing["won_value"]) == "amounts are in EUR, NOK; they are not added"
    with prepared([deal("a", "open", None)]) as source:
        assert isinstance(signals(source), NotRecorded)
    with prepared([deal("a", "won", 3, 4)], as_of=5) as source:
        assert str(found(signals(source)).missing["win_rate"]) == "the records are too short for a single whole period"
    with prepared(busy(), as_of=-50) as source:
        assert isinstance(signals(source), NotRecorded)
