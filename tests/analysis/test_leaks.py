from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, deal, maven_rows, prepared, stages, visit
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.hierarchy import better_gap
from vunnet.analysis.leaks import Leak, Leaks, leaks

LAST = 729  # two full years: eight quarters
LADDER = ("Met", "Quoted")
Source = tuple[list[Row], list[Row]]


@cache
def leaking(quarterly: tuple[float, ...] = (0.8, 0.8, 0.8, 0.8, 0.5, 0.5, 0.5, 0.5), each: int = 80) -> Source:
    """Deals of eight quarters: from Met a share goes on that falls in the second year; of the quoted half are won."""
    random = np.random.default_rng(11)
    deals, visits = [], []
    for quarter, share in enumerate(quarterly):
        for k in range(each):
            key, born = f"{quarter}-{k}", quarter * 91.3 + 1 + 80 * k / each
            on, won = random.random() < share, random.random() < 0.5
            closed = born + (6 if on else 3)
            row = deal(key, "won" if on and won else "lost", born, closed, amount=100)
            deals.append(row | {"product": "Pump" if k % 2 else "Panel"})
            visits.append(visit(key, "Met", born, born + 3))
            visits += [visit(key, "Quoted", born + 3, closed)] if on else []
    return deals, visits


def asked(source: Source, as_of: float = LAST, **more: Any) -> Leaks:
    found = ask(source, as_of, **more)
    assert isinstance(found, Leaks)
    return found


def ask(source: Source, as_of: float = LAST, by: str | None = None) -> Leaks | NotRecorded:
    deals, visits = source
    with prepared(deals, as_of=as_of, observed_from=date(2026, 1, 1), visits=visits, stages=stages(*LADDER)) as ready:
        return leaks(ready, by)


def stage(found: Leaks, name: str) -> Leak:
    return next(row for row in found.rows if row.stage == name and row.by is None)


def test_a_stage_that_fell_leaks_and_the_others_do_not() -> None:
    found = asked(leaking())
    met, quoted = stage(found, "Met"), stage(found, "Quoted")
    assert (met.verdict, quoted.verdict) == ("a leak", "no evidence of a difference")
    assert found.rows[0] is met
    # 320 a year × (0.8 − 0.5) × half of them won
    assert met.extra_wins.low < 320 * 0.3 * 0.5 < met.extra_wins.high
    assert met.extra_wins.low > 10
    assert met.extra_value is not None
    assert met.extra_value.value == pytest.approx(100 * met.extra_wins.value)
    assert quoted.extra_wins.low == 0


def by_hand(source: Source, name: str, first: date, last: date) -> tuple[int, int, float, float]:
    """Went on and fell away from a stage between two days, with the days they had stood there and their value."""
    deals, visits = source
    by_id = {row["deal_id"]: row for row in deals}
    entered = Counter[str]()
    on = fell = 0
    days = value = 0.0
    for one in visits:
        row = by_id[one["deal_id"]]
        later = any(v["deal_id"] == one["deal_id"] and LADDER.index(v["stage"]) > LADDER.index(name) for v in visits)
        if one["stage"] != name or entered[one["deal_id"]] or not first <= one["left_at"].date() <= last:
            continue
        entered[one["deal_id"]] += 1
        if later or row["outcome"] == "won":
            on += 1
        else:
            fell += 1
            days += (row["closed_at"] - one["entered_at"]).total_seconds() / 86400
            value += float(row["amount"])
    return on, fell, days, value


@pytest.mark.parametrize("name", LADDER)
def test_the_last_year_matches_a_count_by_hand(name: str) -> None:
    found = stage(asked(leaking()), name)
    on, fell, days, value = by_hand(leaking(), name, date(2027, 1, 1), date(2027, 12, 31))
    year = found.quarters[-4:]
    assert (sum(rate.won for rate in year), sum(rate.closed for rate in year)) == (on, on + fell)
    assert (found.lost, found.lost_value) == (fell, value)
    assert found.lost_days == pytest.approx(days, abs=0.01)


def test_quarters_alike_show_no_leak() -> None:
    found = asked(leaking((0.7,) * 8))
    assert {row.verdict for row in found.rows} == {"no evidence of a difference"}
    assert all(row.extra_wins.low == 0 for row in found.rows)
    assert stage(found, "Met").extra_wins.high > 0


def test_members_of_a_segment_stand_beside_the_whole() -> None:
    found = asked(leaking(), by="product")
    whole = stage(found, "Met")
    parts = [row for row in found.rows if row.stage == "Met" and row.by == "product"]
    assert {row.value for row in parts} == {"Pump", "Panel"}
    assert sum(row.lost for row in parts) == whole.lost
    assert [row.extra_wins.low for row in found.rows] == sorted(
        (row.extra_wins.low for row in found.rows), reverse=True
    )


def test_the_gap_is_right_as_often_as_it_says() -> None:
    """Quarters drawn from a beta distribution: the 95 % interval of the true gap holds it nearly always."""
    random = np.random.default_rng(5)
    held = 0
    for _ in range(60):
        true = random.beta(30, 20, 8)
        n = random.integers(60, 140, 8)
        recent = np.asarray(np.array([0.0] * 4 + [1.0] * 4) * n, np.float64)
        gap = better_gap(random.binomial(n, true), n, recent, (10**6, 10**6))
        truth = max(0.0, np.quantile(true, 0.75) - float(true @ recent) / recent.sum())
        held += gap.gain[1] - 1e-3 <= truth <= gap.gain[2] + 1e-3
    assert held >= 54


@settings(max_examples=40, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 40), some.integers(0, 40)), min_size=4, max_size=12))
def test_a_gain_is_never_negative_and_lies_within_its_interval(quarters: list[tuple[int, int]]) -> None:
    on, n = (np.array([a for a, _ in quarters]), np.array([a + b + 1 for a, b in quarters]))
    gap = better_gap(on, n, n.astype(float), (3, 5))
    middle, low, high = gap.gain
    assert 0 <= low <= middle <= high <= 1
    assert 0 <= gap.now <= 1


def test_later_rows_change_nothing() -> None:
    deals, visits = leaking()
    later = [deal("x", "won", 735, 740), *deals]
    assert asked((later, [*visits, visit("x", "Met", 735, 738)])).to_json() == asked((deals, visits)).to_json()


def test_without_stages_the_whole_life_is_one() -> None:
    with prepared(leaking()[0], as_of=LAST, observed_from=date(2026, 1, 1)) as source:
        found = leaks(source)
    assert isinstance(found, Leaks)
    assert [row.stage for row in found.rows] == ["opened"]


def test_what_the_data_cannot_answer_is_said() -> None:
    assert isinstance(ask(([], [])), NotRecorded)
    assert "fewer than four full quarters" in str(ask(leaking(), as_of=300))
    assert "ten deals" in str(ask(leaking((0.5,) * 8, each=4)))
    with prepared(maven_rows(), as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1)) as source:
        assert "fewer than four full quarters" in str(leaks(source))
