"""What is deleted is hidden everywhere, comes back for thirty days, and is gone after them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.web.addresses import Rows
from tests.web.test_pages import signed_in
from vunnet.activities.actions import log_activity, plan_step
from vunnet.activities.models import Activity
from vunnet.activities.removal import delete_activity, purge_activities, restore_activity
from vunnet.contacts.actions import add_company, add_person, change_company
from vunnet.contacts.models import Company, Person
from vunnet.contacts.removal import delete_company, delete_person, purge_contacts, restore_company
from vunnet.deals.actions import add_person as add_deal_person
from vunnet.deals.actions import change_deal
from vunnet.deals.models import Deal, DealPerson, StageChange
from vunnet.deals.removal import delete_deal, forget_purged_people, purge_deals, restore_deal
from vunnet.lib.errors import RuleBroken
from vunnet.reports import sql
from vunnet.workspaces import walls
from vunnet.workspaces.models import SearchToken

PURGES = (purge_activities, purge_deals, forget_purged_people, purge_contacts)
MONTH_AGO = timedelta(days=31)


@pytest.fixture
def rows(house: Any) -> Rows:
    return Rows(house)


def age(row: Any) -> None:
    """As if it had been deleted a month ago."""
    type(row).objects.filter(pk=row.pk).update(deleted_at=timezone.now() - MONTH_AGO)


def analysed(name: str) -> list[Any]:
    """The deals of one table as analysis gets them."""
    query = next(query for query in sql.queries([]) if query.name == name)
    with connection.cursor() as cursor:
        cursor.execute(*query.statement(None))
        return [row[0] for row in cursor.fetchall()]


def test_a_deleted_deal_is_on_no_page_in_no_search_and_in_no_number(rows: Rows, house: Any) -> None:
    room, name = f"/w/{rows.slug}", "Ground-source"
    delete_deal(rows.deal, by=house.bob)
    alice = signed_in("alice")
    for page in ("board/", "deals/?state=all", "search/?q=ground", "today/", f"companies/{rows.company.pk}/"):
        assert name not in alice.get(f"{room}/{page}").content.decode(), page
    assert alice.get(f"{room}/deals/{rows.deal.pk}/").status_code == 404
    for table in ("deals", "visits", "touches", "members", "lines"):
        assert str(rows.deal.pk) not in analysed(table)
    assert not SearchToken.objects.filter(table="deal", row_id=rows.deal.pk).exists()
    assert not Activity.objects.visible_to(house.alice).filter(deal=rows.deal).exists()


def test_it_comes_back_as_it_was(rows: Rows, house: Any) -> None:
    before = {name: analysed(name) for name in ("deals", "visits", "touches", "lines")}
    delete_deal(rows.deal, by=house.bob)
    restore_deal(rows.deal, by=house.alice)
    assert {name: analysed(name) for name in before} == before
    assert SearchToken.objects.filter(table="deal", row_id=rows.deal.pk, token="ground").exists()
    assert rows.step in Activity.objects.visible_to(house.alice)


def test_a_deleted_deal_is_not_changed_deleted_twice_or_brought_back_after_a_month(house: Any) -> None:
    deal = delete_deal(house.deal(), by=house.bob)
    for refused in (lambda: change_deal(deal, by=house.alice, name="x"), lambda: delete_deal(deal, by=house.alice)):
        with pytest.raises(RuleBroken, match="deleted"):
            refused()
    age(deal)
    with pytest.raises(RuleBroken, match="30 days"):
        restore_deal(deal, by=house.alice)


def test_a_viewer_deletes_nothing(house: Any) -> None:
    with pytest.raises(RuleBroken):
        delete_deal(house.deal(), by=house.carol)


def test_a_companys_deals_and_people_go_on_without_it_and_come_back_to_it(rows: Rows, house: Any) -> None:
    other = add_company(house.alice, house.workspace, "Another")
    second = house.deal("Second", company=rows.company)
    delete_company(rows.company, by=house.alice)
    for row in (rows.deal, rows.person, second):
        row.refresh_from_db()
        assert row.company_id is None
    change_deal(second, by=house.alice, company=other)
    restore_company(rows.company, by=house.alice)
    for row in (rows.deal, rows.person, second):
        row.refresh_from_db()
    assert (rows.deal.company, rows.person.company, second.company) == (rows.company, rows.company, other)


def test_a_deleted_company_is_not_changed(rows: Rows, house: Any) -> None:
    gone = delete_company(rows.company, by=house.alice)
    with pytest.raises(RuleBroken, match="deleted"):
        change_company(gone, by=house.alice, city="Oslo")


def test_a_deleted_person_is_no_longer_among_a_deals_people(rows: Rows, house: Any) -> None:
    delete_person(rows.person, by=house.alice)
    page = signed_in("alice").get(f"/w/{rows.slug}/deals/{rows.deal.pk}/").content.decode()
    assert f"/people/{rows.person.pk}/" not in page


def test_an_entry_is_deleted_and_brought_back_by_whoever_wrote_it(house: Any) -> None:
    deal = house.deal()
    note = log_activity(house.alice, house.workspace, "note", body="Mine.", deal=deal)
    with pytest.raises(RuleBroken, match="Alice"):
        delete_activity(note, by=house.bob)
    delete_activity(note, by=house.alice)
    assert note not in Activity.objects.visible_to(house.alice)
    restore_activity(note, by=house.alice)
    assert note in Activity.objects.visible_to(house.alice)


def test_after_a_month_it_is_gone_with_all_that_was_part_of_it_and_not_before(rows: Rows, house: Any) -> None:
    kept = house.deal("Kept", company=rows.company)
    add_deal_person(kept, rows.person, by=house.alice)
    note = log_activity(house.alice, house.workspace, "note", body="On the kept one.", deal=kept, person=rows.person)
    for delete, row in ((delete_deal, rows.deal), (delete_company, rows.company), (delete_person, rows.person)):
        delete(row, by=house.alice)
    for purge in PURGES:
        purge()
    assert Deal.objects.filter(pk=rows.deal.pk).exists()
    for row in (rows.deal, rows.company, rows.person):
        age(row)
    for purge in PURGES:
        purge()
    assert not Deal.objects.filter(pk=rows.deal.pk).exists()
    assert not StageChange.objects.filter(deal_id=rows.deal.pk).exists()
    assert not Activity.objects.filter(deal_id=rows.deal.pk).exists()
    assert not Company.objects.filter(pk=rows.company.pk).exists()
    assert not Person.objects.filter(pk=rows.person.pk).exists()
    assert not DealPerson.objects.filter(person_id=rows.person.pk).exists()
    note.refresh_from_db()
    assert note.person_id is None
    assert StageChange.objects.filter(deal=kept).count() == 1


def test_nobody_else_removes_a_link_of_a_deals_history(house: Any) -> None:
    house.deal()
    for statement in (
        "DELETE FROM deals_stagechange",
        "SELECT set_config('vunnet.purging', 'deals', true); DELETE FROM deals_stagechange",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_one_workspace_purges_nothing_of_another(house: Any) -> None:
    deal = delete_deal(house.deal(), by=house.alice)
    age(deal)
    with walls.scope(workspace_id=house.other.pk):
        assert purge_deals() == 0
    assert Deal.objects.filter(pk=deal.pk).exists()


def test_the_page_of_what_was_deleted_says_who_and_brings_it_back(rows: Rows, house: Any) -> None:
    alice, address = signed_in("alice"), f"/w/{rows.slug}/deleted/"
    delete_deal(rows.deal, by=house.bob)
    page = alice.get(address).content.decode()
    assert "Ground-source heat pump" in page
    assert "Bob Berg" in page
    alice.post(f"{address}deal/{rows.deal.pk}/restore/", {"next": "deleted"})
    assert "Ground-source heat pump" not in alice.get(address).content.decode()
    assert alice.get(f"/w/{rows.slug}/deals/{rows.deal.pk}/").status_code == 200


def test_deleting_offers_it_back_on_the_next_page(rows: Rows) -> None:
    alice = signed_in("alice")
    page = alice.post(f"/w/{rows.slug}/deals/{rows.deal.pk}/delete/", follow=True).content.decode()
    assert f"/w/{rows.slug}/deleted/deal/{rows.deal.pk}/restore/" in page


def test_a_step_of_a_deleted_deal_is_nobodys_next_step(house: Any) -> None:
    deal = house.deal()
    plan_step(house.alice, house.workspace, "Call", due_at=timezone.now(), deal=deal)
    delete_deal(deal, by=house.alice)
    assert not Activity.objects.visible_to(house.alice).planned().exists()


def test_people_are_found_again_when_they_are_brought_back(house: Any) -> None:
    from vunnet.contacts.removal import restore_person

    person = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe")
    delete_person(person, by=house.alice)
    tokens = SearchToken.objects.filter(table="person", row_id=person.pk)
    assert not tokens.exists()
    restore_person(person, by=house.alice)
    assert set(tokens.values_list("token", flat=True)) == {"ase", "aase", "moe"}
