"""From journal entries to notices: read in the order they were committed, each once, in one transaction with how far one came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal
from vunnet.journal.models import Entry
from vunnet.notices.actions import give
from vunnet.notices.models import Position
from vunnet.notices.rules import MOVES, VERBS, told
from vunnet.workspaces.models import Member

BATCH = 2000
LAST = 2**62
# A workspace whose journal was never read begins with its last day, not with its whole past.
FIRST_LOOK = timedelta(days=1)
TABLES: dict[str, Any] = {"deals_deal": Deal, "activities_activity": Activity}


@dataclass
class Wanted:
    """A notice to be: rows that one event gave one member to hear of."""

    entry: Entry
    member: int
    kind: str
    event: str
    facts: dict[str, Any]
    rows: list[int] = field(default_factory=list)


def horizon() -> int:
    """Everything below it was committed: no transaction older than it still runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        found: int = cursor.fetchone()[0]
    return found


def derive(workspace_id: int, *, below: int | None = None) -> bool:
    """Make notices of the next entries; returns whether more are left. Runs in the workspace's scope, in one transaction.

    Two workers at once: the second waits for the first one's place and goes on from there.
    """
    Position.objects.get_or_create(workspace_id=workspace_id)
    place = Position.objects.select_for_update().get(workspace_id=workspace_id)
    limit = below or horizon()
    entries = list(_unread(place, limit)[:BATCH])
    for wanted in _grouped(entries):
        _tell(wanted)
    _went_to(place, entries, limit)
    return len(entries) == BATCH


def _unread(place: Position, limit: int) -> Any:
    after = Q(transaction__gt=place.transaction) | Q(transaction=place.transaction, pk__gt=place.entry)
    rows = Entry.objects.filter(
        after,
        workspace_id=place.workspace_id,
        transaction__gte=place.transaction,
        transaction__lt=limit,
        verb__in=VERBS,
    )
    if not place.transaction:
        rows = rows.filter(at__gte=timezone.now() - FIRST_LOOK)
    return rows.select_related("by").order_by("transaction", "pk")


def _went_to(place: Position, entries: Sequence[Entry], limit: int) -> None:
    if len(entries) == BATCH:
        place.transaction, place.entry = entries[-1].transaction, entries[-1].pk
    elif entries or _anything_since(place, limit):
        place.transaction, place.entry = max(limit - 1, place.transaction), LAST
    else:
        return
    place.save(update_fields=["transaction", "entry"])


def _anything_since(place: Position, limit: int) -> bool:
    """Entries nobody is told of are passed by too, or an import's would be read again each minute; an idle workspace writes nothing."""
    return Entry.objects.filter(
        workspace_id=place.workspace_id, transaction__gt=place.transaction, transaction__lt=limit
    ).exists()


def _grouped(entries: Sequence[Entry]) -> Iterable[Wanted]:
    """What one request or one change of many rows gave a member is one notice."""
    owners = dict(Deal.objects.filter(pk__in=[e.row_id for e in entries if e.verb in MOVES]).values_list("pk", "owner"))
    found: dict[tuple[int, str, str], Wanted] = {}
    for entry in entries:
        if entry.request_id.startswith("undo-") and entry.verb.endswith(".changed"):
            continue
        for one in told(entry.verb, entry.by_id, entry.changes):
            member = one.member if one.kind != "moved" else owners.get(entry.row_id)
            if member is None or (member == entry.by_id and one.kind != "finished"):
                continue
            event = _event(entry, one.kind)
            wanted = found.setdefault(
                (member, one.kind, event), Wanted(entry, member, one.kind, event, dict(one.facts))
            )
            wanted.rows.append(entry.row_id)
    return found.values()


def _event(entry: Entry, kind: str) -> str:
    """Only what becomes mine is told together: a hundred deals won are a hundred news."""
    if kind == "assigned" and entry.request_id:
        return f"{entry.request_id} {entry.table}"
    return f"entry-{entry.pk}"


def _tell(wanted: Wanted) -> None:
    member = Member.objects.select_related("user", "workspace").filter(pk=wanted.member, is_active=True).first()
    if member is None or member.user_id is None:
        return
    entry, rows = wanted.entry, wanted.rows
    if table := TABLES.get(entry.table):
        rows = list(table.objects.visible_to(member).filter(pk__in=rows).order_by("pk").values_list("pk", flat=True))
    if rows:
        give(
            member, wanted.kind, wanted.event, at=entry.at, by=entry.by, verb=entry.verb,
            table=entry.table, row_id=rows[0], count=len(rows), facts=wanted.facts,
        )  # fmt: skip
