"""Notices as one reads them: the sentence, and the row it is about, as far as its reader still sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vunnet.activities.models import Activity, OfSomethingPresent
from vunnet.deals.models import Deal, Stage
from vunnet.lib.formats import present
from vunnet.notices.models import Notice
from vunnet.workspaces.models import Member
from vunnet.workspaces.worded import worded

UNREAD_COUNTED = 100
NAMED = 40  # letters of a name: what was done is still read behind it
# Rows that notices are about, whoever may see them.
TABLES: dict[str, Callable[[], QuerySet[Any]]] = {
    "deals_deal": lambda: Deal.objects.filter(deleted_at__isnull=True),
    "activities_activity": lambda: Activity.objects.filter(OfSomethingPresent(), deleted_at__isnull=True),
}


@dataclass(frozen=True)
class Read:
    """A notice in words. `row` is None where it is gone, where the reader may not see it (`is_hidden`), or where it is about no row."""

    notice: Notice
    said: str
    row: Deal | Activity | None
    name: str = ""
    quote: str = ""
    is_hidden: bool = False

    @property
    def at(self) -> datetime:
        return self.notice.at

    @property
    def is_gone(self) -> bool:
        """It is about a row that was deleted."""
        return self.notice.table in TABLES and self.row is None and not self.is_hidden


def unread_count(member: Member) -> int:
    """Counted no further than a hundred."""
    return len(_unread(member))


@worded
def _unread(member: Member) -> QuerySet[Any]:
    rows: QuerySet[Any] = Notice.objects.visible_to(member).unread()
    return rows.order_by().values_list("pk", flat=True)[:UNREAD_COUNTED]


def read(notices: Sequence[Notice], member: Member) -> list[Read]:
    """The same few questions to the database however many there are."""
    deals = _rows(Deal.objects.visible_to(member).select_related("company"), notices, "deals_deal")
    steps = _rows(
        Activity.objects.visible_to(member).select_related("deal", "company", "person"), notices, "activities_activity"
    )
    hidden = _hidden(notices, {"deals_deal": deals, "activities_activity": steps})
    stages = {s.pk: s.name for s in Stage.objects.visible_to(member).filter(pk__in=_stages(notices))}
    told = [
        _read(n, deals if n.table == "deals_deal" else steps if n.table == "activities_activity" else {}, stages)
        for n in notices
    ]
    return [replace(one, is_hidden=(one.notice.table, one.notice.row_id) in hidden) for one in told]


def _hidden(notices: Sequence[Notice], seen: dict[str, dict[int, Any]]) -> set[tuple[str, int]]:
    """Of the rows that the reader does not see those that are there: by table and number."""
    found: set[tuple[str, int]] = set()
    for table, rows in TABLES.items():
        missing = {n.row_id for n in notices if n.table == table} - set(seen[table])
        found |= (
            {(table, pk) for pk in rows().filter(pk__in=missing).values_list("pk", flat=True)} if missing else set()
        )
    return found


def _rows(rows: Any, notices: Sequence[Notice], table: str) -> dict[int, Any]:
    wanted = [notice.row_id for notice in notices if notice.table == table]
    return {row.pk: row for row in rows.filter(pk__in=wanted)} if wanted else {}


def _stages(notices: Sequence[Notice]) -> list[int]:
    return [notice.facts["stage"] for notice in notices if isinstance(notice.facts.get("stage"), int)]


def _read(notice: Notice, rows: dict[int, Any], stages: dict[int, str]) -> Read:
    row = rows.get(notice.row_id or 0)
    said = _said(notice, stages.get(notice.facts.get("stage", 0), ""))
    if row is None:
        return Read(notice, said, None)
    if isinstance(row, Activity):
        about = row.deal or row.company or row.person
        name = str(row) if notice.kind == "assigned" else str(about or row)
        return Read(notice, said, row, name, row.text.strip()[:300] if notice.kind == "mentioned" else "")
    return Read(notice, said, row, row.name)


def _said(notice: Notice, stage: str) -> str:
    who, many = _named(notice.by) if notice.by else _("Vunnet"), notice.count > 1
    if notice.kind == "mentioned":
        return _("%(who)s mentioned you") % {"who": who}
    if notice.kind == "due":
        return _due(notice.facts.get("today", 0), notice.facts.get("late", 0))
    if notice.kind == "finished":
        return _finished(notice)
    if notice.kind == "assigned":
        words = (
            _("%(who)s gave you %(n)s tasks")
            if notice.table == "activities_activity"
            else _("%(who)s gave you %(n)s deals")
        )
        one = _("%(who)s gave you a task") if notice.table == "activities_activity" else _("%(who)s gave you a deal")
        return (words if many else one) % {"who": who, "n": present().number(f"{notice.count:,}")}
    said = {
        "deal.won": _("%(who)s won your deal"),
        "deal.lost": _("%(who)s lost your deal"),
        "deal.cancelled": _("%(who)s cancelled your deal"),
        "deal.reopened": _("%(who)s reopened your deal"),
        "deal.moved": _("%(who)s moved your deal to %(stage)s"),
    }[notice.verb]
    return said % {"who": who, "stage": _named(stage)}


def _named(name: Member | str) -> str:
    return str(Truncator(str(name)).chars(NAMED))


def _due(today: int, late: int) -> str:
    parts = []
    if today:
        parts.append(ngettext("%(n)s task is due today", "%(n)s tasks are due today", today) % {"n": today})
    if late:
        parts.append(ngettext("%(n)s task is overdue", "%(n)s tasks are overdue", late) % {"n": late})
    return ", ".join(parts)


def _finished(notice: Notice) -> str:
    rows = present().number(f"{notice.facts.get('rows') or 0:,}")
    return {
        "bulk.done": _("Your change of %(n)s rows is done"),
        "bulk.undone": _("Your change of %(n)s rows was taken back"),
        "import.done": _("Your import is done"),
        "import.failed": _("Your import stopped: see why"),
        "import.undone": _("Your import was taken back"),
    }[notice.verb] % {"n": rows}
