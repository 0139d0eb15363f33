"""What a first start makes: the sample workspace, and the one-time link for the first owner."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def first_start() -> str | None:
    """The path of the set-up link while nobody has used one, else None. The sample is loaded once, whole or not at all."""
    from django.db import transaction

    from vunnet.workspaces.actions import make_setup_link
    from vunnet.workspaces.models import SetupLink

    if SetupLink.objects.filter(used_at__isnull=False).exists():
        return None
    known = SetupLink.objects.order_by("-id").values_list("sample_workspace", flat=True).first()
    with transaction.atomic():
        wanted = os.environ.get("VUNNET_NO_SAMPLE") != "1"
        token = make_setup_link(sample_workspace=known or (load_sample() if wanted else None))
    return f"/set-up/{token}/" if token else None


def load_sample() -> int:
    """The labelled sample workspace; returns its number."""
    from django.db import transaction
    from django.utils.translation import override

    from vunnet.deals.pipelines import furnish_reasons
    from vunnet.exchange.sample import DAYS_END, sample
    from vunnet.imports.takeover import take_over
    from vunnet.reports import usual
    from vunnet.workspaces import walls
    from vunnet.workspaces.actions import found_workspace
    from vunnet.workspaces.models import Workspace

    zone = ZoneInfo("Europe/Oslo")
    now = datetime.now(UTC)
    today = now.astimezone(zone).date()
    # The last day of it must be over: nothing in it has happened in an hour that is still to come.
    last = (now - DAYS_END).date()
    with transaction.atomic(), override("en"):
        room: Workspace = found_workspace(
            "Fjellvarme (sample)", owner=None, time_zone=str(zone), language="en", currency="NOK", is_sample=True
        )
        take_over(sample(last), room, by=None)
        with walls.scope(workspace_id=room.pk):
            furnish_reasons(room)
            usual.compute(room, today)
    return room.pk
