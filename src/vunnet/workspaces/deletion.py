"""Deleting for the time being: what every room does alike when a row is hidden, brought back, and gone after thirty days.

The rooms' own actions call this inside their transaction; nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.models import Entry
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.models import Deletable, Member

KEPT_FOR = timedelta(days=30)


def hold(row: Any) -> Any:
    """The row as it is now, deleted or not, held until the transaction ends."""
    return type(row)._default_manager.select_for_update().get(pk=row.pk)


def hide(row: Deletable, verb: str, *, by: Member | None, **changes: Any) -> None:
    """Mark a held row as deleted, now and by whom."""
    row.deleted_at, row.deleted_by = timezone.now(), by
    row.save(update_fields=["deleted_at", "deleted_by"])
    record(row, verb, by=by, **changes)


def show_again(row: Deletable, verb: str, *, by: Member | None, **changes: Any) -> None:
    """Bring a held row back. Refuses one that is not deleted, and one deleted longer ago than thirty days."""
    if row.deleted_at is None:
        raise RuleBroken(_("This is not deleted."))
    if row.deleted_at < oldest_kept():
        raise RuleBroken(_("This was deleted more than 30 days ago and cannot be brought back."))
    row.deleted_at = row.deleted_by = None
    row.save(update_fields=["deleted_at", "deleted_by"])
    record(row, verb, by=by, **changes)


def oldest_kept() -> datetime:
    """What was deleted before this moment is gone."""
    return timezone.now() - KEPT_FOR


def last_entry(row: Any, verb: str) -> Entry:
    """The journal's latest entry of this kind about a row."""
    return Entry.objects.filter(
        workspace_id=row.workspace_id, table=row._meta.db_table, row_id=row.pk, verb=verb
    ).latest("id")


def every_workspace() -> Iterator[int]:
    """Numbers a workspace may have: all that were ever given out. No scope sees more than one workspace, so none can list them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM workspaces_workspace_id_seq")
        yield from range(1, int(cursor.fetchone()[0]) + 1)
