"""What happened on a deal, newest first: activities, stage changes and what the journal recorded, as one list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal, StageChange

SHOWN = 30
ICONS = {"call": "phone", "mail": "mail", "meeting": "calendar", "note": "sticky-note", "task": "square-check"}
KINDS = ("mail", "call", "meeting", "note", "stage")


@dataclass(frozen=True)
class Line:
    """One thing that happened: an activity or a stage change."""

    at: datetime
    icon: str
    activity: Activity | None = None
    change: StageChange | None = None
    days_before: int | None = None

    @property
    def who(self) -> str:
        """Who did it: a colleague, or the customer where it came from them."""
        a = self.activity
        return "" if a is None else str((a.person if _came_in(a) else a.member) or a.member or a.person or "")

    @property
    def said(self) -> str:
        """What they did, in words that go on after the name: "called Per Aasen"."""
        a = self.activity
        if a is None:
            return ""
        to = None if _came_in(a) or a.member is None else a.person
        alone = {
            "call": _("called"),
            "mail": _("wrote"),
            "meeting": _("had a meeting"),
            "note": _("noted"),
            "task": _("finished"),
        }
        with_them = {
            "call": _("called %(person)s"),
            "mail": _("wrote to %(person)s"),
            "meeting": _("met %(person)s"),
            "note": _("noted about %(person)s"),
            "task": _("finished, with %(person)s"),
        }
        return with_them[a.kind] % {"person": to} if to else alone[a.kind]


def _came_in(activity: Activity) -> bool:
    return activity.direction == Activity.Direction.IN and activity.person is not None


@dataclass(frozen=True)
class Timeline:
    days: list[tuple[date, list[Line]]]
    earlier: datetime | None


def of_deal(deal: Deal, kind: str = "", before: datetime | None = None) -> Timeline:
    """The newest lines before a moment; `earlier` is where the next ones begin, None at the beginning of all."""
    lines: list[Line] = []
    if kind != "stage":
        lines += _activities(Activity.objects.filter(deal=deal), kind, before)
    if kind in ("", "stage"):
        lines += _changes(deal, before)
    return _by_day(lines)


def of_activities(rows: QuerySet[Activity], before: datetime | None = None) -> Timeline:
    """The same for a company or a person, where there are no stages."""
    return _by_day(_activities(rows, "", before))


def _by_day(lines: Iterable[Line]) -> Timeline:
    ordered = sorted(lines, key=lambda line: line.at, reverse=True)
    shown = ordered[:SHOWN]
    days = [(day, list(group)) for day, group in groupby(shown, key=lambda line: timezone.localtime(line.at).date())]
    return Timeline(days, shown[-1].at if len(ordered) > SHOWN else None)


def _activities(rows: QuerySet[Activity], kind: str, before: datetime | None) -> list[Line]:
    rows = rows.filter(at__isnull=False).select_related("member", "person", "deal").order_by("-at", "-pk")
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(at__lt=before) if before else rows
    return [Line(a.at, ICONS[a.kind], activity=a) for a in rows[: SHOWN + 1] if a.at]


def _changes(deal: Deal, before: datetime | None) -> list[Line]:
    changes = list(
        StageChange.objects.filter(deal=deal).select_related("from_stage", "to_stage", "changed_by").order_by("link")
    )
    lines = []
    for last, change in zip([None, *changes], changes, strict=False):
        days = (change.changed_at - last.changed_at).days if last else None
        lines.append(Line(change.changed_at, "arrow-right", change=change, days_before=days))
    return [line for line in lines if before is None or line.at < before][-SHOWN - 1 :]


def counts(deal: Deal) -> dict[str, int]:
    """How many lines of each kind there are, for the filter above them."""
    kinds = list(Activity.objects.filter(deal=deal, at__isnull=False).values_list("kind", flat=True))
    numbers = {kind: kinds.count(kind) for kind in KINDS if kind != "stage"}
    numbers["stage"] = StageChange.objects.filter(deal=deal).count()
    return {"all": sum(numbers.values()), **numbers}
