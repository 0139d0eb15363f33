"""The founder's first steps: their own workspace, and a chair in the sample from which there is something to see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from vunnet.activities.actions import plan_step
from vunnet.deals.actions import move_deal, win_deal
from vunnet.workspaces import walls
from vunnet.workspaces.actions import make_setup_link
from vunnet.workspaces.inviting import invite
from vunnet.workspaces.models import Invitation, Member, Role


def test_the_founder_takes_the_chair_of_the_busiest_seller(house: Any) -> None:
    room = house.workspace
    idle, busy = (Member.objects.create(workspace=room, name=name) for name in ("Idle", "Busy"))
    for seller, days in ((busy, 0), (busy, -3), (idle, 0), (idle, 5), (idle, 6)):
        plan_step(
            seller, room, f"Call {days}", due_at=timezone.now() + timedelta(days=days), deal=house.deal(), member=seller
        )
    token = make_setup_link(sample_workspace=room.pk)
    client = Client()
    given = {
        "name": "Ada",
        "email": "ada@example.org",
        "password": PASSWORD,
        "workspace": "Ours",
        "time_zone": "UTC",
        "language": "en",
        "currency": "EUR",
    }
    assert client.post(f"/set-up/{token}/", given).status_code == 302
    with walls.scope(workspace_id=room.pk):
        busy.refresh_from_db()
        assert (busy.name, busy.user.email, busy.role) == ("Ada", "ada@example.org", Role.OWNER)
        assert Member.objects.filter(user__email="ada@example.org").count() == 1
    assert "Call -3" in client.get(f"/w/{room.slug}/today/").text


def test_a_sample_without_sellers_has_a_chair_too(house: Any) -> None:
    token = make_setup_link(sample_workspace=house.workspace.pk)
    given = {
        "name": "Ada",
        "email": "ada@example.org",
        "password": PASSWORD,
        "workspace": "Ours",
        "time_zone": "UTC",
        "language": "en",
        "currency": "EUR",
    }
    assert Client().post(f"/set-up/{token}/", given).status_code == 302
    with walls.scope(workspace_id=house.workspace.pk):
        assert Member.objects.get(user__email="ada@example.org").name == "Ada"


def ticked(client: Client, room: Any) -> list[bool]:
    page = client.get(f"/w/{room.slug}/today/").text
    return ["is-done" in line for line in page.split('<ol class="beginnings">')[1].split("</ol>")[0].split("<li")[1:]]


def test_the_first_hours_steps_tick_themselves_and_go(house: Any) -> None:
    client, room = Client(), house.workspace
    assert client.login(email="alice@example.org", password=PASSWORD)
    for member in (house.bob, house.carol):
        Member.objects.filter(pk=member.pk).update(user=None)
    Invitation.objects.all().delete()
    assert ticked(client, room) == [False] * 5
    deal = house.deal()
    assert ticked(client, room) == [True, False, False, False, False]
    plan_step(house.alice, room, "Call", due_at=timezone.now(), deal=deal)
    invite(house.alice, email="new@example.org", role="rep")
    assert ticked(client, room) == [True, True, False, True, False]
    move_deal(deal, house.stage("Contacted"), by=house.alice)
    assert ticked(client, room) == [True, True, True, True, False]
    win_deal(deal, by=house.alice)
    assert "beginnings" not in client.get(f"/w/{room.slug}/today/").text


def test_the_steps_are_hidden_for_good_by_who_has_seen_enough(house: Any) -> None:
    client, page = Client(), f"/w/{house.workspace.slug}/today/"
    client.login(email="alice@example.org", password=PASSWORD)
    assert "beginnings" in client.get(page).text
    assert client.post(f"{page}steps/").status_code == 302
    assert "beginnings" not in client.get(page).text
    client.login(email="bob@example.org", password=PASSWORD)
    assert "beginnings" not in client.get(page).text
