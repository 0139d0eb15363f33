from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from tests.analysis.plain import Life, incidence, median
from tests.analysis.rows import Row, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded, Rate, Share
from vunnet.analysis.outlook import final_share, median_days
from vunnet.analysis.survival import Endings, curve, pack
from vunnet.analysis.time_to_close import CAUSES, TimeToClose, time_to_close
from vunnet.analysis.within_days import WithinDays, within_days

AS_OF, OBSERVED = date(2017, 12, 31), date(2017, 3, 1)


def lives(rows: list[Row], as_of: date, observed_from: date | None = None) -> list[Life]:
    found = []
    for row in rows:
        if row["created_at"] is None:
            continue
        created = row["created_at"].date()
        end = row["closed_at"].date() if row["closed_at"] else as_of
        entry = max(0, (observed_from - created).days) if observed_from else 0
        found.append(Life((end - created).days, CAUSES.get(row["outcome"], 0), entry))
    return found


def asked(rows: list[Row], as_of: date, observed_from: date | None = None) -> TimeToClose:
    with prepared(rows, as_of=as_of, observed_from=observed_from) as source:
        found = time_to_close(source)
    assert isinstance(found, TimeToClose)
    return found


def close_to(found: Share | None, expected: tuple[float, float | None, float | None]) -> None:
    assert found is not None
    assert (found.share, found.low, found.high) == pytest.approx(expected, abs=1e-9)


SMALL = [
    deal("a", "won", 0, 3),
    deal("b", "lost", 1, 4),
    deal("c", "won", 2, 12),
    deal("d", "open", 5),
    deal("e", "cancelled", 5, 11),
    deal("f", "lost", 7, 7),
    deal("g", "open", 19),
]


def test_a_small_table_by_hand() -> None:
    found = asked(SMALL, date(2026, 1, 21))
    # Day 0: 1 of 7 lost. Day 1: one open deal leaves. Day 3: of the 5 left 1 won and 1 lost.
    close_to(found.at("lost", 0), incidence(lives(SMALL, date(2026, 1, 21)), 2, 0))
    won = found.at("won", 3)
    assert won is not None
    assert won.share == pytest.approx(6 / 7 * 1 / 5)


@pytest.mark.parametrize("outcome", CAUSES)
@pytest.mark.parametrize("days", [0, 3, 6, 10, 15])
def test_small_tables_match_plain_python(outcome: str, days: int) -> None:
    found = asked(SMALL, date(2026, 1, 21))
    close_to(found.at(outcome, days), incidence(lives(SMALL, date(2026, 1, 21)), CAUSES[outcome], days))
    assert found.median_days_to_close == median(lives(SMALL, date(2026, 1, 21)))


def test_beyond_the_longest_life_nothing_is_known() -> None:
    assert asked(SMALL, date(2026, 1, 21)).at("won", 17) is None
    assert asked([deal("a", "won", 0, 3)], date(2026, 1, 21)).at("won", 365) == Share(1.0, None, None)


def test_closing_comes_before_censoring_of_the_same_day() -> None:
    found = asked([deal("a", "won", 0, 5), deal("b", "open", 0)], date(2026, 1, 6)).at("won", 5)
    assert found is not None
    assert found.share == 0.5


def test_a_deal_opened_before_the_records_is_at_risk_from_their_first_day_on() -> None:
    rows = [deal("old", "won", 0, 10), deal("gone", "lost", 0, 9), deal("new", "won", 10, 20), deal("last", "open", 10)]
    found = asked(rows, date(2026, 1, 25), observed_from=date(2026, 1, 11))
    expected = incidence(lives(rows, date(2026, 1, 25), date(2026, 1, 11)), 1, 10)
    close_to(found.at("won", 10), expected)
    assert found.opened == 3  # the one that closed before was never observed


@pytest.mark.parametrize("days", [7, 14, 30, 60, 90])
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_maven_with_delayed_entry_matches_plain_python(days: int, outcome: str) -> None:
    rows = maven_rows()
    found = asked(rows, AS_OF, OBSERVED)
    expected = grouped_incidence(lives(rows, AS_OF, OBSERVED), CAUSES[outcome], days)
    close_to(found.at(outcome, days), expected)


def grouped_incidence(every: list[Life], cause: int, until: int) -> tuple[float, float | None, float | None]:
    """`incidence` on a table of days, for thousands of deals: still nothing of ours."""
    from tests.analysis.plain import interval

    left, share, steps = 1.0, 0.0, []
    for t in range(until + 1):
        n = sum(life.entry <= t <= life.end for life in every)
        d = sum(life.end == t and life.cause > 0 and life.entry <= t for life in every)
        own = sum(life.end == t and life.cause == cause and life.entry <= t for life in every)
        if d:
            share += left * own / n
            steps.append((left, n, d, own, share))
            left *= 1 - d / n
    variance = sum(
        (share - then) ** 2 * d / (n * (n - d)) + s**2 * own * (n - own) / n**3 - 2 * (share - then) * s * own / n**2
        for s, n, d, own, then in steps
    )
    return interval(share, variance)


def test_maven_without_delayed_entry_matches_statsmodels() -> None:
    rows = maven_rows()
    every = lives(rows, AS_OF)
    other = CumIncidenceRight(np.array([life.end for life in every]), np.array([life.cause for life in every]))
    found = asked(rows, AS_OF, date(2016, 1, 1))  # said: nobody is missing
    for days in (7, 14, 30, 60, 90):
        place = int(np.searchsorted(other.times, days, side="right")) - 1
        won = found.at("won", days)
        assert won is not None
        assert won.low is not None
        assert won.share == pytest.approx(other.cinc[0][place], abs=1e-9)
        error = other.cinc_se[0][place] * 1.959963984540054 / (won.share * abs(np.log(won.share)))
        assert won.low == pytest.approx(won.share ** np.exp(error), abs=1e-6)


def test_maven_median_with_delayed_entry_matches_statsmodels() -> None:
    every = [life for life in lives(maven_rows(), AS_OF, OBSERVED) if life.entry <= life.end]
    # statsmodels counts a deal from after its entry on; half a day earlier makes that "from that day on".
    entry = np.array([life.entry for life in every]) - 0.5
    other = SurvfuncRight([life.end for life in every], [life.cause > 0 for life in every], entry=entry)
    found = asked(maven_rows(), AS_OF, OBSERVED)
    assert found.median_days_to_close == other.quantile(0.5)
    assert found.delayed_entry


def test_a_negative_duration_is_left_out_of_times() -> None:
    found = asked([*SMALL, deal("x", "won", 9, 2)], date(2026, 1, 21))
    assert found.opened == len(SMALL)


def test_without_dates_times_are_not_recorded() -> None:
    with prepared([deal("a", "won", None), deal("b", "lost", None)]) as source:
        assert isinstance(time_to_close(source), NotRecorded)
        assert isinstance(within_days(source), NotRecorded)


def test_exact_times_count_by_the_clock_and_dates_by_the_calendar() -> None:
    evening, morning = 0.9, 1.1
    exact = asked([deal("a", "won", evening, morning), deal("b", "open", 0.5)], date(2026, 1, 9))
    assert exact.median_days_to_close is None or exact.median_days_to_close > 0
    assert exact.curve.time[0] / exact.curve.per_day == pytest.approx(0.2)
    dated = asked([deal("a", "won", evening, 2)], date(2026, 1, 9))
    assert (dated.curve.per_day, list(dated.curve.time)) == (1, [2])


def test_calendar_days_are_those_of_the_time_zone() -> None:
    rows = [deal("a", "won", 1 - 1 / 24, 3 - 1 / 24)]  # local midnights in Oslo
    with prepared(rows, zone="Europe/Oslo") as source:
        found = time_to_close(source)
    assert isinstance(found, TimeToClose)
    assert (found.curve.per_day, list(found.curve.time)) == (1, [2])


def test_within_days_splits_the_closed_deals_at_the_cut() -> None:
    rows = [deal(f"e{n}", "won", 0, 30) for n in range(3)] + [deal(f"l{n}", "lost", 0, 31) for n in range(4)]
    with prepared(rows, as_of=100) as source:
        found = within_days(source, cut=30)
    assert isinstance(found, WithinDays)
    assert isinstance(found.closed_within, Rate)
    assert isinstance(found.won_within, Share)
    assert (found.closed_within.won, found.closed_within.closed) == (3, 3)
    assert (found.closed_later.won, found.closed_later.closed) == (0, 4)
    assert found.won_within.share == pytest.approx(3 / 7)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 12), some.integers(0, 2), some.integers(0, 6)), max_size=40),
    some.booleans(),
)
def test_the_end_of_a_curve_and_its_median_need_no_curve(lives: list[tuple[int, int, int]], delayed: bool) -> None:
    kept = [life for life in lives if not delayed or life[2] <= life[0]]
    packed = pack(np.array([life[0] for life in kept], np.int64), np.array([life[1] for life in kept], np.int64))
    entries = np.sort(np.array([life[2] for life in kept], np.int64)) if delayed else None
    endings = Endings(packed, entries=entries)
    whole = curve(endings, (1, 2), 1)
    assert median_days(endings, (1, 2), 1) == whole.median_days()
    found, expected = final_share(endings, (1, 2), 1), whole.final(1)
    if expected is None or found is None:
        assert found is expected
        return
    assert found.share == pytest.approx(expected.share, abs=1e-12)
    assert found.low == (expected.low if expected.low is None else pytest.approx(expected.low, abs=1e-9))
    assert found.high == (expected.high if expected.high is None else pytest.approx(expected.high, abs=1e-9))


def test_a_curve_is_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    endings = Endings(pack(random.integers(0, 40, 300), random.integers(0, 3, 300)))
    whole = curve(endings, (1, 2), 1)
    monkeypatch.setattr("vunnet.analysis.survival.BLOCK", 7)
    cut = curve(endings, (1, 2), 1)
    assert cut.time.tolist() == whole.time.tolist()
    assert cut.at_risk.tolist() == whole.at_risk.tolist()
    assert [cut.ended[cause].tolist() for cause in (1, 2)] == [whole.ended[cause].tolist() for cause in (1, 2)]
    assert final_share(endings, (1, 2), 1).share == pytest.approx(whole.final(1).share)  # type: ignore[union-attr]
