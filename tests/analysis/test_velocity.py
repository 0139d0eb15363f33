from __future__ import annotations

import random
import re
from datetime import date
from statistics import mean

import numpy as np
import pytest

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.question import Period
from vunnet.analysis.velocity import Velocity, velocity
from vunnet.charts import Language
from vunnet.charts.words import velocity_sentence


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
    assert found.per_day == pytest.approx(found.won_per_day)  # steady, none cancelled, all as fast: the formula holds
    assert found.low < found.per_day < found.high


def test_maven_matches_a_count_by_hand() -> None:
    rows, as_of, begin = maven_rows(), date(2017, 12, 31), date(2017, 3, 1)
    for since in (begin, date(2017, 6, 15)):
        found = asked(rows, as_of, observed_from=since)
        by_hand(found, rows, since, as_of)
    assert asked(rows, as_of) == asked(rows, as_of, observed_from=begin)
    assert asked(rows, as_of, observed_from=date(2017, 6, 15)) == found
    period = Period(date(2017, 1, 1), as_of)
    assert asked(rows, as_of, observed_from=date(2017, 6, 15), closed_in=period) == found


def by_hand(found: Velocity, rows: list[Row], since: date, as_of: date) -> None:
    """Every part again by plain Python, of the days from `since` to `as_of`."""
    closed = [row for row in rows if row["closed_at"] and row["closed_at"].date() >= since]
    spans = [
        ((row["closed_at"].date() if row["closed_at"] else as_of) - max(since, row["created_at"].date())).days
        for row in rows
        if row["created_at"]
    ]
    won = [row for row in closed if row["outcome"] == "won"]
    value = mean(float(row["amount"]) for row in won)
    days = mean((row["closed_at"] - row["created_at"]).days for row in won)
    rate = len(won) / len(closed)
    deals = sum(span for span in spans if span > 0) / (as_of - since).days
    assert (found.won, found.win_rate.closed, found.days) == (len(won), len(closed), (as_of - since).days)
    assert (found.deals, found.mean_value, found.mean_days) == pytest.approx((deals, value, days))
    assert found.per_day == pytest.approx(deals * rate * value / days)
    assert found.won_per_day == pytest.approx(sum(float(row["amount"]) for row in won) / (as_of - since).days)


@pytest.mark.parametrize(("cancelled", "lost_after"), [(0.25, 20), (0, 60)])
def test_a_steady_flow_is_not_said_to_pile_up(cancelled: float, lost_after: int) -> None:
    """Ten deals a day for years; a quarter cancelled, or the lost three times as slow: the formula is off, nothing is."""
    draw, rows = random.Random(4), []
    for n in range(6_000):
        outcome = draw.choices(("won", "lost", "cancelled"), (0.35, 0.65 - cancelled, cancelled))[0]
        days = 1 + int(draw.expovariate(1 / (lost_after if outcome == "lost" else 20)))
        rows.append(deal(str(n), outcome, n // 10, n // 10 + days, amount=draw.choice((100, 200, 400))))
    found = asked(rows, 600, closed_in=Period(day(200).date(), day(599).date()))
    assert found.low > found.won_per_day  # the formula's figure is too high
    said = velocity_sentence(found, Language("en"))
    assert said.endswith("the formula counts neither cancelled deals nor how long lost ones stay open.")
    assert not re.search("promise|pile|age|more stands open", said.lower())


def test_the_interval_is_that_of_drawing_the_deals_again() -> None:
    draw = np.random.default_rng(3)
    days = draw.integers(1, 60, 300)
    amounts = np.round(50 + 8 * days + draw.normal(0, 60, 300)).clip(1)
    outcome = np.where(draw.random(300) < 0.4, "won", "lost")
    rows = [deal(str(n), str(outcome[n]), 0, int(days[n]), amount=float(amounts[n])) for n in range(300)]
    found = asked(rows, 100)
    drawn = []
    for _ in range(3_000):
        pick = draw.integers(0, 300, 300)
        won = outcome[pick] == "won"
        drawn.append(won.mean() * amounts[pick][won].mean() / days[pick][won].mean())
    low, high = np.percentile(np.array(drawn) * found.deals, (2.5, 97.5))
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.03)


def test_a_period_counts_its_own_closings_and_its_own_days() -> None:
    period = Period(day(4).date(), day(13).date())
    found = asked(STEADY, 23, closed_in=period)
    assert (found.won, found.days) == (10, 10)
    assert found.deals == pytest.approx(8)


def test_each_mean_is_of_the_deals_that_carry_it() -> None:
    bare = [{**row, "amount": None} if row["deal_id"] in ("w0", "w1") else row for row in STEADY]
    refused = [deal(f"r{n}", "won", 12, 11, amount=100) for n in range(4)]
    found = asked([*bare, *refused], 23)
    assert (found.won, found.win_rate.closed) == (24, 44)
    assert (found.mean_value, found.mean_days) == (100, 4)


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
