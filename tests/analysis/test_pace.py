from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from random import Random
from statistics import median

import pytest

import vunnet.analysis as va
from tests.analysis.rows import Row, day, deal, prepared, table
from tests.analysis.test_attainment import EN, JANUARY, LAST_QUARTER, NB, asked, quota, won
from tests.analysis.test_forecast import LADDER, busy, ladder
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment, QuotaPeriod, attainment
from vunnet.analysis.coverage import Coverage, PastCoverage, PastPeriod
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.pace import Pace
from vunnet.charts.words import attainment_sentence, attainment_title, coverage_sentence, needed_words, pace_sentence

# --- pace --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> tuple[Attainment, Forecast]:
    """A ladder of deals on 31 October, the quarter's quota missing 40 000."""
    deals, visits = busy(304)
    owned = [row | {"owner": "Ann", "stage": LADDER[0]} for row in deals]
    quotas = [quota("Ann", 70_000, LAST_QUARTER)]
    with prepared(owned, as_of=303, visits=visits, stages=ladder(), quotas=quotas) as source:
        told = forecast(source)
        found = attainment(source, None, told)
        assert attainment(source) == found  # with or without a forecast at hand
    assert isinstance(found, Attainment)
    assert isinstance(told, Forecast)
    return found, told


def of_pace(found: Attainment) -> Pace:
    assert isinstance(found.pace, Pace), found.pace
    return found.pace


def test_pace_is_what_is_credited_the_days_gone_and_where_the_forecast_lands(
    running: tuple[Attainment, Forecast],
) -> None:
    found, told = running
    pace = of_pace(found)
    assert (pace.days_left, round(pace.gone, 6)) == (61, round(31 / 92, 6))
    assert pace.credited == found.current.whole.credited == told.won_so_far[-1][2] > 0
    assert pace.landing == told.value
    assert pace.gap == 70_000 - pace.credited
    assert told.target == 70_000  # one reading of the quotas


def test_the_gap_in_deals_is_the_gap_over_a_won_deal_over_the_chance_of_the_stage_by_the_end(
    running: tuple[Attainment, Forecast],
) -> None:
    found, told = running
    pace = of_pace(found)
    deals, _ = busy(304)
    amounts = [float(row["amount"]) for row in deals if row["outcome"] == "won"]
    assert (pace.mean_won, pace.priced) == (pytest.approx(sum(amounts) / len(amounts)), len(amounts))
    assert pace.wins == pytest.approx(pace.gap / pace.mean_won)  # type: ignore[operator]
    assert not isinstance(pace.stages, NotRecorded)
    for one, stage in zip(pace.stages, told.stages, strict=True):
        assert one.by_end == stage.by_end
        assert one.by_end.share <= stage.measured.share + 1e-9  # by the end of the quarter, not within a year
        assert one.deals == pytest.approx(pace.wins / one.by_end.share)  # type: ignore[operator]
        assert one.low < one.deals < one.high  # type: ignore[operator]
    assert pace.stages[0].deals > pace.stages[-1].deals  # type: ignore[operator]
    assert pace.stages[0].there == sum(row["outcome"] == "open" and row["created_at"] < day(304) for row in deals)
    few = replace(pace.stages[0], entered=9, deals=None)
    assert needed_words(few, EN) == "too few to say"
    assert needed_words(replace(few, entered=99), EN) == "none is won so soon"
    assert needed_words(replace(few, entered=99, deals=3.2, low=2.0, high=None), EN) == "4 (2–∞)"


def test_a_month_lands_on_its_own_wins_plus_what_the_forecast_adds() -> None:
    deals, visits = busy(304)
    november = (date(2026, 10, 15), date(2026, 11, 12))
    owned = [row | {"owner": "Ann"} for row in deals]
    with prepared(owned, as_of=303, visits=visits, stages=ladder(), quotas=[quota("Ann", 9_000, november)]) as source:
        found, told = attainment(source), forecast(source, november[1])
    assert isinstance(found, Attainment)
    assert isinstance(told, Forecast)
    credited = sum(float(row["amount"]) for row in deals if row["outcome"] == "won" and row["closed_at"] >= day(287))
    pace = of_pace(found)
    assert pace.credited == credited > 0
    assert not isinstance(pace.landing, NotRecorded)
    assert not isinstance(told.value, NotRecorded)
    so_far = told.won_so_far[-1][2]
    assert so_far > credited  # the forecast's own period begins with the quarter
    assert pace.landing.p50 == pytest.approx(credited + told.value.p50 - so_far)


def test_pace_and_coverage_leave_out_the_deals_of_those_without_a_quota() -> None:
    deals, visits = busy(304)
    owned = [row | {"owner": ("Ann", "Bo")[n % 2]} for n, row in enumerate(deals)]
    with prepared(
        owned, as_of=303, visits=visits, stages=ladder(), quotas=[quota("Ann", 70_000, LAST_QUARTER)]
    ) as source:
        found, alone = attainment(source, None, forecast(source)), forecast(source.only({"owner": ("Ann",)}))
    assert isinstance(found, Attainment)
    assert isinstance(alone, Forecast)
    pace = of_pace(found)
    assert found.of_holders
    assert pace.landing == alone.value
    assert pace.credited == alone.won_so_far[-1][2] == found.current.members[0].credited
    assert found.current.without_quota == found.current.members[1].credited > 0
    still = [r for r in owned if r["outcome"] == "open" and r["created_at"] < day(304) and r["owner"] == "Ann"]
    assert of_coverage(found).open == sum(float(row["amount"]) for row in still)
    said = attainment_sentence(found, EN)
    assert f"{EN.short_money(found.current.without_quota)} more was won without a quota." in said
    assert "What follows is of the deals that those with a quota own." in said


def test_too_little_to_forecast_leaves_what_is_known() -> None:
    found = asked([won("a", 3, 100)], [quota("Ann", 200)], 10)
    pace = of_pace(found)
    assert (pace.credited, pace.gap, pace.stands, pace.verdict) == (100, 100, None, None)
    assert str(pace.landing) == "the records cover fewer than 60 days"
    assert str(pace.wins).startswith("only 1 deal was won with an amount")
    assert "Where it will land is not told: the records cover fewer than 60 days." in attainment_sentence(found, EN)
    assert "Hvor det ender, er ikke sagt" in attainment_sentence(found, NB)


def test_the_sentence_says_where_the_quota_lies_from_the_interval(running: tuple[Attainment, Forecast]) -> None:
    pace = of_pace(running[0])
    assert not isinstance(pace.landing, NotRecorded)
    low, high = EN.short_money(pace.landing.p10), EN.short_money(pace.landing.p90)
    places = {pace.landing.p10 - 1: "below", pace.landing.p50: "within", pace.landing.p90 + 1: "above"}
    for goal, place in places.items():
        moved = replace(pace, quota=goal)
        assert moved.stands == place
        assert pace_sentence(moved, EN).startswith(f"Likely {low}–{high} by 31 Dec (80%): the quota lies {place} that.")
    assert "salgsmålet ligger over det" in pace_sentence(replace(pace, quota=1e9), NB)
    assert pace_sentence(replace(pace, quota=1.0), EN).endswith("The quota is reached.")
    missing = f"{EN.short_money(pace.gap)} is missing: {ceil(float(pace.wins))} won deals of the usual {EN.short_money(pace.mean_won or 0)}"  # type: ignore[arg-type]
    assert missing in pace_sentence(pace, EN)
    assert "not yet trustworthy" in pace_sentence(replace(pace, verdict="not yet trustworthy"), EN)


# --- coverage ----------------------------------------------------------------------------------------------------------


def expected(number: float) -> dict[str, date]:
    return {"expected_close_on": day(number).date()}


def of_coverage(found: Attainment) -> Coverage:
    assert isinstance(found.coverage, Coverage), found.coverage
    return found.coverage


def test_coverage_is_what_is_due_over_what_is_missing() -> None:
    still = [
        deal("due today", "open", 0, amount=100) | expected(10),
        deal("due at the end", "open", 0, amount=20) | expected(30),
        deal("due later", "open", 0, amount=3) | expected(31),
        deal("overdue", "open", 0, amount=7) | expected(9),
        deal("undated", "open", 0, amount=1),
        deal("no amount", "open", 0) | expected(12),
        deal("not opened", "open", None, amount=5000) | expected(12),
        deal("won later", "won", 0, 20, amount=40) | expected(20),
    ]
    still = [row | {"owner": "Ann"} for row in still]
    found = of_coverage(asked([won("a", 3, 100), *still], [quota("Ann", 180)], 10))
    assert (found.gap, found.due, found.overdue, found.open, found.unpriced) == (80, 160, 7, 171, 1)
    assert (found.due_ratio, found.open_ratio) == (2.0, 171 / 80)
    reached = of_coverage(asked([won("a", 3, 100), *still], [quota("Ann", 100)], 10))
    assert (reached.gap, reached.due_ratio, reached.open_ratio) == (0, None, None)
    assert coverage_sentence(reached, EN) == "Open deals are worth 171."


def test_without_expected_dates_or_amounts_coverage_says_so() -> None:
    bare = [won("a", 3, 100), deal("b", "open", 0, amount=30, owner="Ann")]
    found = of_coverage(asked(bare, [quota("Ann", 200)], 10))
    assert str(found.due) == "no expected closing dates are recorded"
    assert (found.due_ratio, found.open_ratio) == (None, 0.3)
    assert "when they are due is not recorded" in coverage_sentence(found, EN)
    unpriced = asked([won("a", 3, 100), deal("b", "open", 0, owner="Ann")], [quota("Ann", 200)], 10).coverage
    assert str(unpriced) == "no open deal carries an amount"


def history(seed: int = 1) -> list[Row]:
    """Two years of deals, all with amounts."""
    draw, rows = Random(seed), []
    for n in range(700):
        born = draw.uniform(0, 720)
        ends = born + draw.expovariate(1 / 40)
        outcome = draw.choice(("won", "lost", "cancelled")) if ends < 725 else "open"
        rows.append(
            deal(
                str(n), outcome, born, ends if outcome != "open" else None, amount=draw.randint(1, 99) * 10, owner="Ann"
            )
        )
    return rows


@pytest.mark.parametrize("days", [(date(2027, 10, 1), date(2027, 12, 31)), (date(2027, 11, 9), date(2027, 12, 29))])
def test_what_earlier_periods_needed_matches_a_count_by_hand(days: tuple[date, date]) -> None:
    rows, as_of = history(), 700  # 2 December 2027
    found = of_coverage(asked(rows, [quota("Ann", 9e6, days)], as_of)).past
    assert isinstance(found, PastCoverage)
    left = (days[1] - day(as_of).date()).days
    begin = max(
        min(row["closed_at"] for row in rows if row["closed_at"]), min(row["created_at"] for row in rows)
    ).date()
    periods, last = [], days[0] - timedelta(days=1)
    while len(periods) < 12:
        first = last - (days[1] - days[0])
        if days[0].day == 1:
            first = date(last.year, last.month - 2, 1)
        if first < begin:
            break
        at = last - timedelta(days=left)
        there = [
            r for r in rows if r["created_at"].date() <= at and (r["closed_at"] is None or r["closed_at"].date() > at)
        ]
        then = [r for r in rows if r["outcome"] == "won" and at < r["closed_at"].date() <= last]
        worth = (sum(float(r["amount"]) for r in some_rows) for some_rows in (there, then))
        periods.append(PastPeriod(first, last, at, *worth))
        last = first - timedelta(days=1)
    assert len(periods) >= 6
    assert list(found.periods) == periods[::-1]
    assert found.median == median(one.open / one.won for one in periods)
    assert (found.low, found.high) == (min(o.ratio for o in periods), max(o.ratio for o in periods))


def test_what_cannot_be_known_of_earlier_periods_is_not_told() -> None:
    rows = [row | ({"amount": Decimal(0)} if row["outcome"] == "lost" else {}) for row in history()]
    rows = [row for row in rows if row["outcome"] != "cancelled"]
    days = (date(2027, 10, 1), date(2027, 12, 31))
    unpriced = of_coverage(asked(rows, [quota("Ann", 9e6, days)], 700)).past
    assert str(unpriced) == "most lost deals carry no amount, so what stood open before is not known"
    young = of_coverage(asked(history(), [quota("Ann", 9e6, (date(2026, 7, 1), date(2026, 9, 30)))], 200)).past
    assert str(young) == "only 1 such period lies wholly in the records: too few to say"
    assert not isinstance(of_coverage(asked(history(), [quota("Ann", 9e6, days)], 700)).past, NotRecorded)


def test_a_period_in_which_nothing_was_won_needed_more_than_any_multiple() -> None:
    each = [PastPeriod(*JANUARY, JANUARY[0], 100.0, won) for won in (50.0, 0.0, 25.0)]
    past = PastCoverage(tuple(each))
    assert (past.median, past.low, past.high) == (4.0, 2.0, None)
    said = coverage_sentence(Coverage(50.0, 75.0, 0.0, 200.0, 0, past), EN)
    assert said == (
        "Due by then is 75, 1.5 times what is missing; all open deals are 200, 4.0 times. In the 3 periods before, "
        "at this point, all open deals were 4.0 times what was then won (2.0–∞)."
    )
    assert "I de 3 periodene før" in coverage_sentence(Coverage(50.0, 75.0, 10.0, 200.0, 1, past), NB)


# --- shown -------------------------------------------------------------------------------------------------------------


def test_a_result_shows_itself_as_picture_sentence_and_table(running: tuple[Attainment, Forecast]) -> None:
    found = running[0]
    assert [row["of"] for row in found.table()] == ["all", "member"]
    assert found.table()[1]["attainment"] == found.current.members[0].attained
    drawn = found.chart()
    assert drawn.title == attainment_title(found, EN)
    assert drawn.title == f"{EN.percent(found.current.whole.attained or 0)} of the quota won, 34% of its days gone"
    assert found.chart("nb").sentence == attainment_sentence(found, NB) != drawn.sentence
    assert "<svg" in found._repr_html_()
    marks = drawn.wide
    assert f"Ann: {EN.percent(found.current.whole.attained or 0)}" in marks
    assert f"By 31 Dec: {EN.short_money(of_pace(found).landing.p50)}" in marks  # type: ignore[union-attr]


def test_many_members_are_drawn_as_far_as_there_is_room_and_all_stand_in_the_table() -> None:
    quotas = [quota(f"M{n:02}", 100) for n in range(60)]
    found = asked([won("a", 3, 900, "M00"), won("b", 3, 50, "Zoe")], quotas)
    drawn = found.chart()
    texts = drawn.wide
    assert "M38" in texts
    assert "M39" not in texts  # all together is the first of the forty rows
    assert "21 more stand in the table" in texts
    assert "Without a quota: Zoe 50" in texts
    assert len(drawn.table.rows) == 62
    assert "900%" in texts  # its bar ends with the picture, its figure does not
    assert drawn.table.rows[1][3] == "900.0%"


def test_a_book_and_a_report_say_the_same() -> None:
    tables = {"deals": table("deals", [won("a", 3, 100)]), "quotas": table("quotas", [quota("Ann", 200)])}
    with va.open(tables, as_of=date(2026, 1, 20), threads=1) as book:
        alone, whole = book.attainment(), book.report()
    assert alone == whole.attainment
    assert whole.to_json()["attainment"] == alone.to_json()
    assert isinstance(alone, Attainment)
    assert isinstance(alone.current, QuotaPeriod)
    assert isinstance(whole.forecast, NotRecorded)
    assert alone.chart().wide.count("<rect") >= 2  # without a forecast the bars stand all the same
