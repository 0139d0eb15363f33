"""What people do with archives: upload one, and the work of making a workspace of it. The only writer of this room's tables."""

from __future__ import annotations

import tempfile
from typing import IO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.archive.models import Restoration, RestorationPart
from vunnet.archive.reading import restore
from vunnet.archive.safety import opened
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member, User

PART_BYTES = 4_000_000
UNPACKED = 20


def upload(by: Member, name: str, size: int, body: IO[bytes], *, limit: int) -> Restoration:
    """Keep an uploaded archive for the job that makes a workspace of it.

    Refuses one of over `limit` bytes, one that unpacks to over twenty times that, and what is no archive.
    """
    demand_administrator(by)
    if size > limit:
        raise RuleBroken(
            _("This archive is larger than %(mb)s MB; the operator sets the limit.") % {"mb": limit // 1_000_000},
            "file",
        )
    opened(body, limit=limit * UNPACKED)
    body.seek(0)
    with transaction.atomic():
        row = Restoration.objects.create(workspace_id=by.workspace_id, by=by, name=name[:150])
        for position, part in enumerate(iter(lambda: body.read(PART_BYTES), b"")):
            RestorationPart.objects.create(workspace_id=by.workspace_id, restoration=row, position=position, body=part)
        record(row, "archive.uploaded", by=by)
    return row


def carry_out(restoration_id: int, workspace_id: int, *, limit: int) -> int | None:
    """Make the workspace and return its number; what stops it is written on the restoration, in words. A second calling does nothing."""
    with walls.scope(workspace_id=workspace_id):
        row = Restoration.objects.select_for_update().get(pk=restoration_id)
        if row.status != Restoration.Status.WAITING:
            return None
        owner = User.objects.get(members=row.by_id)
        with tempfile.TemporaryFile() as file:
            for part in row.parts.values_list("body", flat=True).iterator(chunk_size=1):
                file.write(part)
            file.seek(0)
            try:
                # A savepoint: what is refused leaves nothing but its sentence.
                with transaction.atomic():
                    row.made = restore(file, owner, limit=limit * UNPACKED).pk
                row.status = Restoration.Status.DONE
            except RuleBroken as why:
                row.status, row.failure = Restoration.Status.FAILED, why.message
        row.finished_at = timezone.now()
        row.save(update_fields=["status", "failure", "made", "finished_at"])
        row.parts.all().delete()
    made: int | None = row.made
    return made
