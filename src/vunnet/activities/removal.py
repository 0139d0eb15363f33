"""Deleting activities and bringing them back, and what goes for good after thirty days. With actions.py the only writer of this room's tables."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from vunnet.activities.actions import demand_own
from vunnet.activities.models import Activity, Attachment, AttachmentPart, Mention
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.deletion import hide, hold, oldest_kept, show_again
from vunnet.workspaces.models import Member


def delete_activity(activity: Activity, *, by: Member | None) -> Activity:
    """Hide an activity. Refuses another's entry (an owner or admin may), and one that is deleted already; a planned step is everyone's."""
    demand_writer(by)
    with transaction.atomic():
        held: Activity = hold(activity)
        demand_own(held, by)
        if held.deleted_at:
            raise RuleBroken(_("This entry was deleted already."))
        hide(held, "activity.deleted", by=by, deal=held.deal_id, kind=held.kind, name=str(held)[:200])
    return held


def restore_activity(activity: Activity, *, by: Member | None) -> Activity:
    """Bring a deleted activity back. Refuses another's entry, and after thirty days."""
    demand_writer(by)
    with transaction.atomic():
        held: Activity = hold(activity)
        demand_own(held, by)
        show_again(held, "activity.restored", by=by, deal=held.deal_id)
    return held


def purge_activities() -> int:
    """Erase what was deleted more than thirty days ago, alone or with what it belonged to; how many.

    Runs in a workspace's scope, before the deals, people and companies are purged: an activity that goes on elsewhere forgets them.
    """
    old = oldest_kept()
    with transaction.atomic():
        gone = _gone(old)
        AttachmentPart.objects.filter(attachment__activity__in=gone).delete()
        Attachment.objects.filter(activity__in=gone).delete()
        Mention.objects.filter(activity__in=gone).delete()
        count, _tables = Activity.objects.filter(pk__in=gone).delete()
        Activity.objects.filter(company__deleted_at__lt=old).update(company=None)
        Activity.objects.filter(person__deleted_at__lt=old).update(person=None)
    return count


def _gone(old: datetime) -> list[int]:
    deal, company = Q(deal__deleted_at__lt=old), Q(deal__isnull=True, company__deleted_at__lt=old)
    person = Q(deal__isnull=True, company__isnull=True, person__deleted_at__lt=old)
    rows = Activity.objects.filter(Q(deleted_at__lt=old) | deal | company | person)
    return list(rows.order_by().values_list("pk", flat=True))
