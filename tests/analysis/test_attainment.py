from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, day, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment, Held, attainment
from vunnet.analysis.question import Period, Question
from vunnet.analysis.report import answer
from vunnet.charts import Language
from vunnet.charts.words import attainment_sentence, attainment_title

EN, NB = Language("en"), Language("nb")
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
FIRST_QUARTER = (date(2026, 1, 1), date(2026, 3, 31))
LAST_QUARTER = (date(2026, 10, 1), date(2026, 12, 31))


def quota(who: str | None, amount: float | None, days: tuple[date | None, date | None] = JANUARY, **more: Any) -> Row:
    named = {"member": who} if who else {}
    worth = None if amount is None else Decimal(str(amount))
    return {**named, "period_start": days[0], "period_end": days[1], "amount": worth, **more}


def won(name: str, on: float, amount: float | None, owner: str | None = "Ann", **more: Any) -> Row:
    priced = {} if amount is None else {"amount": amount}
    return deal(name, "won", 0, on, owner=owner, currency="NOK", **priced, **more)


def share(deal_id: str, member: str, part: float, joined: float | None = None) -> Row:
    more = {} if joined is None else {"joined_at": day(joined)}
    return {"deal_id": deal_id, "member": member, "share": part, **more}


def asked(
    deals: Sequence[Row], quotas: Sequence[Row], as_of: float = 59, closed_in: Period | None = None, **more: Any
) -> Attainment:
    with prepared(deals, as_of=as_of, quotas=quotas, **more) as source:
        found = attainment(source, closed_in)
    assert isinstance(found, Attainment), found
    return found


def refused(deals: Sequence[Row], quotas: Sequence[Row], as_of: float = 59, **more: Any) -> str:
    with prepared(deals, as_of=as_of, quotas=quotas, **more) as source:
        found = attainment(source)
    assert isinstance(found, NotRecorded), found
    return str(found)


def by_name(rows: tuple[Held, ...]) -> dict[str | None, tuple[float | None, float, float | None]]:
    return {one.name: (one.quota, one.credited, one.attained) for one in rows}


# --- credited / quota --------------------------------------------------------------------------------------------------


def test_a_deal_of_two_is_credited_to_both_by_their_shares() -> None:
    deals = [won("a", 3, 100), won("b", 4, 200, "Bo"), won("c", 40, 999), deal("d", "lost", 0, 5, amount=70)]
    members = [share("b", "Ann", 0.25), share("b", "Bo", 0.75)]
    found = asked(deals, [quota("Ann", 100), quota("Bo", 300)], members=members).current
    assert by_name(found.members) == {"Ann": (100, 150, 1.5), "Bo": (300, 150, 0.5)}
    assert [one.deals for one in found.members] == [1.25, 0.75]
    assert (found.whole.quota, found.whole.credited, found.whole.attained) == (400, 300, 0.75)


def test_a_share_from_after_as_of_is_not_known_yet() -> None:
    members = [share("a", "Ann", 0.5), share("a", "Bo", 0.5, joined=50)]
    quotas = [quota("Ann", 100), quota("Bo", 100)]
    assert asked([won("a", 3, 100)], quotas, 49, members=members).current.members[0].credited == 100
    assert asked([won("a", 3, 100)], quotas, 50, members=members).current.members[0].credited == 50


def test_both_ends_of_a_period_are_local_days() -> None:
    """The last hour of January in Oslo is in it, though UTC's is not over; the first of February is not."""
    deals = [won("a", 30 + 22.5 / 24, 1), won("b", 30 + 23.5 / 24, 10), won("c", -1 + 23.5 / 24, 100)]
    found = asked(deals, [quota("Ann", 100)], zone="Europe/Oslo").current
    assert found.whole.credited == 101  # c is won at half past midnight on 1 January


def test_a_team_is_sum_over_sum_and_its_own_quota_where_it_has_one() -> None:
    deals = [
        won("a", 3, 100, team="North"),
        won("b", 4, 50, "Bo", team="North"),
        won("c", 5, 80, "Cy", team="South"),
        won("d", 6, 7, None),
    ]
    people = [quota("Ann", 200), quota("Bo", 100), quota("Cy", 40)]
    found = asked(deals, people).current
    assert by_name(found.teams) == {"North": (300, 150, 0.5), "South": (40, 80, 2.0), None: (None, 7, None)}
    own = asked(deals, [*people, quota(None, 600, team="North")]).current
    assert by_name(own.teams)["North"] == (600, 150, 0.25)
    assert (own.whole.quota, own.whole.credited) == (
        340,
        230,
    )  # the members' quotas are the plan; a team's is not added on top
    alone = asked(deals, [quota(None, 600, team="North"), quota(None, 200, team="South")]).current
    assert (alone.whole.quota, alone.whole.credited, alone.without_quota) == (800, 230, 7)


def test_the_team_that_a_quota_names_is_the_members_team_in_its_period() -> None:
    deals = [won("a", 3, 100, team="North"), won("b", 40, 60, team="North")]
    february = (date(2026, 2, 1), date(2026, 2, 28))
    found = asked(deals, [quota("Ann", 200, team="South"), quota("Ann", 200, february)], 70)
    assert [by_name(one.teams) for one in found.periods] == [{"South": (200, 100, 0.5)}, {"North": (200, 60, 0.3)}]


def test_members_without_a_quota_quotas_without_deals_and_quotas_of_nothing() -> None:
    deals = [won("a", 3, 100), won("b", 4, 60, "Bo"), won("c", 5, 5, "Cy"), won("d", 6, None)]
    found = asked(deals, [quota("Ann", 200), quota("Cy", 0), quota("Di", 50)]).current
    assert by_name(found.members) == {
        "Ann": (200, 100, 0.5), "Bo": (None, 60, None), "Cy": (0, 5, None), "Di": (50, 0, 0.0),
    }  # fmt: skip
    assert (found.whole.credited, found.without_quota, found.unpriced) == (105, 60, 1)
    nothing = asked(deals, [quota("Ann", 0)])
    assert nothing.current.whole.attained is None
    assert attainment_title(nothing, EN) == "100 won, no quota above 0, 1 Jan–31 Jan 2026"
    assert nothing.chart().draw(720).height == 0


def test_quotas_of_other_and_of_overlapping_days_are_each_a_plan_of_their_own() -> None:
    deals = [won("a", 3, 100), won("b", 12, 40), won("c", 40, 10)]
    fortnight = (date(2026, 1, 10), date(2026, 1, 23))
    quotas = [quota("Ann", 60, fortnight), quota("Ann", 100), quota("Ann", 100), quota("Ann", 600, FIRST_QUARTER)]
    found = asked(deals, quotas, 20)
    spans = {(one.first, one.last): (one.whole.quota, one.whole.credited) for one in found.periods}
    assert spans == {JANUARY: (200, 140), FIRST_QUARTER: (600, 140), fortnight: (60, 40)}  # 100 + 100: two parts of one
    assert (found.current.first, found.current.last) == fortnight  # it ends first
    later = asked(deals, quotas, 40)
    assert (later.current.last, later.current.whole.credited) == (FIRST_QUARTER[1], 150)
    cut = asked(deals, quotas, 40, Period(date(2026, 1, 1), date(2026, 1, 31)))
    assert [(one.first, one.last) for one in cut.periods] == [JANUARY, fortnight]


def test_a_period_that_is_over_has_no_pace_and_one_to_come_is_not_there() -> None:
    found = asked([won("a", 3, 100)], [quota("Ann", 200), quota("Ann", 9, (date(2026, 5, 1), date(2026, 5, 31)))], 30)
    assert len(found.periods) == 1
    assert str(found.pace) == str(found.coverage) == "no quota's period is running"  # its last day is as of
    assert attainment_title(found, EN) == "50% of the quota won, 1 Jan–31 Jan 2026"
    spaced = {"\u00a0": " "}
    said = [attainment_sentence(found, language).translate(str.maketrans(spaced)) for language in (EN, NB)]
    assert said[0] == "100 NOK of the quota of 200 NOK was won (50%)."
    assert said[1] == "100 NOK av salgsmålet på 200 NOK ble vunnet (50 %)."


# --- what cannot be ----------------------------------------------------------------------------------------------------


def test_rows_that_are_no_quotas_are_named_with_their_cure_and_the_others_count() -> None:
    strange = [
        quota(None, 5),
        quota("Bo", None),
        quota("Cy", 5, (date(2026, 1, 31), date(2026, 1, 1))),
        quota("Di", -5),
    ]
    found = asked([won("a", 3, 100)], [quota("Ann", 200), *strange])
    assert found.current.whole.attained == 0.5
    assert [str(why) for why in found.left_out] == [
        "a quota names neither a member nor a team; fill in one of them",
        "the quota of Bo lacks its first day, its last day or its amount; fill it in",
        "the quota of Cy ends on 2026-01-01, before it begins on 2026-01-31; correct its days",
        "the quota of Di from 2026-01-01 to 2026-01-31 is under 0; a quota is 0 or more",
    ]
    assert refused([won("a", 3, 100)], strange[3:]).startswith("the quota of Di")


def test_what_cannot_be_credited_says_why() -> None:
    quotas = [quota("Ann", 200)]
    two = [won("a", 3, 100), won("b", 3, 100) | {"currency": "EUR"}]
    assert refused(two, quotas) == "amounts are in EUR, NOK; they are not added"
    assert refused([won("a", 3, None)], quotas) == "no won deal carries an amount"
    assert refused([deal("a", "won", 0, amount=5)], quotas) == "no closing dates are recorded"
    assert refused([won("a", 3, 100) | {"owner": None}], quotas) == "no owners are recorded"
    assert refused([won("a", 3, 5)], []) == "no quotas are recorded"
    assert (
        refused([won("a", 3, 5)], [quota("Ann", 5, (date(2027, 1, 1), date(2027, 2, 1)))])
        == "no quota's period has begun"
    )
    with prepared([won("a", 3, 100)]) as source:
        assert str(attainment(source)) == "no quotas are recorded"
    with prepared([won("a", 3, 100)], quotas=quotas) as source:
        cut = answer(source, Question(date(2030, 1, 1), where={"owner": ("Ann",)})).attainment
    assert str(cut) == "quotas are for all deals, and the question is about some of them"
    lost = asked([deal("a", "lost", 0, 3, owner="Ann")], quotas)
    assert lost.current.whole.attained == 0  # nothing is won, and that is known


def test_a_period_that_begins_before_the_records_is_left_out() -> None:
    quotas = [quota("Ann", 200), quota("Ann", 100, (date(2026, 2, 1), date(2026, 2, 28)))]
    found = asked([won("a", 12, 100), won("b", 40, 50)], quotas, observed_from=date(2026, 1, 10))
    assert [one.first for one in found.periods] == [date(2026, 2, 1)]
    early = "the records begin on 2026-01-10, within or after the quotas' period from 2026-01-01 to 2026-01-31"
    assert [str(why) for why in found.left_out] == [early]
    assert refused([won("a", 12, 100)], quotas[:1], observed_from=date(2026, 1, 10)) == early


# --- computed again, and whatever the rows -----------------------------------------------------------------------------


def test_maven_matches_a_count_by_hand() -> None:
    rows = maven_rows()
    quarters = [(date(2017, 3 * q + 1, 1), date(2017, 3 * q + 3, (31, 30, 30, 31)[q])) for q in range(1, 4)]
    people = sorted({row["owner"] for row in rows})
    quotas = [quota(who, 100_000 + 1_000 * n, days) for n, who in enumerate(people) for days in quarters]
    with prepared(rows, as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1), quotas=quotas) as source:
        found = attainment(source)
    assert isinstance(found, Attainment)
    for one, (first, last) in zip(found.periods, quarters, strict=True):
        own: dict[str, float] = defaultdict(float)
        teams: dict[str, float] = defaultdict(float)
        for row in rows:
            if row["outcome"] == "won" and first <= row["closed_at"].date() <= last:
                own[row["owner"]] += float(row["amount"])
                teams[row["team"]] += float(row["amount"])
        assert {held.name: held.credited for held in one.members if held.credited} == own
        assert {held.name: held.credited for held in one.teams} == teams
        assert one.whole.quota == sum(100_000 + 1_000 * n for n in range(len(people)))
    assert sum(one.whole.credited for one in found.periods) > 8_000_000


@some.composite
def books(draw: some.DrawFn) -> tuple[list[Row], list[Row], list[Row]]:
    names, deals, members = ("Ann", "Bo", "Cy"), [], []
    for n in range(draw(some.integers(0, 12))):
        outcome = draw(some.sampled_from(("open", "won", "won", "lost")))
        closed = None if outcome == "open" else draw(some.integers(0, 58))
        owner = draw(some.sampled_from((*names, None)))
        amount = draw(some.one_of(some.none(), some.integers(0, 900)))
        row = deal(f"d{n}", outcome, 0, closed, owner=owner, team={"Ann": "North", "Bo": "South"}.get(owner or ""))
        deals.append(row | ({} if amount is None else {"amount": Decimal(amount)}))
        parts = draw(some.lists(some.integers(0, 4), max_size=3))
        members += [share(f"d{n}", who, part / 4) for who, part in zip(names, parts, strict=False)]
    spans = [JANUARY, FIRST_QUARTER, (date(2026, 1, 20), date(2026, 2, 3))]
    holders = some.sampled_from((*names, "Di"))
    kinds = some.tuples(holders, some.integers(0, 900), some.sampled_from(spans))
    quotas = [quota(*draw(kinds)) for _ in range(draw(some.integers(1, 6)))]
    return deals, members, quotas


slow = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(books())
def test_credits_add_up_to_what_was_won_whoever_shares_it(book: tuple[list[Row], list[Row], list[Row]]) -> None:
    deals, members, quotas = book
    with prepared(deals, as_of=59, members=members, quotas=quotas) as source:
        found = attainment(source)
    if isinstance(found, NotRecorded):
        assert str(found) == "no won deal carries an amount"
        return
    assert {(one.first, one.last) for one in found.periods} == {(q["period_start"], q["period_end"]) for q in quotas}
    for one in found.periods:
        inside = [row for row in deals if row["outcome"] == "won" and one.first <= row["closed_at"].date() <= one.last]
        value = sum(float(row.get("amount") or 0) for row in inside)
        assert one.whole.credited + one.without_quota == pytest.approx(value)
        assert one.whole.quota == sum(
            q["amount"] for q in quotas if (q["period_start"], q["period_end"]) == (one.first, one.last)
        )
        assert sum(held.deals for held in one.members) == pytest.approx(len(inside))
        assert one.unpriced == sum(row.get("amount") is None for row in inside)
        assert sum(held.credited for held in one.members) == pytest.approx(value)
        assert sum(held.credited for held in one.members if held.quota is not None) == pytest.approx(one.whole.credited)
        for held in one.members:
            assert held.credited == pytest.approx(by_hand(held.name, inside, members))


def by_hand(name: str | None, inside: list[Row], members: list[Row]) -> float:
    """One member's part of the deals, by plain Python."""
    credited = 0.0
    for row in inside:
        parts = {m["member"]: m["share"] for m in members if m["deal_id"] == row["deal_id"] and m["share"] > 0}
        part = parts.get(name, 0.0) / sum(parts.values()) if parts else float(row["owner"] == name)
        credited += part * float(row.get("amount") or 0)
    return credited


@slow
@given(books(), some.integers(1, 40))
def test_later_rows_change_nothing(book: tuple[list[Row], list[Row], list[Row]], as_of: int) -> None:
    deals, members, quotas = book
    later = [won(f"later{n}", as_of + 5, 70, "Bo") | {"created_at": day(as_of + 1)} for n in range(3)]
    known = [row for row in deals if row["closed_at"] is None or row["closed_at"] < day(as_of + 1)]
    still = [row | {"outcome": "open", "closed_at": None} for row in deals if row not in known]
    answers = []
    for rows in ([*known, *still], [*deals, *later]):
        with prepared(rows, as_of=as_of, members=members, quotas=quotas) as source:
            answers.append(attainment(source).to_json())
    assert answers[0] == answers[1]


def test_under_a_teams_quota_those_who_have_not_won_yet_count_too() -> None:
    rows = [
        deal("d1", "won", 5, 20, owner="Ann", team="North", amount=100, currency="NOK"),
        deal("d2", "open", 10, owner="Bo", team="North", amount=900, currency="NOK"),
        deal("d3", "open", 10, owner="Cy", team="South", amount=50, currency="NOK"),
    ]
    quotas = [{"team": "North", "period_start": day(0).date(), "period_end": day(89).date(), "amount": 1_000}]
    with prepared(rows, quotas=quotas, as_of=40) as source:
        found = attainment(source)
    assert not isinstance(found, NotRecorded)
    assert found.current.holders == {"Ann", "Bo"}
    assert found.of_holders
    assert not isinstance(found.coverage, NotRecorded)
    assert found.coverage.open == 900


@pytest.mark.parametrize(("first", "last"), [("2026-01-01", "9999-12-31"), ("1700-01-01", "1700-03-31"), ("1950-01-01", "2099-12-31")])  # fmt: skip
def test_days_that_are_no_quotas_are_left_out_with_their_cure(first: str, last: str) -> None:
    rows = [deal("d1", "won", 5, 20, owner="Ann", amount=100, currency="NOK")]
    ends = {"period_start": date.fromisoformat(first), "period_end": date.fromisoformat(last)}
    with prepared(rows, quotas=[{"member": "Ann", "amount": 10} | ends], as_of=40) as source:
        found = attainment(source)
    assert isinstance(found, NotRecorded)
    assert "at most ten years" in str(found), found
