"""Deleting deals and bringing them back. With actions.py and pipelines.py the only writer of this room's tables."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from vunnet.deals.models import Deal, DealPerson
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.deletion import hide, hold, oldest_kept, show_again
from vunnet.workspaces.models import Member


def delete_deal(deal: Deal, *, by: Member | None) -> Deal:
    """Hide a deal from lists, board, search and every number; its history stays with it. Refuses one that is deleted already."""
    demand_writer(by)
    with transaction.atomic():
        held: Deal = hold(deal)
        if held.deleted_at:
            raise RuleBroken(_("This deal was deleted already."))
        hide(held, "deal.deleted", by=by, name=held.name)
    return held


def restore_deal(deal: Deal, *, by: Member | None) -> Deal:
    """Bring a deleted deal back as it was. Refuses after thirty days."""
    demand_writer(by)
    with transaction.atomic():
        held: Deal = hold(deal)
        show_again(held, "deal.restored", by=by, name=held.name)
    return held


def forget_purged_people() -> int:
    """Take the people who are about to be erased off every deal; how many parts. Runs in a workspace's scope."""
    count, _tables = DealPerson.objects.filter(person__deleted_at__lt=oldest_kept()).delete()
    return count


def purge_deals() -> int:
    """Erase the deals deleted more than thirty days ago with all that is part of them; how many. Runs in a workspace's scope.

    The database does it (history.py), since nobody else may remove a link of a deal's history.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT purge_deals()")
        return int(cursor.fetchone()[0])
