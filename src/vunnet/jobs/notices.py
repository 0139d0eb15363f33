"""The background work of notices: from the journal every minute, what is due each morning, mails, and old ones forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.utils import timezone
from procrastinate.contrib.django import app

from vunnet.notices.actions import forget_old
from vunnet.notices.deriving import derive
from vunnet.notices.mailing import send_waiting
from vunnet.notices.mornings import tell_whats_due
from vunnet.workspaces import walls
from vunnet.workspaces.deletion import every_workspace
from vunnet.workspaces.models import Workspace

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="tell_news", queueing_lock="tell_news", lock="tell_news")
def tell_news(timestamp: int) -> None:
    """Each minute: what came into the journal becomes notices, and waiting mails go out."""
    _everywhere(_derive)
    _everywhere(send_waiting)


@app.periodic(cron="*/15 * * * *")
@app.task(name="tell_whats_due", queueing_lock="tell_whats_due", lock="tell_whats_due")
def tell_each_morning(timestamp: int) -> None:
    """Whoever's morning it is hears what is due."""
    _everywhere(_tell_whats_due)


@app.periodic(cron="*/15 * * * *")
@app.task(name="begin_digests", queueing_lock="begin_digests", lock="begin_digests")
def begin_weekly_digests(timestamp: int) -> None:
    """Whoever's Monday morning it is, and who asked for it, gets the week in pictures."""
    _everywhere(_begin_digests)


@app.periodic(cron="40 3 * * *")
@app.task(name="forget_old_notices", queueing_lock="forget_old_notices")
def forget_old_notices(timestamp: int) -> None:
    """Each night: read and old notices, and mails that were sent long ago."""
    _everywhere(_forget_old)


def _everywhere(act: Callable[[int], object]) -> None:
    """In every workspace by itself: one that fails does not keep the others waiting."""
    for workspace_id in every_workspace():
        try:
            act(workspace_id)
        except Exception:  # whatever it is, it is said, and tried again at the next turn
            log.exception("%s failed in workspace %s", act.__name__, workspace_id)


def _derive(workspace_id: int) -> None:
    left = True
    while left:
        with walls.scope(workspace_id=workspace_id):
            left = Workspace.objects.filter(pk=workspace_id).exists() and derive(workspace_id)


def _tell_whats_due(workspace_id: int) -> None:
    with walls.scope(workspace_id=workspace_id):
        tell_whats_due(timezone.now())


def _begin_digests(workspace_id: int) -> None:
    from vunnet.notices.digest import begin_digests  # analysis is heavy: only this job loads it

    with walls.scope(workspace_id=workspace_id):
        begin_digests(timezone.now())


def _forget_old(workspace_id: int) -> None:
    with walls.scope(workspace_id=workspace_id):
        forget_old()
