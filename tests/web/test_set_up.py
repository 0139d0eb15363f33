"""The founder's first steps: their own workspace, and a chair in the sample from which there is something to see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from vunnet.activities.actions import plan_step
from vunnet.workspaces import walls
from vunnet.workspaces.actions import make_setup_link
from vunnet.workspaces.models import Member, Role


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
