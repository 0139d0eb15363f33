"""Who sees only some rows sees no others: on every page, found from the URLconf, in search, in sums and in Insight."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.web.addresses import Rows, in_a_workspace
from vunnet.activities.models import Activity
from vunnet.contacts.actions import change_company, change_person
from vunnet.contacts.models import Company, Person
from vunnet.deals.actions import change_deal, set_team
from vunnet.deals.models import Deal
from vunnet.deals.rules import Share
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import actions
from vunnet.workspaces.models import Member, Sees

OF_A_ROW = ("deal_id>", "company_id>", "person_id>", "step_id>")
WRITTEN = (
    "Ground-source heat pump",
    "Solbakken",
    "Åse",
    "ase@solbakken",
    "Call about the permit",
    "They compare two bids",
)


@pytest.fixture
def rows(house: Any) -> Rows:
    """Everything here is Alice's; Bob, in no team, sees his own."""
    made = Rows(house)
    change_company(made.company, by=house.alice, owner=house.alice)
    change_person(made.person, by=house.alice, owner=house.alice)
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    return made


def bob() -> Client:
    client = Client()
    client.force_login(
        get_user_model().objects.get(email="bob@example.org"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


@pytest.mark.parametrize(("name", "route"), in_a_workspace(), ids=[name for name, _route in in_a_workspace()])
def test_no_page_shows_what_its_reader_may_not_see(rows: Rows, name: str, route: str) -> None:
    client = bob()
    answer = client.get(rows.fill(route))
    if any(part in route for part in OF_A_ROW):
        assert answer.status_code in (404, 405)
        assert client.post(rows.fill(route), {"value": "1", "name": "x"}).status_code in (404, 405)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert [words for words in WRITTEN if words in body.decode(errors="replace")] == []


def test_search_finds_only_what_one_may_see(rows: Rows) -> None:
    for words in ("Ground", "Solbakken", "Åse"):
        answer = bob().get(f"/w/{rows.slug}/search/", {"q": words}).content.decode()
        assert "Nothing found" in answer


def test_a_teams_rows_are_seen_by_the_team(rows: Rows, house: Any) -> None:
    north = actions.name_team(house.alice, "North")
    actions.place(house.alice, by=house.alice, team=north, sees=Sees.ALL)
    bob_in_north = actions.place(house.bob, by=house.alice, team=north, sees=Sees.TEAM)
    for table, row in ((Deal, rows.deal), (Company, rows.company), (Person, rows.person), (Activity, rows.step)):
        assert row in table.objects.visible_to(bob_in_north)
    elsewhere = actions.place(house.bob, by=house.alice, team=actions.name_team(house.alice, "South"), sees=Sees.TEAM)
    for table in (Deal, Company, Person, Activity):
        assert not table.objects.visible_to(elsewhere).exists()


def test_taking_part_in_a_deal_shows_it_and_what_belongs_to_it(rows: Rows, house: Any) -> None:
    set_team(rows.deal, [Share(house.alice.pk, 1), Share(house.bob.pk, 0)], by=house.alice)
    own = Member.objects.get(pk=house.bob.pk)
    for table, row in ((Deal, rows.deal), (Company, rows.company), (Person, rows.person), (Activity, rows.step)):
        assert row in table.objects.visible_to(own)


def test_what_nobody_owns_is_everybodys(rows: Rows, house: Any) -> None:
    set_team(rows.deal, [], by=house.alice)
    change_deal(rows.deal, by=house.alice, owner=None)
    assert rows.deal in Deal.objects.visible_to(house.bob)


def test_who_administers_sees_everything(rows: Rows, house: Any) -> None:
    actions.change_role(house.bob, "admin", by=house.alice)
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    assert rows.deal in Deal.objects.visible_to(house.bob)


def test_insight_counts_only_the_deals_one_may_see(rows: Rows, house: Any) -> None:
    house.deal("Bob's own", by=house.bob)
    seen = bob().get(f"/w/{rows.slug}/insight/", {"period": "all"})
    assert seen.context["report"].counts.deals == 1
    assert bob().get(f"/w/{rows.slug}/insight/", {"owner": house.alice.pk}).status_code == 422


def test_only_administrators_place_members(rows: Rows, house: Any) -> None:
    with pytest.raises(RuleBroken, match="owners and admins"):
        actions.place(house.bob, by=house.bob, team=None, sees=Sees.ALL)
