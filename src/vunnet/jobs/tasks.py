"""The background work there is. Each task opens its workspace's scope, calls one thing and ends; running it twice does no harm."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from vunnet.reports import usual
from vunnet.workspaces import walls
from vunnet.workspaces.models import Workspace


@app.task(name="refresh_usual", retry=2)
def refresh_usual(workspace_id: int) -> None:
    """Compute anew what is usual in each stage of a workspace."""
    with walls.scope(workspace_id=workspace_id):
        workspace = Workspace.objects.get(pk=workspace_id)
        usual.compute(workspace, timezone.now().astimezone(workspace.zone).date())


def soon_refresh_usual(workspace_id: int) -> None:
    """Ask for it once; a second asking while the first still waits changes nothing."""
    try:
        # A savepoint: the second asking fails on a unique index, and must not take the page's transaction with it.
        with transaction.atomic():
            refresh_usual.configure(queueing_lock=f"usual-{workspace_id}").defer(workspace_id=workspace_id)
    except AlreadyEnqueued:
        return
