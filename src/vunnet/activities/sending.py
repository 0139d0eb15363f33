"""Entries that waited on a device without a connection: sent twice, written once. With actions.py a writer of this room's tables."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from vunnet.activities.models import SentOnce
from vunnet.workspaces.models import Member

# No device resends after so long.
KEPT_FOR = timedelta(days=90)


def is_first(by: Member, key: UUID) -> bool:
    """Whether an entry with this number is new; from then on it is known, if the transaction keeps what it writes.

    Two at once: the second waits here until the first is written or given up.
    """
    _row, is_new = SentOnce.objects.get_or_create(
        workspace_id=by.workspace_id, member=by, key=key, defaults={"at": timezone.now()}
    )
    return is_new


def forget_old_numbers() -> None:
    """Within the present scope."""
    SentOnce.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
