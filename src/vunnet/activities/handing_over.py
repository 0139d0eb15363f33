"""A deal that changes hands takes its open steps along: who left it would go on being told to do them, and the new owner would not."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from vunnet.activities.models import Activity
from vunnet.deals.actions import change_deal, lock
from vunnet.deals.models import Deal
from vunnet.deals.seats import Owners
from vunnet.journal.models import Entry
from vunnet.workspaces.models import Member
from vunnet.workspaces.together import change_together, refuse_unknown

VERB = "activity.handed_over"


def give_deal(deal: Deal, *, by: Member | None, **fields: Any) -> Deal:
    """`change_deal`; where its owner is another one then, the open steps of the old one are theirs."""
    with transaction.atomic():
        # As it stands in the database, held: the row at hand may carry what a form put into it.
        before = lock(deal).owner_id if "owner" in fields else None
        changed = change_deal(deal, by=by, **fields)
        if "owner" in fields and by is not None:
            hand_over({deal.pk: (before, changed.owner_id)}, by=by)
    return changed


def hand_over(owners: Owners, *, by: Member) -> None:
    """Open steps of deals that their old owner was to do are the new one's."""
    _give(_open(owners), owners, by)


def hand_back(owners: Owners, *, by: Member) -> None:
    """The same the other way round, for steps that came by a hand-over and that nobody gave on since."""
    steps = _open(owners)
    last: dict[int, Entry] = {}
    entries = Entry.objects.filter(table=Activity._meta.db_table, row_id__in=list(steps), changes__has_key="member")
    for entry in entries.order_by("pk"):
        last[entry.row_id or 0] = entry
    came = {pk for pk, entry in last.items() if entry.verb == VERB}
    _give({pk: deal for pk, deal in steps.items() if pk in came}, owners, by)


def _open(owners: Owners) -> dict[int, int]:
    """Planned steps that wait for the old owner, with their deals."""
    rows = Activity.objects.planned().filter(deal__in=[deal for deal, pair in owners.items() if None not in pair])
    return {
        pk: deal for pk, deal, member in rows.values_list("pk", "deal_id", "member_id") if member == owners[deal][0]
    }


def _give(steps: dict[int, int], owners: Owners, by: Member) -> None:
    new = {pk: {"member_id": owners[deal][1]} for pk, deal in steps.items()}
    if new:
        change_together(Activity, new, by=by, verb=VERB, custom="", check=refuse_unknown(frozenset({"member_id"})))
