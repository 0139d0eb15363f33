"""What holds whatever the rows: their order is irrelevant, later ones change nothing, none is no crash."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, day, deal, maven_rows, prepared, table
from vunnet.analysis import engine
from vunnet.analysis.prepare import prepare
from vunnet.analysis.question import Period, Question
from vunnet.analysis.report import analyze, answer, first_day, latest_day, rows_after

NAMES = some.sampled_from(["Ann", "Bo", None])


@some.composite
def deals(draw: some.DrawFn, first: int = 0, last: int = 60) -> list[Row]:
    found = []
    for n in range(draw(some.integers(0, 12))):
        created = draw(some.one_of(some.none(), some.integers(first, last)))
        outcome = draw(some.sampled_from(("open", "won", "lost", "cancelled")))
        lived = draw(some.integers(-2, 40))
        closed = None if outcome == "open" or created is None else max(first, created + lived)
        if created is None:
            outcome = "open"
        row = deal(f"{first}-{n}", outcome, created, closed, amount=draw(some.integers(0, 500)))
        found.append(row | {"owner": draw(NAMES), "company": draw(NAMES), "product": draw(NAMES)})
    return found


def asked(rows: list[Row], as_of: date, **more: Any) -> dict[str, object]:
    with engine.opened({"deals": table("deals", rows)}, threads=1) as tables:
        found = analyze(tables, Question(as_of, **more)).to_json()
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


slow = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(deals())
def test_the_order_of_rows_is_irrelevant(rows: list[Row]) -> None:
    assert asked(rows, date(2026, 2, 20)) == asked(rows[::-1], date(2026, 2, 20))


@slow
@given(deals(), deals(first=51, last=90).filter(bool))
def test_rows_after_as_of_change_nothing(rows: list[Row], later: list[Row]) -> None:
    as_of = date(2026, 2, 20)  # day 50
    born_later = [row for row in later if row["created_at"] is not None]
    assert asked(rows, as_of) == asked([*rows, *born_later], as_of)


@slow
@given(deals())
def test_counts_sum_to_the_whole_and_shares_stay_within_one(rows: list[Row]) -> None:
    found = asked(rows, date(2026, 3, 30))
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["deals"] == sum(counts[name] for name in ("not_opened", "open", "won", "lost", "cancelled"))
    for share in shares(found):
        assert 0 <= share["low"] <= share["share"] <= share["high"] <= 1


def shares(found: object) -> list[dict[str, float]]:
    if isinstance(found, list):
        return [share for one in found for share in shares(one)]
    if not isinstance(found, dict):
        return []
    own = [found] if found.get("share") is not None and found.get("low") is not None else []
    return own + [share for one in found.values() for share in shares(one)]


def test_no_rows_answer_every_key() -> None:
    found = asked([], date(2026, 1, 1))
    assert found["counts"]["deals"] == 0  # type: ignore[index]
    assert found["forecast"] == {"not_recorded": "no creation dates are recorded"}
    assert set(found) >= {
        "as_of", "time_zone", "source", "rows", "counts", "win_rate", "segments", "time_to_close", "within_days",
        "funnel", "won", "customer_status", "cohorts",
        "drivers", "leaks", "mix_or_rate", "signals", "velocity", "forecast",
        "attainment",
    }  # fmt: skip


def test_filters_cut_every_part_alike() -> None:
    rows = maven_rows()
    some_rows = [row for row in rows if row["product"] == "GTX Pro" and row["x_region"] == "West"]
    where = {"product": ("GTX Pro",), "x_region": ("West",)}
    narrowed, alone = asked(rows, date(2017, 12, 31), where=where), asked(some_rows, date(2017, 12, 31))
    for part in ("counts", "win_rate", "time_to_close", "within_days", "won"):
        if part != "won":
            assert narrowed[part] == alone[part], part
    assert narrowed["won"]["value"] == alone["won"]["value"]  # type: ignore[index]


def test_a_filter_may_ask_for_what_is_not_filled_in() -> None:
    rows = [deal("a", "won", 0, 1, owner="Ann"), deal("b", "won", 0, 1)]
    with prepared(rows) as source:
        nobody = answer(source, Question(date(2030, 1, 1), where={"owner": (None,)}))
        either = answer(source, Question(date(2030, 1, 1), where={"owner": (None, "Ann")}))
    assert (nobody.counts.won, either.counts.won) == (1, 2)


def test_only_columns_of_deals_are_filters() -> None:
    with pytest.raises(ValueError, match="deal_id"):
        Question(date(2026, 1, 1), where={"deal_id": ("a",)})


def test_created_in_follows_the_deals_opened_in_the_period() -> None:
    rows = [deal("a", "won", 5, 50), deal("b", "lost", 6, 7), deal("c", "won", 40, 41)]
    january = Period(date(2026, 1, 1), date(2026, 1, 31))
    with prepared(rows, as_of=60) as source:
        found = answer(source, Question(date(2026, 3, 2), created_in=january))
    assert (found.counts.deals, found.win_rate.by_count.won, found.win_rate.by_count.closed) == (2, 1, 2)


def test_a_moment_as_of_hides_what_came_a_minute_later() -> None:
    with prepared([deal("a", "won", 0.1, 0.5)], as_of=datetime(2026, 1, 1, 11, 59, tzinfo=UTC)) as source:
        assert answer(source, Question(date(2026, 1, 1))).counts.won == 0
    with prepared([deal("a", "won", 0.1, 0.5)], as_of=datetime(2026, 1, 1, 12, 0, tzinfo=UTC)) as source:
        assert answer(source, Question(date(2026, 1, 1))).counts.won == 1


def test_a_planned_closing_and_a_date_to_come_are_no_latest_day() -> None:
    rows = [deal("a", "won", 0, 3), deal("b", "open", 1, 900), deal("c", "won", 30_000, 30_001)]
    with engine.opened({"deals": table("deals", rows)}, threads=1) as tables:
        assert latest_day(tables, today=day(10).date()) == day(3).date()
        assert latest_day(tables) == day(30_001).date()
        assert first_day(tables) == day(0).date()
        assert [rows_after(tables, day(at).date()) for at in (0, 3, 900, 40_000)] == [3, 2, 1, 0]


def test_the_latest_day_is_local() -> None:
    rows = [deal("a", "won", 0.1, 3.99)]
    with engine.opened({"deals": table("deals", rows)}) as tables:
        assert latest_day(tables) == date(2026, 1, 4)
        assert latest_day(tables, "Europe/Oslo") == date(2026, 1, 5)


def test_unknown_zones_and_tables_are_refused_by_name() -> None:
    rows = table("deals", [deal("a", "won", 0, 1)])
    with engine.opened({"deals": rows}) as tables, pytest.raises(ValueError, match="Mars/Base"):
        prepare(tables, date(2026, 1, 1), "Mars/Base")
    with pytest.raises(ValueError, match="no table of deals"), engine.opened({}):
        pass
    with pytest.raises(ValueError, match="outcome"), engine.opened({"deals": rows.drop_columns(["outcome"])}):
        pass


def test_daylight_saving_nights_keep_local_days_apart() -> None:
    # The night of 29 March 2026 has 23 hours in Oslo; local midnights before and after are one day apart each.
    rows = [
        deal(str(n), "won", n - 1 / 24 if n <= 87 else n - 2 / 24, (n + 1) - (1 if n + 1 <= 87 else 2) / 24)
        for n in range(80, 95)
    ]
    with prepared(rows, zone="Europe/Oslo") as source:
        found = answer(source, Question(date(2030, 1, 1), "Europe/Oslo"))
    assert found.whole_days
    assert [share.share for share in [found.time_to_close.at("won", 1)] if share] == [1.0]  # type: ignore[union-attr]
