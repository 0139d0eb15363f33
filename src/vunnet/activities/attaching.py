"""Files on records: keep one, and read one back. With actions.py the only writer of this room's tables.

The bytes lie in the database in parts (docs/adr/0012), so that web and worker processes keep nothing of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity, Attachment, AttachmentPart
from vunnet.activities.rules import file_name
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.models import Member, Workspace

PART_BYTES = 1_000_000
MOST_FILES = 10
# A file as it comes in: its name, its size, its bytes.
Upload = tuple[str, int, IO[bytes]]


def attach_files(
    activity: Activity, files: Sequence[Upload], *, by: Member, limit: int, total: int
) -> list[Attachment]:
    """Keep files with an activity. Refuses too many, an empty one, one over the limit, and more than the workspace may keep."""
    demand_writer(by)
    _demand_sizes(files, limit)
    with transaction.atomic():
        # Two uploads at once must not both find the last free place.
        room = Workspace.objects.select_for_update().get(pk=activity.workspace_id)
        used = Attachment.objects.filter(workspace=room).aggregate(sum=Sum("size"))["sum"] or 0
        if used + sum(size for _name, size, _body in files) > total:
            raise RuleBroken(
                _("This workspace keeps %(mb)s MB of files, and these are more than is left. Delete some, or ask the operator.")
                % {"mb": total // 1_000_000},
                "files",
            )  # fmt: skip
        kept = [_keep(activity, upload) for upload in files]
        names = [file.name for file in kept]
        record(activity, "activity.files_added", by=by, deal=activity.deal_id, files=names)
    return kept


def _demand_sizes(files: Sequence[Upload], limit: int) -> None:
    if len(files) > MOST_FILES:
        raise RuleBroken(_("Add at most %(most)s files at once.") % {"most": MOST_FILES}, "files")
    for name, size, _body in files:
        if size <= 0:
            raise RuleBroken(_("%(name)s is empty.") % {"name": file_name(name)}, "files")
        if size > limit:
            raise RuleBroken(
                _("%(name)s is larger than %(mb)s MB; the operator sets the limit.")
                % {"name": file_name(name), "mb": limit // 1_000_000},
                "files",
            )


def _keep(activity: Activity, upload: Upload) -> Attachment:
    name, size, body = upload
    file = Attachment.objects.create(
        workspace_id=activity.workspace_id,
        activity=activity,
        name=file_name(name),
        size=size,
        created_at=timezone.now(),
    )
    for position, part in enumerate(iter(lambda: body.read(PART_BYTES), b"")):
        AttachmentPart.objects.create(workspace_id=activity.workspace_id, attachment=file, position=position, body=part)
    return file


def read_parts(file: Attachment) -> Iterator[bytes]:
    """A file's bytes, part by part. Opens the workspace's scope for each, since an answer is sent after its request has ended."""
    position = 0
    while part := _part(file, position):
        yield part
        position += 1


def _part(file: Attachment, position: int) -> bytes:
    with walls.scope(workspace_id=file.workspace_id):
        part = AttachmentPart.objects.filter(attachment=file, position=position).values_list("body", flat=True).first()
    return bytes(part or b"")
