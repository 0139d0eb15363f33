from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from statsmodels.duration.survfunc import SurvfuncRight

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.question import Period
from vunnet.analysis.repeat import RepeatInterval, repeat_interval
from vunnet.charts import Language
from vunnet.charts.words import repeat_sentence, repeat_title


def asked(rows: list[Row], as_of: float | date, closed_in: Period | None = None) -> RepeatInterval:
    with prepared(rows, as_of=as_of) as source:
        found = repeat_interval(source, closed_in)
    assert isinstance(found, RepeatInterval)
    return found


def gaps(rows: list[Row], as_of: date) -> tuple[list[int], list[bool]]:
    """Days to the next day on which the company was won, or to `as_of`; one company at a time."""
    days: dict[str, set[date]] = defaultdict(set)
    for row in rows:
        if row["outcome"] == "won" and row.get("company") and row["closed_at"].date() <= as_of:
            days[row["company"]].add(row["closed_at"].date())
    found, known = [], []
    for own in days.values():
        ordered = sorted(own)
        for this, following in zip(ordered, [*ordered[1:], None], strict=True):
            found.append(((following or as_of) - this).days)
            known.append(following is not None)
    return found, known


def test_maven_matches_statsmodels() -> None:
    rows, as_of = maven_rows(), date(2017, 12, 31)
    found = asked(rows, as_of)
    times, known = gaps(rows, as_of)
    other = SurvfuncRight(np.array(times) + 1e-9 * ~np.array(known), np.array(known))
    assert (found.purchases, found.repeated) == (len(times), sum(known))
    assert found.median_days == other.quantile(0.5)
    share = found.within(30)
    assert share is not None
    at = int(np.searchsorted(other.surv_times, 30, side="right")) - 1
    assert share.share == pytest.approx(1 - other.surv_prob[at], abs=1e-9)


EVERY_TEN_DAYS = [deal(f"{c}-{k}", "won", 0, 10 * k + c, company=f"C{c}") for c in range(4) for k in range(1, 6)]


def test_a_customer_that_has_not_come_back_is_not_one_that_never_will() -> None:
    found = asked(EVERY_TEN_DAYS, 55)
    assert (found.companies, found.purchases, found.repeated) == (4, 20, 16)
    assert found.median_days == 10
    assert [share and share.share for share in map(found.within, (9, 10))] == [0.0, 1.0]
    # Nobody was seen to stay away for ten days, but none was followed for eleven either.
    assert [found.within(days) for days in (11, 30, 365)] == [None, None, None]
    assert found.to_json()["within"] == []
    said = (repeat_title(found, Language("en")), repeat_sentence(found, Language("en")))
    assert said[0] == "Half of the purchases are followed by another of the same company within 10 days"
    assert said[1].startswith("20 purchases by 4 companies; 16 were followed by another of the same company so far.")


def test_two_deals_of_one_day_are_one_purchase() -> None:
    twice = [row | {"deal_id": f"again {row['deal_id']}"} for row in EVERY_TEN_DAYS]
    assert asked([*EVERY_TEN_DAYS, *twice], 55) == asked(EVERY_TEN_DAYS, 55)


def test_a_period_asks_about_its_own_wins_and_sees_the_next_wherever_it_is() -> None:
    found = asked(EVERY_TEN_DAYS, 55, Period(day(10).date(), day(33).date()))
    assert (found.purchases, found.repeated) == (12, 12)


def test_the_next_win_may_be_of_another_seller_than_the_one_asked_about() -> None:
    rows = [row | {"owner": "Ann" if n % 2 == 0 else "Bo"} for n, row in enumerate(EVERY_TEN_DAYS)]
    with prepared(rows, as_of=55) as source:
        found = repeat_interval(source.only({"owner": ("Ann",)}))
    assert isinstance(found, RepeatInterval)
    # Of each company's five wins three or two are Ann's; the last of all is followed by none.
    last = sum(row["owner"] == "Ann" for row in rows[4::5])
    own = sum(row["owner"] == "Ann" for row in rows)
    assert (found.companies, found.purchases, found.repeated) == (4, own, own - last)
    assert found.median_days == 10


def test_later_rows_change_nothing() -> None:
    later = [deal("later", "won", 56, 57, company="C1"), deal("other", "won", 3, 60, company="C2")]
    assert asked(EVERY_TEN_DAYS, 55) == asked([*EVERY_TEN_DAYS, *later], 55)


@settings(max_examples=12, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 5), some.integers(0, 80)), min_size=12, max_size=60, unique=True))
def test_any_wins_match_a_count_by_hand(wins: list[tuple[int, int]]) -> None:
    rows = [deal(str(n), "won", 0, at, company=f"C{company}") for n, (company, at) in enumerate(wins)]
    times, known = gaps(rows, day(90).date())
    found = asked(rows, 90)
    assert (found.purchases, found.repeated) == (len(times), sum(known))
    shares = [share.share for days in (30, 60) if (share := found.within(days))]
    assert shares == sorted(shares)


def test_what_the_data_cannot_answer_is_said() -> None:
    for rows, why in (
        ([], "no companies"),
        ([deal("a", "won", 0, 1)], "no companies"),
        ([deal("a", "won", 0, company="C")], "no closing dates"),
        ([deal("a", "won", 0, 1, company="C")], "only 1 purchase"),
        ([deal(str(n), "won", 0, n % 3, company="C") for n in range(30)], "only 3 purchases"),
    ):
        with prepared(rows, as_of=50) as source:
            found = repeat_interval(source)
        assert isinstance(found, NotRecorded)
        assert why in str(found)
