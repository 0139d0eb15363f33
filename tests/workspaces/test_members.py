"""Founding, inviting, roles: who gets in, as what, and who cannot leave."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.web.test_pages import signed_in
from vunnet.deals.actions import change_deal
from vunnet.deals.models import Stage
from vunnet.journal.models import Entry
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import actions, inviting, oneself, walls
from vunnet.workspaces.keys import FILL
from vunnet.workspaces.models import Invitation, Member, SetupLink, User


def test_the_setup_link_founds_one_workspace_and_closes_for_ever(db: None) -> None:
    token = actions.make_setup_link()
    assert token
    client = Client()
    form = {
        "workspace": "Fjellvarme",
        "name": "Astrid Lunde",
        "email": "astrid@fjellvarme.example",
        "password": PASSWORD,
        "language": "nb",
        "currency": "NOK",
        "time_zone": "Europe/Oslo",
    }
    response = client.post(f"/set-up/{token}/", form)
    assert response.status_code == 302
    assert client.get("/", follow=True).status_code == 200
    member = Member.objects.filter(user__email="astrid@fjellvarme.example")
    with walls.scope(user_id=User.objects.get().pk):
        room = member.get().workspace
    with walls.scope(workspace_id=room.pk):
        assert (member.get().role, room.name, room.language) == ("owner", "Fjellvarme", "nb")
        assert Stage.objects.filter(kind="won").count() == 1
    assert Client().get(f"/set-up/{token}/").status_code == 404
    assert Client().post(f"/set-up/{token}/", form).status_code == 404
    assert actions.make_setup_link() is None


def test_a_newer_setup_link_replaces_the_older(db: None) -> None:
    first, second = actions.make_setup_link(), actions.make_setup_link()
    assert first
    assert second
    assert actions.find_setup_link(first) is None
    assert actions.find_setup_link(second)
    assert SetupLink.objects.get().token_hash != second


def test_a_weak_password_is_refused_and_the_link_stays_open(db: None) -> None:
    token = actions.make_setup_link()
    form = {
        "workspace": "F",
        "name": "A",
        "email": "a@f.example",
        "password": "short",
        "language": "en",
        "currency": "NOK",
        "time_zone": "Europe/Oslo",
    }
    response = Client().post(f"/set-up/{token}/", form)
    assert b"too short" in response.content
    assert not User.objects.exists()
    assert token
    assert actions.find_setup_link(token)


def test_an_invited_person_joins_with_the_role_and_the_link_works_once(house: Any) -> None:
    _invitation, token = inviting.invite(house.alice, email="Dina@example.org", role="manager")
    address = f"/join/{house.workspace.pk}/{token}/"
    client = Client()
    assert client.post(address, {"name": "Dina Dal", "password": PASSWORD}).status_code == 302
    dina = Member.objects.get(user__email="dina@example.org")
    assert (dina.role, dina.name) == ("manager", "Dina Dal")
    assert Client().get(address).status_code == 404
    assert client.get(f"/w/{house.workspace.slug}/board/").status_code == 200


def test_who_is_a_member_elsewhere_arrives_where_they_were_invited(house: Any) -> None:
    _invitation, token = inviting.invite(house.alice, email="mallory@example.org", role="rep")
    page = signed_in("mallory").get(f"/join/{house.workspace.pk}/{token}/", follow=True)
    assert page.request["PATH_INFO"] == f"/w/{house.workspace.slug}/today/"


def test_signing_in_opens_the_day_and_says_nothing_about_itself(house: Any) -> None:
    given = {"login": "bob@example.org", "password": PASSWORD}
    page = Client().post("/accounts/login/", given, follow=True)
    assert page.request["PATH_INFO"] == f"/w/{house.workspace.slug}/today/"
    assert "signed in" not in page.content.decode().lower()


def test_an_invitation_is_not_kept_in_clear_and_runs_out(house: Any) -> None:
    invitation, token = inviting.invite(house.alice, email="dina@example.org", role="rep")
    assert token not in str(invitation.__dict__)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert inviting.find_invitation(token) is None


def test_an_invitation_is_for_its_address_only(house: Any) -> None:
    _invitation, token = inviting.invite(house.alice, email="dina@example.org", role="rep")
    with pytest.raises(RuleBroken, match="not valid for you"):
        inviting.accept_invitation(token, user=house.mallory.user)


def test_who_is_here_by_name_from_an_import_takes_that_place(house: Any) -> None:
    """Their deals are theirs when they sign in: not those of a second member of the same name."""
    seller = Member.objects.create(workspace=house.workspace, name="D. Dal", source="hubspot")
    deal = house.deal("Heat pump", by=house.alice)
    change_deal(deal, by=house.alice, owner=seller)
    page = signed_in("alice").post(
        f"/w/{house.workspace.slug}/settings/members/",
        {"email": "dina@example.org", "role": "rep", "seat": seller.pk},
    )
    link = re.search(r"/join/\d+/[\w-]+/", page.content.decode())
    assert link
    assert 'value="dina@example.org"' not in page.content.decode(), "the form is there for the next one"
    client = Client()
    assert client.post(link[0], {"name": "Dina Dal", "password": PASSWORD}).status_code == 302
    dina = Member.objects.get(user__email="dina@example.org")
    assert (dina.pk, dina.name, dina.role) == (seller.pk, "Dina Dal", "rep")
    deal.refresh_from_db()
    assert deal.owner == dina
    assert "Heat pump" in client.get(f"/w/{house.workspace.slug}/deals/?owner=me").content.decode()


def test_an_address_that_came_along_keeps_the_place_unasked(house: Any) -> None:
    for known in ({"name": "Dina", "email": "Dina@Example.org"}, {"name": "Eva", "imported_as": "eva@example.org"}):
        seat = Member.objects.create(workspace=house.workspace, **known)
        email = (known.get("email") or known["imported_as"]).lower()
        _invitation, token = inviting.invite(house.alice, email=email, role="rep")
        user = User.objects.create_user(email, PASSWORD, name="Somebody")
        assert inviting.accept_invitation(token, user=user).pk == seat.pk


def test_a_place_that_somebody_has_is_nobody_elses(house: Any) -> None:
    with pytest.raises(RuleBroken, match="has signed in already"):
        inviting.invite(house.alice, email="dina@example.org", role="rep", seat=house.bob)
    _invitation, token = inviting.invite(house.alice, email="dina@example.org", role="rep")
    dina = inviting.accept_invitation(token, user=User.objects.create_user("dina@example.org", PASSWORD))
    assert dina not in (house.alice, house.bob, house.carol)


def test_a_withdrawn_invitation_leads_nowhere(house: Any) -> None:
    invitation, token = inviting.invite(house.alice, email="wrong@example.org", role="admin")
    page = f"/w/{house.workspace.slug}/settings/members/"
    assert signed_in("bob").post(page, {"withdraw": invitation.pk}).status_code == 422
    address = f"/join/{house.workspace.pk}/{token}/"
    assert Client().get(address).status_code == 200
    answer = signed_in("alice").post(page, {"withdraw": invitation.pk}, follow=True)
    assert "withdrawn" in answer.content.decode()
    assert "wrong@example.org" not in signed_in("alice").get(page).content.decode()
    assert Client().get(address).status_code == 404


def joined(house: Any, email: str, name: str = "Dina Dal", **offer: Any) -> Member:
    """Who is invited, with or without a seat, and accepts at once."""
    _invitation, token = inviting.invite(house.alice, email=email, role="rep", **offer)
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name)
    return inviting.accept_invitation(token, user=user)


def test_a_withdrawn_invitation_keeps_no_place(house: Any) -> None:
    seat = Member.objects.create(workspace=house.workspace, name="D. Dal")
    invitation, _token = inviting.invite(house.alice, email="dina@example.org", role="rep", seat=seat)
    inviting.withdraw_invitation(invitation, by=house.alice)
    assert joined(house, "dina@example.org") != seat


def test_a_place_chosen_by_mistake_is_given_up_with_the_next_invitation(house: Any) -> None:
    wrong = Member.objects.create(workspace=house.workspace, name="Wrong Seller")
    inviting.invite(house.alice, email="dina@example.org", role="rep", seat=wrong)
    assert joined(house, "dina@example.org") != wrong
    wrong.refresh_from_db()
    assert (wrong.user, wrong.email) == (None, "")


def test_the_chosen_place_is_given_before_one_of_the_same_address(house: Any) -> None:
    address = "dina@example.org"
    by_address = Member.objects.create(workspace=house.workspace, name=address, imported_as=address)
    chosen = Member.objects.create(workspace=house.workspace, name="Dina Dal")
    assert joined(house, "dina@example.org", seat=chosen) == chosen
    assert Member.objects.get(pk=by_address.pk).user is None


def test_who_was_a_member_before_comes_back_to_their_own_place_only(house: Any) -> None:
    seat = Member.objects.create(workspace=house.workspace, name="B. Berg")
    actions.deactivate(house.bob, by=house.alice)
    with pytest.raises(RuleBroken, match="was a member before and comes back as Bob Berg"):
        inviting.invite(house.alice, email="bob@example.org", role="rep", seat=seat)
    assert joined(house, "bob@example.org") == house.bob


def test_an_address_that_came_along_outlives_invitations(house: Any) -> None:
    seat = Member.objects.create(workspace=house.workspace, name="Dina Dal", email="dina@example.org")
    other = Member.objects.create(workspace=house.workspace, name="D. Dal")
    invitation, _token = inviting.invite(house.alice, email="dina@example.org", role="rep")
    inviting.withdraw_invitation(invitation, by=house.alice)
    inviting.invite(house.alice, email="dina@example.org", role="rep", seat=other)
    assert joined(house, "dina@example.org") == seat


def test_a_place_is_kept_for_one_open_invitation(house: Any) -> None:
    seat = Member.objects.create(workspace=house.workspace, name="Dina Dal", email="dina@example.org")
    inviting.invite(house.alice, email="eva@example.org", role="rep", seat=seat)
    with pytest.raises(RuleBroken, match="is kept for eva"):
        inviting.invite(house.alice, email="dina@example.org", role="rep", seat=seat)
    assert joined(house, "dina@example.org") != seat, "it is kept for somebody else"
    Invitation.objects.filter(email="eva@example.org").update(expires_at=timezone.now() - timedelta(days=1))
    assert joined(house, "finn@example.org", "Finn", seat=seat) == seat


def test_members_says_which_place_an_invitation_holds_until_it_runs_out(house: Any) -> None:
    seat = Member.objects.create(workspace=house.workspace, name="D. Dal")
    inviting.invite(house.alice, email="dina@example.org", role="rep", seat=seat)
    page = f"/w/{house.workspace.slug}/settings/members/"
    assert "takes the place of D. Dal" in signed_in("alice").get(page).content.decode()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    told = signed_in("alice").get(page).content.decode()
    assert "takes the place of" not in told
    assert "the link ran out on" in told


def test_one_says_what_one_is_called_in_every_workspace(house: Any) -> None:
    with walls.scope(workspace_id=house.other.pk):
        Member.objects.create(workspace=house.other, user=house.bob.user, name="Bob Berg")
    bob, page = signed_in("bob"), f"/w/{house.workspace.slug}/me/"
    refused = bob.post(page, {"name": "  "})
    assert 'aria-invalid="true"' in refused.content.decode()
    answer = bob.post(page, {"name": " Bob  Bakke ", "language": "nb"}, follow=True).content.decode()
    assert "Lagret." in answer
    assert "Bob Bakke" in answer
    house.bob.refresh_from_db()
    assert (house.bob.name, User.objects.get(email="bob@example.org").name) == ("Bob Bakke", "Bob Bakke")
    with walls.scope(workspace_id=house.other.pk):
        assert Member.objects.filter(name="Bob Bakke").count() == 1
    renamed = Entry.objects.get(verb="member.renamed")
    assert renamed.changes == {"name": ["Bob Berg", "Bob Bakke"]}


def test_nobody_calls_themself_as_somebody_else_is_called(house: Any) -> None:
    """Neither as a colleague's name, nor as imports call them, nor by their address; what one is called oneself stays free to go back to."""
    bob = house.bob
    Member.objects.create(
        workspace=house.workspace, name="A. Lunde", imported_as="Astrid Lunde", email="a@lunde.example"
    )
    for name in ("CAROL berg", "astrid lunde", "A. Lunde", "A@lunde.example"):
        with pytest.raises(RuleBroken, match="somebody else is called"):
            oneself.call_oneself(bob, name)
    bob.refresh_from_db()
    assert (bob.name, User.objects.get(pk=bob.user_id).name) == ("Bob Berg", "Bob Berg")
    oneself.call_oneself(bob, "Bob B. Berg")
    assert oneself.call_oneself(bob, "bob berg").imported_as == "Bob Berg"
    with walls.scope(workspace_id=house.other.pk):
        Member.objects.create(workspace=house.other, user=bob.user, name="bob berg")
    asked = walls.scope(workspace_id=house.workspace.pk, user_id=bob.user_id)
    with pytest.raises(RuleBroken, match="In Elsewhere somebody else"), asked:
        oneself.call_oneself(bob, "Mallory Berg")


def test_who_joins_under_the_name_of_somebody_here_is_called_nothing_by_imports(house: Any) -> None:
    Member.objects.create(workspace=house.workspace, name="Astrid Lunde", imported_as="Astrid Lunde")
    keys = [
        joined(house, f"p{n}@example.org", name).imported_as
        for n, name in enumerate(("astrid LUNDE", "x@y.example", "Eva"))
    ]
    assert keys == ["", "", "Eva"]


def test_members_says_what_imported_files_call_whom_otherwise(house: Any) -> None:
    oneself.call_oneself(house.bob, "Bob Bakke")
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/settings/members/").content.decode()
    assert page.count("in imported files") == 1
    assert "in imported files Bob Berg" in page


def test_members_of_before_are_called_by_imports_as_they_came(house: Any) -> None:
    """By the name in the journal where they call themselves otherwise by now; of several of one name the imported one."""
    room = house.workspace
    bob = oneself.call_oneself(house.bob, "Astrid Lunde")
    astrid = Member.objects.create(workspace=room, name="Astrid M. Lunde", user=house.mallory.user, source="hubspot")
    record(astrid, "member.imported", by=None, name="Astrid Lunde")
    twin = Member.objects.create(workspace=room, name="carol berg")
    Member.objects.update(imported_as="")
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    keys = dict(Member.objects.values_list("pk", "imported_as"))
    assert (keys[bob.pk], keys[astrid.pk]) == ("Bob Berg", "Astrid Lunde")
    assert (keys[twin.pk], keys[house.carol.pk]) == ("carol berg", "")


def test_the_last_owner_cannot_go(house: Any) -> None:
    for refuse in (
        lambda: actions.deactivate(house.alice, by=house.alice),
        lambda: actions.change_role(house.alice, "rep", by=house.alice),
    ):
        with pytest.raises(RuleBroken, match="needs an owner"):
            refuse()
    actions.change_role(house.bob, "owner", by=house.alice)
    actions.deactivate(house.alice, by=house.bob)


def test_only_an_owner_makes_an_owner(house: Any) -> None:
    actions.change_role(house.bob, "admin", by=house.alice)
    with pytest.raises(RuleBroken, match="Only an owner"):
        actions.change_role(house.carol, "owner", by=house.bob)
    with pytest.raises(RuleBroken, match="Only an owner"):
        inviting.invite(house.bob, email="x@example.org", role="owner")


def test_who_is_deactivated_is_out_at_once(house: Any) -> None:
    bob = signed_in("bob")
    assert bob.get(f"/w/{house.workspace.slug}/board/").status_code == 200
    actions.deactivate(house.bob, by=house.alice)
    assert bob.get(f"/w/{house.workspace.slug}/board/").status_code == 404


def test_signing_in_does_not_tell_whether_an_address_exists(house: Any) -> None:
    answers = {
        Client()
        .post("/accounts/login/", {"login": f"{name}@example.org", "password": "wrong"})
        .content.decode()
        .count("Wrong e-mail")
        for name in ("alice", "nobody")
    }
    assert len(answers) == 1


def test_nobody_signs_up_by_themselves(db: None) -> None:
    response = Client().post(
        "/accounts/signup/", {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert not User.objects.exists()
    assert response.status_code in (200, 403)


def test_a_person_may_be_in_several_workspaces_and_sees_each_alone(house: Any) -> None:
    with walls.scope(workspace_id=house.other.pk):
        _invitation, token = inviting.invite(house.mallory, email="alice@example.org", role="rep")
        inviting.accept_invitation(token, user=house.alice.user)
    alice = signed_in("alice")
    assert house.deal("Only here")
    assert b"Only here" in alice.get(f"/w/{house.workspace.slug}/board/").content
    assert b"Only here" not in alice.get(f"/w/{house.other.slug}/board/").content


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        ("number", "1 250,5", 1250.5),
        ("date", "2026-12-24", "2026-12-24"),
        ("yes_no", "ja", True),
        ("choice", "flat", "flat"),
        ("text", " x ", "x"),
    ],
)
def test_a_custom_field_keeps_its_type(house: Any, kind: str, raw: str, kept: object) -> None:
    from vunnet.deals.actions import change_deal

    actions.define_field(house.alice, table="deal", label="Roof type", kind=kind, choices=["flat", "pitched"])
    deal = change_deal(house.deal(), by=house.alice, custom={"roof_type": raw})
    assert deal.custom == {"roof_type": kept}


@pytest.mark.parametrize(
    ("kind", "raw"), [("number", "many"), ("date", "2026-02-31"), ("yes_no", "perhaps"), ("choice", "round")]
)
def test_a_custom_field_refuses_what_it_is_not(house: Any, kind: str, raw: str) -> None:
    from vunnet.deals.actions import change_deal

    actions.define_field(house.alice, table="deal", label="Roof type", kind=kind, choices=["flat", "pitched"])
    with pytest.raises(RuleBroken, match="Roof type"):
        change_deal(house.deal(), by=house.alice, custom={"roof_type": raw})


def test_an_unknown_custom_field_is_refused(house: Any) -> None:
    from vunnet.deals.actions import change_deal

    with pytest.raises(RuleBroken, match="no field called nothing"):
        change_deal(house.deal(), by=house.alice, custom={"nothing": "1"})
