from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from tests.analysis.rows import Row, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.mix_or_rate import MixOrRate, decompose, mix_or_rate
from vunnet.analysis.quarters import before, full_quarters, name, quarter_of
from vunnet.analysis.question import Period

Rates = NDArray[np.float64]
ANY = Period()
Q3, Q4 = Period(date(2017, 7, 1), date(2017, 9, 30)), Period(date(2017, 10, 1), date(2017, 12, 31))


def sold(prefix: str, product: str, won: int, lost: int, on: int) -> list[Row]:
    outcomes = ["won"] * won + ["lost"] * lost
    return [deal(f"{prefix}{product}{n}", outcome, 0, on, product=product) for n, outcome in enumerate(outcomes)]


# Records begin with the year 2026; day 10 is in its first quarter, day 100 in its second, day 200 in its third.
TWO_QUARTERS = [
    *sold("a", "Pump", 40, 40, 10),
    *sold("a", "Panel", 10, 40, 10),
    *sold("b", "Pump", 15, 15, 100),
    *sold("b", "Panel", 22, 88, 100),
]


def asked(rows: list[Row], as_of: float | date = 182, **more: object) -> tuple[MixOrRate, ...] | NotRecorded:
    with prepared(rows, as_of=as_of, observed_from=date(2026, 1, 1)) as source:
        return mix_or_rate(source, **more)  # type: ignore[arg-type]


def test_a_change_of_mix_alone_is_all_mix() -> None:
    found = asked(TWO_QUARTERS)
    assert isinstance(found, tuple)
    product = next(one for one in found if one.by == "product")
    assert (name(product.earlier), name(product.later)) == ("2026Q1", "2026Q2")
    assert product.rate.change == pytest.approx(0, abs=1e-12)
    assert product.mix.change == pytest.approx(37 / 140 - 50 / 130)
    assert product.mix.evidence
    assert not product.rate.evidence


def test_the_mix_of_customers_is_asked_where_statuses_are_known_and_only_there() -> None:
    rows = [row | {"company": f"C{n % 70}"} for n, row in enumerate(TWO_QUARTERS)]
    found = asked(rows)
    assert isinstance(found, tuple)
    assert "customer" not in {one.by for one in found}  # records begin with the first of these quarters
    since = [
        row | {"customer_since": date(2025, 5, 1) if n % 70 < 30 else date(2026, 12, 1)} for n, row in enumerate(rows)
    ]
    told = asked(since, as_of=400, closed_in=Period(date(2026, 4, 1), date(2026, 6, 30)))
    assert isinstance(told, tuple)
    one = next(one for one in told if one.by == "customer")
    with_status = [row | {"customer": "existing" if row["customer_since"].year == 2025 else "new"} for row in since]
    mix, rate = by_hand(with_status, "customer", (one.earlier, one.later))
    assert (one.mix.change, one.rate.change) == pytest.approx((float(mix), float(rate)), abs=1e-9)


def by_hand(rows: list[Row], column: str, periods: tuple[Period, Period]) -> tuple[Fraction, Fraction]:
    """Kitagawa's two effects, deal by deal."""
    sides = []
    for period in periods:
        inside = [
            row
            for row in rows
            if row["outcome"] in ("won", "lost") and period.first <= row["closed_at"].date() <= period.last
        ]
        n = Counter(row[column] for row in inside)
        won = Counter(row[column] for row in inside if row["outcome"] == "won")
        sides.append({v: (Fraction(n[v], len(inside)), Fraction(won[v], n[v])) for v in n})
    then, now = sides
    mix = rate = Fraction(0)
    for value in {*then, *now}:
        (s0, r0), (s1, r1) = then.get(value, (Fraction(0), None)), now.get(value, (Fraction(0), None))
        r0, r1 = r1 if r0 is None else r0, r0 if r1 is None else r1
        assert r0 is not None
        assert r1 is not None
        mix += (s1 - s0) * (r0 + r1) / 2
        rate += (r1 - r0) * (s0 + s1) / 2
    return mix, rate


@pytest.mark.parametrize("column", ["product", "owner", "team", "x_region"])
def test_maven_matches_the_two_effects_by_hand(column: str) -> None:
    rows = maven_rows()
    with prepared(rows, as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1)) as source:
        found = mix_or_rate(source, by=[column])
    assert isinstance(found, tuple)
    mix, rate = by_hand(rows, column, (Q3, Q4))
    assert (found[0].mix.change, found[0].rate.change) == pytest.approx((float(mix), float(rate)), abs=1e-9)


def test_maven_says_that_nothing_changed() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1)) as source:
        found = mix_or_rate(source)
    assert isinstance(found, tuple)
    assert {one.by for one in found} == {"owner", "team", "product", "x_region"}
    for one in found:
        assert not one.change.evidence
        assert not any(points.evidence for points in (one.mix, one.rate, *(part.points for part in one.parts)))


tallies = some.lists(
    some.tuples(some.integers(0, 30), some.integers(0, 30), some.integers(0, 30), some.integers(0, 30)),
    min_size=2,
    max_size=15,
).filter(lambda rows: sum(a + b for a, b, _, _ in rows) > 0 and sum(c + d for _, _, c, d in rows) > 0)


@settings(max_examples=60, deadline=None)
@given(tallies)
def test_the_parts_add_up_exactly(rows: list[tuple[int, int, int, int]]) -> None:
    found = decompose("product", ANY, ANY, [(str(n), a, a + b, c, c + d) for n, (a, b, c, d) in enumerate(rows)])
    assert found.from_rate.rate is not None
    assert found.to_rate.rate is not None
    total = found.to_rate.rate - found.from_rate.rate
    assert found.mix.change + found.rate.change == pytest.approx(total, abs=1e-12)
    assert sum(part.points.change for part in found.parts) == pytest.approx(found.rate.change, abs=1e-12)
    assert sum(part.members for part in found.parts) == len(rows)
    for points in (found.change, found.mix, found.rate):
        assert points.low <= points.change <= points.high


def test_the_intervals_are_those_of_drawing_the_deals_again() -> None:
    counts = [("a", 120, 300, 90, 250), ("b", 60, 300, 90, 450), ("c", 200, 260, 60, 90)]
    found = decompose("product", ANY, ANY, counts)  # type: ignore[arg-type]
    random = np.random.default_rng(1)
    table = np.array([row[1:] for row in counts], float)
    drawn = []
    for _ in range(4_000):
        sides = []
        for won, closed in ((table[:, 0], table[:, 1]), (table[:, 2], table[:, 3])):
            n = random.multinomial(int(closed.sum()), closed / closed.sum())
            sides.append((n / n.sum(), random.binomial(n, won / closed) / n))
        (s0, r0), (s1, r1) = sides
        drawn.append((((s1 - s0) * (r0 + r1) / 2).sum(), ((r1 - r0) * (s0 + s1) / 2).sum()))
    low, high = np.percentile(np.array(drawn), (2.5, 97.5), axis=0)
    assert (found.mix.low, found.mix.high) == pytest.approx((low[0], high[0]), abs=0.004)
    assert (found.rate.low, found.rate.high) == pytest.approx((low[1], high[1]), abs=0.004)


def slopes(of: Callable[[Rates], float], at: Rates) -> Rates:
    """By small steps; of a sum of products of two of its numbers each they are exact."""
    found = np.zeros_like(at)
    for place in np.ndindex(*at.shape):
        step = np.zeros_like(at)
        step[place] = 1e-4
        found[place] = (of(at + step) - of(at - step)) / 2e-4
    return found


def test_the_intervals_are_those_of_the_delta_method_to_the_last_digit() -> None:
    """By numbers: shares are multinomial, rates binomial with one won and one lost added, a missing rate is the other's."""
    counts = np.array([(40, 100, 30, 90), (0, 12, 3, 30), (7, 7, 5, 11), (0, 0, 9, 25), (6, 20, 0, 0)], float)
    found = decompose("product", ANY, ANY, [(str(n), *map(int, row)) for n, row in enumerate(counts)])
    won, closed = counts[:, ::2].T, counts[:, 1::2].T
    share = closed / closed.sum(axis=1, keepdims=True)
    rate = np.divide(won, closed, out=np.zeros_like(won), where=closed > 0)
    near = (won + 1) / (closed + 2)
    noise = np.divide(near * (1 - near), closed, out=np.zeros_like(won), where=closed > 0)

    def both(at: Rates) -> tuple[Rates, Rates]:
        (s0, s1), (r0, r1) = at
        r0, r1 = np.where(closed[0] > 0, r0, r1), np.where(closed[1] > 0, r1, r0)
        return (s1 - s0) * (r0 + r1) / 2, (r1 - r0) * (s0 + s1) / 2

    def half(of: Callable[[Rates], float]) -> float:
        by_share, by_rate = slopes(of, np.array([share, rate]))
        variance = 0.0
        for side in (0, 1):
            covariance = (np.diag(share[side]) - np.outer(share[side], share[side])) / closed[side].sum()
            variance += by_share[side] @ covariance @ by_share[side] + by_rate[side] ** 2 @ noise[side]
        return float(1.959963984540054 * np.sqrt(variance))

    told = {
        found.mix: half(lambda at: both(at)[0].sum()),
        found.rate: half(lambda at: both(at)[1].sum()),
        found.change: half(lambda at: sum(part.sum() for part in both(at))),
    }
    told |= {part.points: half(lambda at, n=int(part.value or 0): both(at)[1][n]) for part in found.parts}  # type: ignore[misc]
    assert len(told) == 3 + len({part.points for part in found.parts})
    for points, expected in told.items():
        assert (points.high - points.low) / 2 == pytest.approx(expected, abs=1e-9)


def test_one_of_many_members_needs_more_than_its_own_interval_to_be_told_apart() -> None:
    """Benjamini–Hochberg over the members: one interval in twenty misses none by chance."""
    alike = [(f"m{n}", 20, 40, 26, 40) for n in range(3)]
    two = [("a", 100, 200, 180, 300), ("b", 100, 200, 60, 100), ("c", 30, 60, 22, 60)]
    found = decompose("product", ANY, ANY, [*two, *alike])
    assert found.change.evidence
    first = found.parts[0].points
    assert first.low > 0
    assert not first.evidence
    strong = decompose("product", ANY, ANY, [("a", 100, 200, 240, 300), *two[1:], *alike])
    assert [part.points.evidence for part in strong.parts][:2] == [True, False]


def test_where_the_rate_has_not_changed_neither_mix_nor_rate_has_evidence() -> None:
    found = decompose("product", ANY, ANY, [("a", 80, 100, 137, 250), ("b", 60, 300, 3, 150)])
    assert found.change.change == pytest.approx(0, abs=1e-12)
    assert found.mix.low > 0.1
    assert found.rate.high < -0.1
    assert not any(one.evidence for one in (found.change, found.mix, found.rate, *(p.points for p in found.parts)))


def test_a_product_sold_in_one_period_only_is_all_mix() -> None:
    found = decompose("product", ANY, ANY, [("old", 50, 100, 50, 100), ("new", 0, 0, 90, 100)])
    assert found.rate.change == 0
    assert found.mix.change == pytest.approx(0.2)


def test_under_ten_closed_in_a_period_are_too_few() -> None:
    rows = [*sold("a", "Pump", 40, 40, 10), *sold("b", "Pump", 5, 4, 100)]
    found = asked(rows)
    assert isinstance(found, NotRecorded)
    assert "only 9 deals" in str(found)


def test_later_rows_change_nothing() -> None:
    assert asked(TWO_QUARTERS) == asked([*TWO_QUARTERS, *sold("c", "Pump", 30, 0, 200)])


def test_a_period_asked_for_is_compared_with_the_one_before() -> None:
    found = asked(TWO_QUARTERS, closed_in=Period(date(2026, 4, 1), date(2026, 4, 30)))
    assert isinstance(found, NotRecorded)  # March has no closed deal
    assert "2026-03" in str(found)
    april_and_march = asked(
        TWO_QUARTERS, closed_in=Period(date(2026, 4, 1), date(2026, 4, 30)), earlier=quarter_of(date(2026, 1, 1))
    )
    assert isinstance(april_and_march, tuple)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "two full quarters"),
        ([deal("a", "won", 0, 100, product="Pump")], "only 0 deals"),
        ([deal("a", "won", None), deal("b", "lost", None)], "two full quarters"),
        (
            [{k: v for k, v in row.items() if k != "product"} for row in TWO_QUARTERS],
            "no attribute of the deals is recorded",
        ),
    ],
)
def test_what_the_data_cannot_answer_is_said(rows: list[Row], said: str) -> None:
    if not rows or rows[0]["created_at"] is None:
        with prepared(rows, as_of=182) as source:
            found = mix_or_rate(source)
    else:
        found = asked(rows)
    assert isinstance(found, NotRecorded)
    assert said in str(found)


def test_quarters_count_only_where_the_records_cover_them() -> None:
    with prepared(TWO_QUARTERS, as_of=181) as source:  # 1 July is not yet seen: day 181 is 1 July
        assert [name(quarter) for quarter in full_quarters(source)] == ["2026Q2"]  # first closing on 11 January
    with prepared(TWO_QUARTERS, as_of=179, observed_from=date(2026, 1, 1)) as source:
        assert [name(quarter) for quarter in full_quarters(source)] == ["2026Q1"]  # 29 June: not over


def test_without_records_of_the_time_before_two_quarters_within_the_period_are_compared() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    found = asked(TWO_QUARTERS, closed_in=year)
    assert isinstance(found, tuple)
    assert (name(found[0].earlier), name(found[0].later)) == ("2026Q1", "2026Q2")
    late = Period(date(2026, 2, 1), date(2026, 12, 31))
    assert isinstance(asked(TWO_QUARTERS, closed_in=late), NotRecorded)


def test_the_period_before_keeps_to_the_calendar() -> None:
    assert before(Period(date(2026, 3, 1), date(2026, 3, 31))) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert before(Period(date(2026, 3, 5), date(2026, 3, 9))) == Period(date(2026, 2, 28), date(2026, 3, 4))
    assert before(Period(None, date(2026, 3, 9))) is None
