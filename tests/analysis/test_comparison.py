"""Two funnels side by side: against plain Python and scipy, by what must always hold, and rewound."""

from __future__ import annotations

from math import hypot, log
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from scipy import stats

import vunnet.analysis as va
from tests.analysis.plain import Life, incidence
from tests.analysis.rows import Row, day, deal, prepared, stages, table, visit
from tests.analysis.test_funnel_histories import LADDERS, Histories, histories
from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.comparison import Comparison, apart, comparison, difference
from vunnet.analysis.evidence import HIGHER, LOWER, NO_EVIDENCE
from vunnet.analysis.question import Period, Side

NORTH, SOUTH = Side({"team": ("North",)}), Side({"team": ("South",)})
EARLY, LATE = Period(day(0).date(), day(9).date()), Period(day(10).date(), day(19).date())


def teams(north: int = 60, south: int = 30, each: int = 100) -> tuple[list[Row], list[Row]]:
    """Of `each` deals of a team so many go on to the second stage; the rest are lost, or open every tenth."""
    deals, visits = [], []
    for team, going in (("North", north), ("South", south)):
        for n in range(each):
            name, begin = f"{team}{n}", n % 7 + 0.25
            goes = n < going
            still = not goes and n % 10 == 0
            left = begin + 1.1 + n % 5
            closed = None if still else left + 3 if goes else left
            deals.append(deal(name, "open" if still else "won" if goes else "lost", begin, closed, team=team))
            visits.append(visit(name, "Met", begin, None if still else left))
            if goes:
                visits.append(visit(name, "Quoted", left, left + 3))
    return deals, visits


def asked(rows: tuple[list[Row], list[Row]], first: Side, second: Side, as_of: float = 30) -> Comparison:
    with prepared(rows[0], as_of=as_of, visits=rows[1], stages=stages("Met", "Quoted")) as source:
        found = comparison(source, first, second)
    assert not isinstance(found, NotRecorded)
    return found[0]


def _lives(rows: tuple[list[Row], list[Row]], team: str, end: float) -> list[Life]:
    """Days from entering Met to going on (1), or to losing (2), or to the end (0): read from the rows alone."""
    found = []
    for row in rows[0]:
        if row["team"] != team:
            continue
        stays = {v["stage"]: v for v in rows[1] if v["deal_id"] == row["deal_id"]}
        entered = stays["Met"]["entered_at"]
        until = stays["Quoted"]["entered_at"] if "Quoted" in stays else row["closed_at"] or day(end)
        cause = 1 if "Quoted" in stays else 2 if row["closed_at"] else 0
        found.append(Life((until - entered).total_seconds() / 86_400, cause))
    return found


def test_the_shares_and_their_difference_match_plain_python() -> None:
    rows = teams()
    met = asked(rows, NORTH, SOUTH).stages[0]
    lives = [_lives(rows, team, 31) for team in ("North", "South")]
    within = min(max(life.end for life in one) for one in lives)
    by_hand = [incidence(one, 1, within) for one in lives]
    assert met.within_days == pytest.approx(within)
    for share, (value, low, high) in zip(met.shares, by_hand, strict=True):
        assert share is not None
        assert (share.share, share.low, share.high) == pytest.approx((value, low, high), abs=1e-9)
    (p, p_low, p_high), (q, q_low, q_high) = by_hand
    assert met.difference is not None
    assert met.difference.value == pytest.approx(q - p)
    assert met.difference.low == pytest.approx(q - p - hypot(q - q_low, p_high - p))
    assert met.difference.high == pytest.approx(q - p + hypot(q_high - q, p - p_low))
    errors = [(log(-log(low)) - log(-log(value))) / stats.norm.ppf(0.975) for value, low, _ in by_hand]
    z = (log(-log(q)) - log(-log(p))) / hypot(*errors)
    assert met.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert met.verdict == LOWER


def test_the_interval_is_newcombes_for_shares_without_censoring() -> None:
    """statsmodels has Newcombe's interval from Wilson's; ours is the same made of any two intervals."""
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

    shares = [Share(n / of, *proportion_confint(n, of, method="wilson")) for n, of in ((56, 70), (48, 80))]
    found = difference(shares[1], shares[0])
    assert (found.low, found.high) == pytest.approx(confint_proportions_2indep(56, 70, 48, 80, method="newcomb"))


def test_turned_round_it_says_the_opposite() -> None:
    one, other = asked(teams(), NORTH, SOUTH), asked(teams(), SOUTH, NORTH)
    for here, there in zip(one.stages, other.stages, strict=True):
        assert here.entered == there.entered[::-1]
        if (
            here.difference
            and there.difference
            and here.difference.low is not None
            and there.difference.high is not None
        ):
            assert here.difference.value == pytest.approx(-there.difference.value)
            assert here.difference.low == pytest.approx(-there.difference.high)
    assert (one.stages[0].verdict, other.stages[0].verdict) == (LOWER, HIGHER)


def test_teams_alike_are_not_told_apart() -> None:
    met = asked(teams(50, 50), NORTH, SOUTH).stages[0]
    assert met.verdict == NO_EVIDENCE
    assert met.difference is not None
    assert met.difference.value == pytest.approx(0.0)


def test_a_newer_period_is_compared_over_the_time_both_were_followed() -> None:
    """All move on after 15 days. The new ones are followed for 11 to 13: their share must not look worse for it."""
    deals = [deal(f"d{n}", "open", n % 20 + 0.2) for n in range(80)]
    visits = []
    for n in range(80):
        begin = n % 20 + 0.2
        goes = begin + (2.5 if n % 4 == 0 else 15)
        visits += [visit(f"d{n}", "Met", begin, goes), visit(f"d{n}", "Quoted", goes)]
    with prepared(deals, as_of=22, visits=visits, stages=stages("Met", "Quoted")) as source:
        found = comparison(source, Side({}, EARLY), Side({}, LATE))
    assert not isinstance(found, NotRecorded)
    met = found[0].stages[0]
    assert met.within_days == pytest.approx(12.8)
    assert met.verdict == NO_EVIDENCE
    early = next(flow for flow in met.flows if flow)
    assert early.conversion is not None
    assert met.shares[0] is not None
    assert early.conversion.share > met.shares[0].share  # the funnel alone looks further


def test_as_of_rewinds_both_sides() -> None:
    rows = teams()
    known = ([row for row in rows[0] if row["created_at"] < day(5)], [v for v in rows[1] if v["entered_at"] < day(5)])
    for row in known[0]:
        if row["closed_at"] and row["closed_at"] >= day(5):
            row |= {"closed_at": None, "outcome": "open"}
    for stay in known[1]:
        if stay["left_at"] and stay["left_at"] >= day(5):
            stay["left_at"] = None
    then = asked(known, NORTH, SOUTH, as_of=4)
    assert asked(teams(), NORTH, SOUTH, as_of=4).to_json() == then.to_json()


def test_sides_that_share_deals_are_not_compared() -> None:
    rows = teams()
    for first, second in (
        (NORTH, NORTH),
        (Side({}), SOUTH),
        (Side({}, EARLY), Side({}, Period(day(9).date(), day(12).date()))),
    ):
        with prepared(rows[0], as_of=30, visits=rows[1], stages=stages("Met", "Quoted")) as source:
            found = comparison(source, first, second)
        assert isinstance(found, NotRecorded)
        assert "stand on both sides" in str(found)
    with pytest.raises(ValueError, match="cannot be compared by 'colour'"):
        Side({"colour": ("red",)})


def test_without_any_deal_there_is_nothing_to_tell() -> None:
    met = asked(teams(), NORTH, Side({"team": ("East",)})).stages[0]
    assert met.entered == (100, 0)
    assert (met.difference, met.shares) == (None, (None, None))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), some.integers(4, 30))
def test_whatever_happened_the_parts_hold(found: Histories, as_of: int) -> None:
    ladder = [row for name, steps in LADDERS.items() for row in stages(*steps, pipeline=name)]
    sides = (Side({"product": ("X",)}), Side({"product": ("Y", None)}))
    with prepared(found.deals, as_of=as_of, visits=found.visits, stages=ladder) as source:
        answer = comparison(source, *sides)
    for one in () if isinstance(answer, NotRecorded) else answer:
        for row in one.stages:
            if row.difference is None:
                continue
            first, second = row.shares
            assert first is not None
            assert second is not None
            assert row.difference.value == pytest.approx(second.share - first.share)
            if row.difference.low is not None and row.difference.high is not None:
                assert -1 <= row.difference.low <= row.difference.value <= row.difference.high <= 1


@given(some.floats(0.05, 0.95), some.floats(0.05, 0.95), some.floats(0.005, 0.02), some.floats(0.005, 0.02))
def test_a_narrower_share_gives_a_narrower_difference(p: float, q: float, one: float, other: float) -> None:
    narrow = difference(Share(p, p - one / 2, p + one / 2), Share(q, q - other, q + other))
    wide = difference(Share(p, p - one, p + one), Share(q, q - other, q + other))
    assert narrow.low is not None
    assert wide.low is not None
    assert narrow.low >= wide.low
    assert apart(Share(p, p - one, p + one), Share(p, p - one, p + one)) == pytest.approx(1.0)


def test_a_notebook_compares_within_its_own_cut() -> None:
    deals, visits = teams()
    for n, row in enumerate(deals):
        row["product"] = "Pump" if n % 2 else "Panel"
    tables: Any = {"deals": table("deals", deals), "visits": table("visits", visits)}
    tables["stages"] = table("stages", stages("Met", "Quoted"))
    with va.open(tables, day(30).date()) as book:
        found = book.only(product="Pump").compare({"team": "North"}, {"team": ("South",)})
        periods = book.compare(va.Period(None, day(3).date()), va.Period(day(4).date()))
    assert not isinstance(found, NotRecorded)
    assert not isinstance(periods, NotRecorded)
    assert found[""].stages[0].entered == (50, 50)
    assert sum(periods[""].stages[0].entered) == 200
    assert found.table().rows[0]["stage"] == "Met"
