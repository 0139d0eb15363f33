"""Two become one and two again: nothing is lost and nothing doubled, whatever refers to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.addresses import Rows
from tests.web.test_pages import signed_in
from vunnet.activities.actions import log_activity
from vunnet.contacts.actions import add_company, add_person
from vunnet.contacts.likeness import companies_like, people_like
from vunnet.contacts.merging import merge_companies, merge_people, references, undo_merge
from vunnet.contacts.models import Company, Person
from vunnet.deals.actions import add_person as add_deal_person
from vunnet.deals.models import DealPerson
from vunnet.lib.errors import RuleBroken

HOLDING = """SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) AND a.attname <> 'workspace_id'
  WHERE c.contype = 'f' AND c.confrelid = %s::regclass ORDER BY 1, 2"""


def named(table: str) -> list[tuple[str, str]]:
    """Every column that the database says refers to a table."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDING, [table])
        return list(dict.fromkeys((name, column) for name, column in cursor.fetchall()))


def everything(skip: tuple[str, ...] = ("journal_entry", "workspaces_searchtoken")) -> dict[str, list[str]]:
    """All rows of all tables that refer to companies or people, and these themselves."""
    tables = {name for table in ("contacts_company", "contacts_person") for name, _column in named(table)}
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(tables | {"contacts_company", "contacts_person"} - set(skip)):
            cursor.execute(f"SELECT (to_jsonb(t) - 'id')::text FROM {table} t")
            found[table] = sorted(row[0] for row in cursor.fetchall())
    return found


def test_every_reference_the_database_knows_moves_along(db: None) -> None:
    for row, table in ((Company(), "contacts_company"), (Person(), "contacts_person")):
        known = {(key.split(".")[0], key.split(".")[1] + "_id") for key, _table, _field in references(row)}
        assert known == set(named(table))


ROWS = st.lists(st.tuples(st.sampled_from(["deal", "person", "note"]), st.booleans(), st.booleans()), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_rows=ROWS, take=st.frozensets(st.sampled_from(["name", "city", "phone", "x_roof"])))
def test_companies_merged_and_parted_again_are_what_they_were(
    house: Any, given_rows: list[tuple[str, bool, bool]], take: frozenset[str]
) -> None:
    by, room = house.alice, house.workspace
    one = add_company(by, room, "One", city="Bergen")
    two = add_company(by, room, "Two", phone="55 00 00 00", industry="Housing")
    Company.objects.filter(pk=two.pk).update(custom={"roof": "flat"})
    for kind, of_one, is_mixed in given_rows:
        company, other = (one, two) if of_one else (two, one)
        if kind == "deal":
            house.deal(company=company)
        elif kind == "person":
            add_person(by, room, first_name="P", company=company)
        else:
            deal = house.deal(company=other) if is_mixed else None
            log_activity(by, room, "note", body="x", company=company, deal=deal)
    before, counts = everything(), _counts(one, two)
    merge_companies(one, two, by=by, take=take)
    assert _counts(one, two) == (
        {name: counts[0][name] + counts[1][name] for name in counts[0]},
        dict.fromkeys(counts[0], 0),
    )
    undo_merge(two, by=by)
    assert everything() == before


def _counts(*companies: Company) -> tuple[dict[str, int], ...]:
    return tuple(
        {"deals": c.deals.count(), "people": c.people.count(), "activities": c.activities.count()} for c in companies
    )


def test_people_in_the_same_deal_stand_there_once_and_twice_again(house: Any) -> None:
    by, room = house.alice, house.workspace
    one, two = (add_person(by, room, first_name=name, email=f"{name}@x.example") for name in ("Kari", "Kari2"))
    both, alone = house.deal("Both"), house.deal("Alone")
    add_deal_person(both, one, by=by, role="decides")
    add_deal_person(both, two, by=by, role="pays")
    add_deal_person(alone, two, by=by, role="advises")
    before = everything()
    merge_people(one, two, by=by, take=frozenset({"email"}))
    one.refresh_from_db()
    assert one.email == "Kari2@x.example"
    parts = dict(DealPerson.objects.filter(person=one).values_list("deal__name", "role"))
    assert parts == {"Both": "decides", "Alone": "advises"}
    assert not DealPerson.objects.values("deal", "person").annotate(n=Count("pk")).filter(n__gt=1).exists()
    undo_merge(two, by=by)
    assert everything() == before


def test_what_somebody_changed_since_stays_when_a_merge_is_undone(house: Any) -> None:
    from vunnet.contacts.actions import change_company

    one = add_company(house.alice, house.workspace, "One")
    two = add_company(house.alice, house.workspace, "Two", city="Oslo")
    merge_companies(one, two, by=house.alice)
    change_company(one, by=house.bob, city="Bodø")
    undo_merge(two, by=house.alice)
    one.refresh_from_db()
    assert one.city == "Bodø"


def test_merges_are_undone_in_their_order_and_only_between_two(house: Any) -> None:
    a, b, c = (add_company(house.alice, house.workspace, name) for name in "ABC")
    with pytest.raises(RuleBroken, match="different"):
        merge_companies(a, a, by=house.alice)
    merge_companies(b, a, by=house.alice)
    merge_companies(c, b, by=house.alice)
    with pytest.raises(RuleBroken, match="later merge first"):
        undo_merge(a, by=house.alice)
    undo_merge(b, by=house.alice)
    undo_merge(a, by=house.alice)
    assert Company.objects.present().filter(pk__in=[a.pk, b.pk, c.pk]).count() == 3


def test_an_old_address_leads_to_the_kept_one_and_the_page_merges(house: Any) -> None:
    rows = Rows(house)
    other, alice = rows.others["companies"], signed_in("alice")
    page = f"/w/{rows.slug}/companies/{rows.company.pk}/"
    assert "Solbakken AS" in alice.get(f"{page}merge/{other.pk}/").content.decode()
    alice.post(f"{page}merge/{other.pk}/", {"keep": other.pk, "take_name": rows.company.pk})
    assert alice.get(page)["Location"].endswith(f"/companies/{other.pk}/")
    other.refresh_from_db()
    assert other.name == "Solbakken borettslag"
    rows.deal.refresh_from_db()
    assert rows.deal.company_id == other.pk


def test_alike_is_said_by_name_domain_number_and_address(house: Any) -> None:
    by, room = house.alice, house.workspace
    fjord = add_company(
        by, room, "Fjord Varme AS", domain="fjord.no", phone="+47 55 00 11 22", company_number="923 609 005"
    )
    add_company(by, room, "Berg")
    for given_fields in (
        {"name": "fjord varme"},
        {"website": "https://www.fjord.no/om"},
        {"phone": "55001122"},
        {"company_number": "NO923609005MVA"},
    ):
        assert companies_like(by, **given_fields) == [fjord]
    assert companies_like(by, name="Fjord") == []
    assert companies_like(by, company_number="923 609 006") == []
    page = signed_in("alice").get(f"/w/{room.slug}/companies/alike/?company_number=923609005").text
    assert "Fjord Varme AS" in page
    kari = add_person(by, room, first_name="Kari", last_name="Lie", email="Kari@fjord.no", phone="912 34 567")
    for given_fields in (
        {"first_name": "kari", "last_name": "LIE"},
        {"email": "kari@fjord.no"},
        {"phone": "+4791234567"},
    ):
        assert people_like(by, **given_fields) == [kari]
    assert people_like(by, first_name="Kari") == []
    assert people_like(house.mallory, email="kari@fjord.no") == []
