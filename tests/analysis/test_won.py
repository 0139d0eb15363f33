from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.customers import CustomerStatus, customer_status
from vunnet.analysis.question import Period
from vunnet.analysis.won import Part, Won, won


def asked(
    deals: list[Row], period: Period | None = None, edges: tuple[float, ...] | None = None, **more: list[Row]
) -> Won:
    with prepared(deals, **more) as source:
        return won(source, period, edges)


def sums(found: Won, by: str) -> dict[str | None, tuple[float, float | None]]:
    parts = found.by[by]
    assert not isinstance(parts, NotRecorded)
    return {part.value: (part.count, part.amount) for part in parts}


def share(deal_id: str, member: str, share: float) -> Row:
    return {"deal_id": deal_id, "member": member, "share": share}


def test_only_won_deals_count() -> None:
    found = asked(
        [deal("a", "won", 0, 1, amount=10), deal("b", "won", 0, 1, amount=30), deal("c", "lost", 0, 1, amount=99)]
    )
    assert (found.count, found.value, found.mean, found.median) == (2, 40.0, 20.0, 20.0)


def test_a_deal_of_100_shared_by_two_is_100_not_200() -> None:
    rows = [deal("a", "won", 0, 1, amount=100, owner="Ann"), deal("b", "won", 0, 1, amount=10, owner="Bo")]
    found = asked(rows, members=[share("a", "Ann", 0.75), share("a", "Bo", 0.25)])
    assert sums(found, "owner") == {"Ann": (0.75, 75.0), "Bo": (1.25, 35.0)}


def test_the_order_of_rows_changes_no_digit() -> None:
    rows = [deal(str(n), "won", 0, 1, amount=Decimal(n * 7919 % 100_003) / 100, owner="Ann") for n in range(300)]
    shares = [share(str(n), who, part) for n in range(300) for who, part in (("Ann", 0.1), ("Bo", 0.2), ("Cy", 0.7))]
    told = set()
    for seed in range(6):
        Random(seed).shuffle(rows)
        Random(seed).shuffle(shares)
        told.add(asked(rows, members=shares).by["owner"])
    assert len(told) == 1


def test_products_come_from_the_lines_else_the_main_product() -> None:
    rows = [deal("a", "won", 0, 1, amount=90, product="X"), deal("b", "won", 0, 1, amount=10, product="X")]
    lines = [
        {"deal_id": "a", "product": "Y", "amount": Decimal(60)},
        {"deal_id": "a", "product": "Z", "amount": Decimal(30)},
    ]
    found = asked(rows, lines=lines)
    assert sums(found, "product") == {"Y": (1, 60.0), "Z": (1, 30.0), "X": (1, 10.0)}


def test_size_bands_hold_their_upper_edge() -> None:
    rows = [deal(str(n), "won", 0, 1, amount=n) for n in (5, 10, 11, 50, 51)]
    found = asked(rows, edges=(10, 50))
    assert sums(found, "size") == {"up to 10": (2, 15.0), "10–50": (2, 61.0), "over 50": (1, 51.0)}


def test_quarters_are_those_of_the_time_zone() -> None:
    rows = [deal("a", "won", 0, 89.99, amount=1)]  # 31 March, 23:45 UTC
    with prepared(rows, zone="Europe/Oslo") as source:
        assert list(sums(won(source), "quarter")) == ["2026Q2"]
    assert list(sums(asked(rows), "quarter")) == ["2026Q1"]


def test_several_currencies_have_counts_but_no_sum() -> None:
    rows = [
        deal("a", "won", 0, 1, amount=1, currency="NOK", owner="Ann"),
        deal("b", "won", 0, 1, amount=1, currency="EUR"),
    ]
    found = asked(rows)
    assert found.count == 2
    assert isinstance(found.value, NotRecorded)
    assert isinstance(found.by["size"], NotRecorded)
    assert sums(found, "owner") == {"Ann": (1, None), None: (1, None)}


def test_no_rows_is_no_crash() -> None:
    found = asked([])
    assert found.count == 0
    assert isinstance(found.value, NotRecorded)


def test_the_parts_sum_to_the_whole_on_mavens_files() -> None:
    rows = maven_rows()
    with prepared(rows, as_of=date(2017, 12, 31)) as source:
        found = won(source)
    amounts = [row["amount"] for row in rows if row["outcome"] == "won"]
    assert (found.count, found.value) == (4238, 10_005_534.0)
    assert found.median == float(median(amounts))
    by_product: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["outcome"] == "won":
            by_product[row["product"]] += row["amount"]
    assert {value: amount for value, (_, amount) in sums(found, "product").items()} == {
        k: float(v) for k, v in by_product.items()
    }
    for by in ("product", "owner", "size", "quarter", "customer"):
        parts = found.by[by]
        assert isinstance(parts, tuple)
        assert all(isinstance(part, Part) for part in parts)
        assert sum(part.count for part in parts) == 4238
        assert sum(part.amount or 0 for part in parts) == pytest.approx(10_005_534.0)


YEARS = 365.25


def statuses(deals: list[Row], observed_from: date | None = None) -> dict[str, int]:
    with prepared(deals, observed_from=observed_from) as source:
        found = customer_status(source)
    assert isinstance(found, CustomerStatus)
    return {status: int(rate.closed) for status, rate in found.rates.items() if rate.closed}


def test_status_is_decided_at_creation_by_earlier_wins() -> None:
    rows = [
        deal("a", "won", 0, 10, company="Co"),
        deal("same day", "lost", 10, 20, company="Co"),  # the win of that day is not earlier
        deal("b", "lost", 11, 20, company="Co"),
        deal("c", "won", 11 + 3 * YEARS, 12 + 3 * YEARS, company="Co"),
        deal("d", "won", 11 + 3 * YEARS, 12 + 3 * YEARS, company="Other"),
    ]
    assert statuses(rows) == {"first_in_records": 2, "existing": 1, "won_back": 1, "new": 1}


def test_a_win_on_a_known_day_counts_also_where_its_opening_is_not_known() -> None:
    rows = [deal("a", "won", None, 10, company="Co"), deal("b", "lost", 11, 20, company="Co")]
    assert statuses(rows) == {"existing": 1}


def test_a_customer_is_won_back_from_the_day_after_24_months() -> None:
    win = deal("win", "won", 0, 73, company="Co")  # 15 March 2026
    for created, status in ((date(2028, 3, 15), "existing"), (date(2028, 3, 16), "won_back")):
        at = (created - date(2026, 1, 1)).days
        rows = [win, deal("later", "lost", at, at + 5, company="Co")]
        assert statuses(rows) == {"first_in_records": 1, status: 1}, created
    # A leap day lies between: two years are not 730 days.
    assert date(2028, 3, 15) - date(2026, 3, 15) == timedelta(days=731)


def test_records_reach_back_24_months_to_the_day() -> None:
    for created, status in ((date(2027, 12, 31), "first_in_records"), (date(2028, 1, 1), "new")):
        at = (created - date(2026, 1, 1)).days
        assert statuses([deal("a", "won", at, at + 5, company="Co")], observed_from=date(2026, 1, 1)) == {status: 1}


def test_a_win_before_its_own_opening_makes_nobody_a_customer() -> None:
    rows = [deal("refused", "won", 20, 10, company="Co"), deal("a", "lost", 15, 30, company="Co")]
    assert statuses(rows) == {"first_in_records": 2}


def test_a_deal_without_a_company_is_unknown_whatever_became_of_it() -> None:
    rows = [deal("a", "lost", 0, 1), deal("b", "won", 0, 1), deal("c", "won", 0, 1, company="Co")]
    with prepared(rows) as source:
        found = customer_status(source)
    assert isinstance(found, CustomerStatus)
    assert (found.unknown, found.compared) == (2, False)


def test_a_deal_never_makes_its_own_customer_existing() -> None:
    assert statuses([deal("a", "won", 0, 0, company="Co")]) == {"first_in_records": 1}


def test_new_needs_records_of_24_months() -> None:
    rows = [deal("a", "won", 3 * YEARS, 3 * YEARS + 5, company="Co")]
    assert statuses(rows) == {"first_in_records": 1}
    assert statuses(rows, observed_from=date(2026, 1, 1)) == {"new": 1}


def status_of(row: Row, rows: list[Row], records: date) -> str:
    """The status of a deal, told as a clerk would from the company's file."""

    def back(day: date) -> date:
        return day.replace(year=day.year - 2)

    own = [other for other in rows if other["company"] == row["company"]]
    created = row["created_at"].date()
    wins = [o["closed_at"].date() for o in own if o["outcome"] == "won" and o["closed_at"].date() < created]
    if wins:
        return "existing" if max(wins) >= back(created) else "won_back"
    since = min((o["customer_since"] for o in own if o["customer_since"]), default=None)
    if since is not None and since < created:
        return "won_back" if since < back(created) and records <= back(created) else "existing"
    return "new" if since is not None or records <= back(created) else "first_in_records"


MONTH = 30
KNOWN_SINCE = st.one_of(st.none(), st.integers(-60, 60).map(lambda month: day(MONTH * month).date()))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.booleans(), KNOWN_SINCE), min_size=1, max_size=12))
def test_a_known_first_purchase_makes_certain_what_records_cannot(
    lives: list[tuple[int, int, bool, date | None]],
) -> None:
    rows = [
        deal(str(n), "won" if won else "lost", MONTH * at, MONTH * at + 9, company=f"C{company}")
        | {"customer_since": since}
        for n, (company, at, won, since) in enumerate(lives)
    ]
    records = min(row["closed_at"].date() for row in rows)
    expected: dict[str, int] = defaultdict(int)
    for row in rows:
        expected[status_of(row, rows, records)] += 1
    assert statuses(rows) == expected


def test_a_first_purchase_that_lies_ahead_is_not_known_yet() -> None:
    rows = [deal("a", "lost", 0, 10, company="Co") | {"customer_since": day(50).date()}]
    with prepared(rows, as_of=40) as before, prepared(rows, as_of=60) as after:
        found = customer_status(before), customer_status(after)
    assert [one.rates["new"].closed for one in found if isinstance(one, CustomerStatus)] == [0, 1]
    assert [one.compared for one in found if isinstance(one, CustomerStatus)] == [False, True]


def test_maven_statuses_match_plain_python() -> None:
    rows = maven_rows()
    wins = defaultdict(list)
    for row in rows:
        if row["outcome"] == "won":
            wins[row["company"]].append(row["closed_at"])
    expected: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["outcome"] in ("won", "lost"):
            earlier = any(win < row["created_at"] for win in wins[row["company"]])
            expected["existing" if earlier else "first_in_records"] += 1
    with prepared(rows, as_of=date(2017, 12, 31)) as source:
        found = customer_status(source)
    assert isinstance(found, CustomerStatus)
    assert {status: rate.closed for status, rate in found.rates.items() if rate.closed} == expected
    assert not found.compared
