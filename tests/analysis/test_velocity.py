from __future__ import annotations

from datetime import date
from statistics import mean

import numpy as np
import pytest

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.question import Period
from vunnet.analysis.velocity import Velocity, velocity


def asked(rows: list[Row], as_of: float | date, **more: object) -> Velocity:
    with prepared(rows, as_of=as_of, **{k: v for k, v in more.items() if k == "observed_from"}) as source:  # type: ignore[arg-type]
        found = velocity(source, more.get("closed_in"))  # type: ignore[arg-type]
    assert isinstance(found, Velocity)
    return found


STEADY = [deal(f"w{n}", "won", n, n + 4, amount=100) for n in range(20)] + [
    deal(f"l{n}", "lost", n, n + 4, amount=100) for n in range(20)
]


def test_four_parts_make_the_speed() -> None:
    found = asked(STEADY, 23)
    # 40 deals of 4 days each in 23 days; half are won, 100 each, after 4 days.
    assert (found.deals, found.win_rate.rate, found.mean_value, found.mean_days) == (160 / 23, 0.5, 100, 4)
    assert found.per_day == pytest.approx(found.deals * 0.5 * 100 / 4)
    assert found.per_day == pytest.approx(found.won_per_day)  # in a steady pipeline the promise is what happens
    assert found.low < found.per_day < found.high


def test_maven_matches_a_count_by_hand() -> None:
    rows, as_of, begin = maven_rows(), date(2017, 12, 31), date(2017, 3, 1)
    found = asked(rows, as_of, observed_from=begin)
    opened = [row for row in rows if row["created_at"]]
    spans = [
        ((row["closed_at"].date() if row["closed_at"] else as_of) - max(begin, row["created_at"].date())).days
        for row in opened
    ]
    won = [row for row in rows if row["outcome"] == "won"]
    value = mean(float(row["amount"]) for row in won)
    days = mean((row["closed_at"] - row["created_at"]).days for row in won)
    rate = len(won) / sum(row["outcome"] in ("won", "lost") for row in rows)
    deals = sum(span for span in spans if span > 0) / (as_of - begin).days
    assert (found.deals, found.mean_value, found.mean_days) == pytest.approx((deals, value, days))
    assert found.per_day == pytest.approx(deals * rate * value / days)
    assert found.won_per_day < found.low  # the open book ages: said in words


def test_the_interval_is_that_of_drawing_the_deals_again() -> None:
    random = np.random.default_rng(3)
    days = random.integers(1, 60, 300)
    amounts = np.round(50 + 8 * days + random.normal(0, 60, 300)).clip(1)
    outcome = np.where(random.random(300) < 0.4, "won", "lost")
    rows = [deal(str(n), str(outcome[n]), 0, int(days[n]), amount=float(amounts[n])) for n in range(300)]
    found = asked(rows, 100)
    drawn = []
    for _ in range(3_000):
        pick = random.integers(0, 300, 300)
        won = outcome[pick] == "won"
        drawn.append(won.mean() * amounts[pick][won].mean() / days[pick][won].mean())
    low, high = np.percentile(np.array(drawn) * found.deals, (2.5, 97.5))
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.03)


def test_a_period_counts_its_own_closings_and_its_own_days() -> None:
    period = Period(day(4).date(), day(13).date())
    found = asked(STEADY, 23, closed_in=period)
    assert (found.won, found.days) == (10, 10)
    assert found.deals == pytest.approx(8)


def test_later_rows_change_nothing() -> None:
    later = [deal("x", "won", 30, 31, amount=900), deal("y", "won", 2, 30, amount=900)]
    before = [*STEADY, deal("y", "open", 2, amount=900)]
    assert asked([*STEADY, *later], 23) == asked(before, 23)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no creation dates"),
        ([deal("a", "won", None)], "no creation dates"),
        ([deal("a", "won", 0, 4, amount=5)], "only 1 deal is won"),
        ([{k: v for k, v in row.items() if k != "amount"} for row in STEADY], "no won deal carries an amount"),
        ([row | {"closed_at": row["created_at"]} for row in STEADY], "closed on the day they opened"),
        (
            [row | {"currency": "NOK" if n % 2 else "EUR"} for n, row in enumerate(STEADY)],
            "amounts are in EUR, NOK",
        ),
    ],
)
def test_what_the_data_cannot_answer_is_said(rows: list[Row], said: str) -> None:
    with prepared(rows, as_of=40) as source:
        found = velocity(source)
    assert isinstance(found, NotRecorded)
    assert said in str(found)
