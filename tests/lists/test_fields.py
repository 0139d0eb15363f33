"""What may be asked of a table: the address says it, the same comes back, and what is not on the allow-list is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lists.asking import asked, names
from vunnet.activities.actions import plan_step
from vunnet.contacts.actions import add_company, add_person, change_person
from vunnet.deals.actions import change_deal, lose_deal
from vunnet.deals.many import tag_deals
from vunnet.lib.errors import NotUnderstood
from vunnet.lib.periods import RELATIVE, relative
from vunnet.lists.tables import TABLES
from vunnet.workspaces.actions import define_field
from vunnet.workspaces.fields import SEVERAL, Condition, Field, Fields, Kind, Selection, Sort
from vunnet.workspaces.tags import find_or_make_tag

FIELDS = Fields(
    {f.name: f for f in TABLES["deals"].fields}
    | {"x_size": Field("x_size", "Size", Kind.NUMBER, "custom", key="size")},
    "Deals",
    {"state": "open"},
)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=30)
ROWS = st.one_of(st.sampled_from(["me", "none"]), st.integers(1, 10**17).map(str))
VALUES: dict[str, Any] = {
    Kind.TEXT: TEXT,
    Kind.NUMBER: st.decimals(-(10**9), 10**9, places=2).map(str),
    Kind.DAY: st.dates().map(str),
    Kind.ROW: ROWS,
    Kind.YES_NO: st.sampled_from(["yes", "no"]),
    "period": st.sampled_from(RELATIVE),
    "count": st.integers(0, 10**6).map(str),
}


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from([f for f in FIELDS.by_name.values() if f.means]))
    comparison = draw(st.sampled_from(sorted(field.means)))
    means = field.means[comparison]
    value = st.sampled_from([v for v, _w in field.choices]) if means == Kind.CHOICE else VALUES[means]
    values = draw(st.lists(value, min_size=1, max_size=3 if means in SEVERAL else 1, unique=True))
    return Condition(field.name, comparison, tuple(values))


SORTED = [name for name, f in FIELDS.by_name.items() if f.may_sort]
COLUMNS = [name for name, f in FIELDS.by_name.items() if f.is_column]
selections = st.builds(
    Selection,
    conditions=st.lists(conditions(), max_size=6, unique_by=lambda c: c.name).map(
        lambda found: tuple(c for c in found if (c.field, c.values) != ("state", ("open",)))
    ),
    words=TEXT,
    sort=st.one_of(st.none(), st.builds(Sort, st.sampled_from(SORTED), st.booleans())),
    group=st.sampled_from(["", *(name for name, f in FIELDS.by_name.items() if f.is_group)]),
    columns=st.lists(st.sampled_from(COLUMNS), unique=True, max_size=5).map(tuple),
)


@given(selections)
def test_what_an_address_says_is_what_was_asked(selection: Selection) -> None:
    assert FIELDS.read(parse_qsl(selection.query_string, keep_blank_values=True)) == selection


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_any_address_is_read_or_refused_with_a_sentence(pairs: list[tuple[str, str]]) -> None:
    try:
        read = FIELDS.read(pairs)
    except NotUnderstood:
        return
    assert FIELDS.read(parse_qsl(read.query_string, keep_blank_values=True)) == read


@given(st.sampled_from(RELATIVE), st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_periods_that_touch_today_hold_it(name: str, today: date) -> None:
    period = relative(name, today)
    holds = (period.first or today) <= today <= (period.last or today)
    if name.startswith("this_") or name == "today" or name.endswith("_days"):
        assert holds
    elif name not in ("past", "future"):
        assert not holds


def test_neighbouring_months_and_quarters_meet_without_a_gap() -> None:
    for span in ("week", "month", "quarter", "year"):
        last, this = relative(f"last_{span}", date(2026, 1, 1)), relative(f"this_{span}", date(2026, 1, 1))
        assert last.last
        assert this.first == last.last + timedelta(days=1)
    assert relative("next_quarter", date(2026, 11, 25)).first == date(2027, 1, 1)


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=a", "owner.has=x", "_connector=OR", "x_nothing=1", "x_size.has=1", "sort=password", "sort=x_nothing", "sort=tags",
        "group=amount", "columns=name,password", "amount.from=NaN", "closes.in=whenever", "closes.from=10000-01-01", "state=ajar", "stale=perhaps", "owner=1e9",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(query: str) -> None:
    with pytest.raises(NotUnderstood):
        FIELDS.read(parse_qsl(query))


def test_a_hundred_conditions_are_too_many() -> None:
    with pytest.raises(NotUnderstood, match="40"):
        FIELDS.read([(f"c{n}", "1") for n in range(100)])


@pytest.fixture
def several(house: Any) -> Any:
    """Deals that differ in what is asked of them."""
    now = datetime.now(UTC).astimezone(house.workspace.zone)
    company = add_company(house.alice, house.workspace, "Solbakken", city="Bergen", employees=12)
    house.deal("Pump", company=company, amount=Decimal(500), expected_close_on=now.date())
    house.deal("Boiler", amount=None, by=house.bob, expected_close_on=now.date() + timedelta(days=400))
    lost = house.deal("Old", by=house.bob, at=now - timedelta(days=60))
    lose_deal(lost, by=house.bob, note="No")
    add_person(house.alice, house.workspace, first_name="Åse", company=company, email="ase@example.org")
    return house


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Boiler", "Pump"]),
        ("state=all", ["Boiler", "Old", "Pump"]),
        ("owner=me", ["Pump"]),
        ("owner.not=me", ["Boiler"]),
        ("amount.empty=yes", ["Boiler"]),
        ("amount.empty=no", ["Pump"]),
        ("amount.over=499", ["Pump"]),
        ("amount.over=500", []),
        ("amount.from=500&amount.to=500", ["Pump"]),
        ("closes.in=this_month", ["Pump"]),
        ("closes.in=future", ["Boiler"]),
        ("created.in=last_30_days&state=all", ["Boiler", "Pump"]),
        ("name=boiler", ["Boiler"]),
        ("name=boiler&name=pump", ["Boiler", "Pump"]),
        ("name.has=UM", ["Pump"]),
        ("name.hasnt=um", ["Boiler"]),
        ("company.empty=no", ["Pump"]),
        ("company=none", ["Boiler"]),
        ("step=none", ["Boiler", "Pump"]),
        ("q=solb", ["Pump"]),
        ("closes_from=2000-01-01&amount_over=1", ["Pump"]),
        ("stale=yes", []),
    ],
)
def test_conditions_find_what_they_say(several: Any, query: str, found: list[str]) -> None:
    assert names(several.alice, query) == found


def test_a_next_step_is_late_today_or_planned(several: Any) -> None:
    now = datetime.now(UTC)
    deals = {deal.name: deal for deal in asked(several.alice, "state=all")}
    plan_step(several.alice, several.workspace, "Call", due_at=now - timedelta(days=2), deal=deals["Pump"])
    plan_step(several.alice, several.workspace, "Mail", due_at=now + timedelta(days=9), deal=deals["Boiler"])
    assert names(several.alice, "step=late") == ["Pump"]
    assert names(several.alice, "step=set") == ["Boiler"]
    assert names(several.alice, "step=late&step=set") == ["Boiler", "Pump"]
    assert names(several.alice, "state=late", "activities") == ["Call"]


def test_companies_people_and_activities_have_lists_of_their_own(several: Any) -> None:
    assert names(several.alice, "city=bergen&employees.over=11", "companies") == ["Solbakken"]
    assert names(several.alice, "company.empty=no", "people") == ["Åse"]
    assert names(several.alice, "email.empty=yes", "people") == []


KINDS = {"text": "green", "number": "12.5", "date": "2026-05-01", "choice": "A", "yes_no": "yes"}


@pytest.mark.parametrize("kind", KINDS)
def test_custom_fields_of_every_kind_are_asked_sorted_and_grouped(several: Any, kind: str) -> None:
    define_field(several.alice, table="deal", label="Extra", kind=kind, choices=["A", "B"])
    deals = {deal.name: deal for deal in asked(several.alice, "state=all")}
    change_deal(deals["Pump"], by=several.alice, custom={"extra": KINDS[kind]})
    same = {"date": "x_extra.from=2026-05-01&x_extra.to=2026-05-01", "number": "x_extra.from=12.5&x_extra.to=13"}
    assert names(several.alice, same.get(kind, f"x_extra={KINDS[kind]}")) == ["Pump"]
    assert names(several.alice, "x_extra.empty=yes") == ["Boiler"]
    assert names(several.alice, "x_extra=") == ["Boiler"]
    fields = TABLES["deals"].for_member(several.alice)
    assert fields.read([("sort", "-x_extra"), ("columns", "name,x_extra")]).columns == ("name", "x_extra")
    assert fields.by_name["x_extra"].is_group == (kind in ("text", "choice", "yes_no"))


def test_people_have_custom_fields_too(several: Any) -> None:
    define_field(several.alice, table="person", label="Score", kind="number")
    (person,) = asked(several.alice, "", "people")
    change_person(person, by=several.alice, custom={"score": "7"})
    assert names(several.alice, "x_score=7", "people") == ["Åse"]
    assert names(several.alice, "x_score.under=7", "people") == []


def test_tags_are_asked_for_by_their_number(several: Any) -> None:
    tag = find_or_make_tag(several.alice, "Fair")
    pump = asked(several.alice, "name=Pump").get()
    tag_deals([pump.pk], tag, by=several.bob)
    assert names(several.alice, f"tags={tag.pk}") == ["Pump"]
    assert names(several.alice, f"tags.not={tag.pk}") == ["Boiler"]
    assert names(several.alice, "tags=none") == ["Boiler"]
