"""The sizes of won deals, and the change of a rate, recomputed by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import floor, log10
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vunnet.analysis import engine
from vunnet.analysis.amounts import Amounts, amounts, edge
from vunnet.analysis.answers import NotRecorded, wilson
from vunnet.analysis.evidence import HIGHER, NO_EVIDENCE
from vunnet.analysis.prepare import prepare
from vunnet.analysis.question import Period
from vunnet.analysis.win_rate import NO_PERIOD, NO_PERIOD_BEFORE, Change, change, win_rate

AS_OF = date(2026, 12, 31)


def deals(rows: list[tuple[str, float | None, str | None, date]]) -> pa.Table:
    """(outcome, amount, currency, closed on) of each."""
    closed = [datetime.combine(day, datetime.min.time()) for *_, day in rows]
    return pa.table({
        "deal_id": [str(n) for n in range(len(rows))],
        "outcome": [row[0] for row in rows],
        "amount": pa.array([None if row[1] is None else Decimal(f"{row[1]:.2f}") for row in rows], pa.decimal128(18, 2)),
        "currency": pa.array([row[2] for row in rows], pa.string()),
        "created_at": pa.array([datetime.combine(date(2024, 1, 1), datetime.min.time())] * len(rows), pa.timestamp("us")),
        "closed_at": pa.array(closed, pa.timestamp("us")),
    })  # fmt: skip


def ask(rows: list[tuple[str, float | None, str | None, date]], period: Period | None = None) -> Any:
    with engine.opened({"deals": deals(rows)}) as tables:
        return amounts(prepare(tables, AS_OF), period)


DAY = date(2026, 6, 1)


def won(*values: float | None) -> list[tuple[str, float | None, str | None, date]]:
    return [("won", value, "NOK", DAY) for value in values]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10**9).map(lambda n: n / 100), min_size=1, max_size=40))
def test_bins_and_the_largest_are_what_plain_python_counts(values: list[float]) -> None:
    found = ask(won(*values))
    expected: dict[int, int] = {}
    for value in values:
        k = floor(log10(value) * 10 + 1e-9)
        expected[k] = expected.get(k, 0) + 1
    assert dict(found.bins) == expected
    assert found.count == len(values)
    assert found.largest == pytest.approx(sum(sorted(values)[-5:]) / sum(values))
    assert all(edge(k) <= value * 1.000001 for value in values for k in [floor(log10(value) * 10 + 1e-9)])


def test_only_won_deals_of_the_period_with_an_amount_count() -> None:
    rows = [*won(1000, 0, None), ("lost", 500, "NOK", DAY), ("won", 9000, "NOK", date(2025, 1, 1))]
    found = ask(rows, Period(date(2026, 1, 1), date(2026, 12, 31)))
    assert found == Amounts(1, ((30, 1),), 1.0)


def test_without_amounts_or_in_several_currencies_it_is_not_recorded() -> None:
    assert isinstance(ask(won(None, 0)), NotRecorded)
    assert isinstance(ask([*won(10), ("won", 10, "EUR", DAY)]), NotRecorded)


def changed(now: tuple[int, int], before: tuple[int, int], first: date = date(2024, 1, 1)) -> Change | NotRecorded:
    rows = [("lost", None, None, first)]
    for (k, n), day in ((now, date(2026, 6, 15)), (before, date(2025, 6, 15))):
        rows += [("won" if i < k else "lost", None, None, day) for i in range(n)]
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    with engine.opened({"deals": deals(rows)}) as tables:
        prepared = prepare(tables, AS_OF)
        return change(prepared, period, win_rate(prepared, period).by_count)


def test_a_change_is_tested_against_the_equally_long_period_before() -> None:
    found = changed((60, 100), (40, 100))
    assert isinstance(found, Change)
    assert (found.period.first, found.period.last) == (date(2025, 1, 1), date(2025, 12, 31))
    assert found.before == wilson(40, 100)
    assert found.p_value == pytest.approx(stats.chi2_contingency([[60, 40], [40, 60]], correction=False).pvalue)
    assert found.verdict == HIGHER
    still = changed((45, 100), (40, 100))
    assert isinstance(still, Change)
    assert still.verdict == NO_EVIDENCE


def test_few_deals_are_not_compared_and_young_records_not_asked() -> None:
    few = changed((3, 100), (2, 9))
    assert isinstance(few, Change)
    assert (few.p_value, few.verdict) == (None, "too few to say")
    assert changed((60, 100), (40, 100), first=date(2025, 3, 1)) == NO_PERIOD_BEFORE
    with engine.opened({"deals": deals(won(1))}) as tables:
        prepared = prepare(tables, AS_OF)
        assert change(prepared, None, wilson(1, 1)) == NO_PERIOD
        assert change(prepared, Period(None, DAY), wilson(1, 1)) == NO_PERIOD


def test_later_rows_change_nothing() -> None:
    rows = won(1000, 2000)
    later = [*rows, ("won", 5000, "NOK", date(2027, 1, 5))]
    assert ask(rows) == ask(later)
