"""What the report says beside its numbers claims no more than they bear."""

from __future__ import annotations

from datetime import date

import pytest

from tests.analysis.rows import deal, maven_rows, prepared, stages, visit
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.counts import counts
from vunnet.analysis.forecast import forecast
from vunnet.analysis.funnel import funnel
from vunnet.analysis.stale import Stale, StaleLimit, stale
from vunnet.analysis.within_days import WithinDays, within_days
from vunnet.charts import Language, words

EN, NB = Language("en"), Language("nb")


def test_the_stale_deals_of_maven_are_counted_with_their_limit() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1)) as source:
        found, standing = stale(source), counts(source)
    assert (
        words.counts_line(standing, EN)
        == "8\u202f800 deals: 500 not opened · 1\u202f589 open · 4\u202f238 won · 2\u202f473 lost"
    )
    assert not isinstance(found.limits, NotRecorded)
    (limit,) = found.limits
    assert limit.days is not None
    expected = f"{EN.number(limit.stale)} open deals are stale: open for over {limit.days:.0f} days, longer than 95% of the deals"
    assert words.stale_sentence(found, EN).startswith(expected)


def test_stale_deals_are_told_by_stage_the_most_first() -> None:
    limits = [StaleLimit("Sales", name, 10.0 * n, 40, n) for n, name in enumerate("ABCDE", 1)]
    said = words.stale_sentence(Stale((*limits, StaleLimit("Sales", "F", None, 3, 0))), EN)
    head = "15 open deals are stale, longer in their stage than 95% of those that left it: "
    assert said == head + "5 in E (over 50 days), 4 in D (over 40 days), 3 in C (over 30 days) and 3 in other stages."
    two = words.stale_sentence(Stale((limits[0], StaleLimit("Renewal", "A", 3.0, 40, 0))), EN)
    assert two.endswith("1 in Sales, A (over 10 days).")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((StaleLimit(None, "A", 5.0, 40, 0),), "No open deal is stale"),
        ((StaleLimit(None, "A", None, 3, 0),), "Too few deals have moved on to say which are stale."),
        (NotRecorded("no creation dates are recorded"), "Stale deals are not told: no creation dates are recorded."),
    ],
)
def test_where_none_is_stale_or_none_can_be_told_it_is_said(limits: object, said: str) -> None:
    assert words.stale_sentence(Stale(limits), EN).startswith(said)  # type: ignore[arg-type]


def ladder(first: int, second: int) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """400 deals of two stages: so many go on from the first, and so many of those from the second."""
    deals, visits = [], []
    for n in range(400):
        won = n < second
        deals.append(deal(str(n), "won" if won else "lost", 0, 6))
        visits.append(visit(str(n), "Met", 0, 3 if n < first else 6))
        visits += [visit(str(n), "Quoted", 3, 6)] if n < first else []
    return deals, visits


def test_the_narrowest_stage_is_told_by_a_test_not_by_intervals_that_miss_each_other() -> None:
    """Shares of 0.50 and 0.595: their intervals overlap, their difference is beyond chance. 0.50 and 0.55: neither."""
    for first, second, told in ((200, 119, True), (200, 110, False)):
        deals, visits = ladder(first, second)
        with prepared(deals, as_of=30, visits=visits, stages=stages("Met", "Quoted")) as source:
            found = funnel(source)
        assert isinstance(found, tuple)
        shares = [flow.conversion for flow in found[0].stages]
        assert shares[0] is not None
        assert shares[1] is not None
        assert (shares[0].high or 0) > (shares[1].low or 0)
        assert (found[0].narrowest is not None) == told
        assert words.funnel_title(found[0], EN).endswith("fewest go on from Met") == told


@pytest.mark.parametrize(("won", "said"), [(60, "more often won"), (52, "No evidence"), (40, "No evidence")])
def test_early_and_late_are_told_apart_by_a_test(won: int, said: str) -> None:
    """60 of 100 against 45 of 100: the intervals overlap, p is 0.03."""
    rows = [deal(f"e{n}", "won" if n < won else "lost", 0, 10) for n in range(100)]
    rows += [deal(f"l{n}", "won" if n < 45 else "lost", 0, 50) for n in range(100)]
    with prepared(rows, as_of=60) as source:
        found = within_days(source)
    assert isinstance(found, WithinDays)
    assert said in words.within_sentence(found, EN)
    assert found.closed_within.low is not None
    assert found.closed_later.high is not None
    if won == 60:
        assert found.closed_within.low < found.closed_later.high


@pytest.mark.parametrize(
    ("outcome", "said"), [("open", "Nothing has closed yet."), ("lost", "Of 100 deals opened, 0 are won in the end.")]
)
def test_a_share_without_an_interval_has_no_empty_brackets(outcome: str, said: str) -> None:
    rows = [deal(str(n), outcome, n, None if outcome == "open" else n + 5) for n in range(40)]
    with prepared(rows, as_of=60) as source:
        found = funnel(source)
    assert isinstance(found, tuple)
    assert words.funnel_sentence(found[0], EN).startswith(said)
    assert "()" not in words.funnel_sentence(found[0], NB)


def test_months_that_are_all_alike_have_no_spread() -> None:
    rows = [deal(str(n), "lost", n, n + 5) for n in range(120)]
    with prepared(rows, as_of=200) as source:
        found = cohorts(source)
    assert isinstance(found, Cohorts)
    said = words.cohorts_sentence(found, EN)
    assert said.startswith("By day 30 each month had won 0%.")
    assert "hance" not in said


def test_a_forecast_of_what_never_closed_says_so() -> None:
    with prepared([deal(str(n), "open", n) for n in range(200)], as_of=200) as source:
        assert str(forecast(source)) == "nothing has closed yet"
