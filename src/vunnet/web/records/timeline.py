"""What happened with a record, newest first: activities, their files, and stage changes, as one list that goes on page by page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity, Attachment, Mention
from vunnet.deals.models import StageChange
from vunnet.lib.errors import RuleBroken
from vunnet.web.records.subject import LINK, Subject, activities, by_table
from vunnet.workspaces.models import Member
from vunnet.workspaces.worded import AnyOf, worded

SHOWN = 20
ICONS = {
    "call": "phone",
    "mail": "mail",
    "meeting": "calendar",
    "note": "sticky-note",
    "task": "square-check",
    "file": "paperclip",
}
KINDS = ("mail", "call", "meeting", "note", "task", "file", "stage")
# What a line shows: the whole rows of its person, member and deal cost more than its own.
ENTRY = (
    *("kind", "subject", "body", "direction", "at", "minutes", "deal", "person", "member"),
    *("member__name", "person__name", "person__email", "deal__name"),
)
# At one moment activities come before stage changes, the latest written first.
CHANGE, ACTIVITY = 0, 1


@dataclass(frozen=True)
class Line:
    """One thing that happened: an activity with its files and the names of whom it mentions, or a stage change."""

    at: datetime
    icon: str
    activity: Activity | None = None
    change: StageChange | None = None
    days_before: int | None = None
    is_own: bool = False
    files: Sequence[Attachment] = ()
    mentions: Sequence[str] = ()

    @property
    def is_dated(self) -> bool:
        return self.change is None or self.change.is_dated

    @property
    def place(self) -> Place:
        """Where it stands in the order of all."""
        return Place(self.at, ACTIVITY, self.activity.pk) if self.activity else Place(self.at, CHANGE, self.change.pk if self.change else 0)  # fmt: skip

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
            "file": _("added a file"),
        }
        with_them = {
            "call": _("called %(person)s"),
            "mail": _("wrote to %(person)s"),
            "meeting": _("met %(person)s"),
            "note": _("noted about %(person)s"),
            "task": _("finished, with %(person)s"),
            "file": _("added a file about %(person)s"),
        }
        return with_them[a.kind] % {"person": to} if to else alone[a.kind]


def _came_in(activity: Activity) -> bool:
    return activity.direction == Activity.Direction.IN and activity.person is not None


@dataclass(frozen=True, order=True)
class Place:
    """Where a line stands among all, earlier ones less; where a page of the timeline ends, as an address says it."""

    at: datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Nothing for nothing. Refuses what no page ended at."""
        if not text:
            return None
        at, rank, pk = [*text.split("~"), "", ""][:3]
        try:
            moment = parse_datetime(at)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or rank not in ("0", "1") or not pk.isascii() or not pk.isdigit() or len(pk) > 18:  # fmt: skip
            raise RuleBroken(_("This place in the timeline is not known. Start at its beginning."))
        return cls(moment, int(rank), int(pk))

    def behind(self, rank: int, at: str) -> Q:
        """The rows of a rank that come after it."""
        if rank == self.rank:
            return Q(**{f"{at}__lt": self.at}) | Q(**{at: self.at, "pk__lt": self.pk})
        return Q(**{f"{at}__lt" if rank > self.rank else f"{at}__lte": self.at})


@dataclass(frozen=True)
class Timeline:
    """A page of it, by days; what happened nobody knows when stands under no day. `earlier` is where the next begins, None at the beginning of all; `is_whole`: this page is all of it."""

    days: list[tuple[date | None, list[Line]]]
    earlier: Place | None
    is_whole: bool = False


def of(subject: Subject, kind: str = "", before: Place | None = None) -> Timeline:
    """The newest lines, or those behind a place, of all kinds or one."""
    lines: list[Line] = []
    if kind != "stage":
        lines += _activities(subject, kind, before)
    if kind in ("", "stage") and subject.deals:
        lines += _changes(subject, before)
    ordered = sorted(lines, key=lambda line: line.place, reverse=True)
    shown = ordered[:SHOWN]
    is_cut = len(ordered) > SHOWN
    return Timeline(_by_day(shown), shown[-1].place if is_cut else None, before is None and not is_cut)


def _by_day(lines: Iterable[Line]) -> list[tuple[date | None, list[Line]]]:
    """Lines under their days; those whose day nobody knows behind the day that only keeps their place."""
    days: list[tuple[date | None, list[Line]]] = []
    for day, group in groupby(lines, key=lambda line: timezone.localtime(line.at).date()):
        of_day = list(group)
        for heading, is_dated in ((day, True), (None, False)):
            if found := [line for line in of_day if line.is_dated is is_dated]:
                days.append((heading, found))
    return days


def _activities(subject: Subject, kind: str, before: Place | None) -> Iterable[Line]:
    if kind or before:
        rows = subject.activities().filter(_of_kind(kind))
        found = list(_latest(rows.filter(before.behind(ACTIVITY, "at")) if before else rows))
    else:
        found = _NEWEST[subject.table](subject.member, *subject.numbers)
    files, mentions = defaultdict(list), defaultdict(list)
    for file in _files([a.pk for a in found]):
        files[file.activity_id].append(file)
    if naming := [a.pk for a in found if "@" in a.text]:
        for pk, name in _mentions(naming):
            mentions[pk].append(name)
    for a in found:
        yield Line(a.at, ICONS[a.kind], activity=a, is_own=may_mend(a, subject.member), files=files[a.pk], mentions=mentions[a.pk])  # fmt: skip


def _latest(rows: QuerySet[Any]) -> QuerySet[Any]:
    rows = rows.happened().select_related("member", "person", "deal").only(*ENTRY)  # type: ignore[attr-defined]
    return rows.order_by("-at", "-pk")[: SHOWN + 1]


@worded
def _files(entries: list[int]) -> QuerySet[Any]:
    return Attachment.objects.filter(AnyOf("activity_id", entries))


@worded
def _mentions(entries: list[int]) -> Any:
    return Mention.objects.filter(AnyOf("activity_id", entries)).values_list("activity_id", "member__name")


def _newest(table: str, member: Member, *numbers: Any) -> QuerySet[Any]:
    return _latest(activities(table, member, *numbers))


_NEWEST = by_table(_newest)


def may_mend(activity: Activity, member: Member) -> bool:
    """Whether a member may edit and delete an entry: their own, and an owner or admin everyone's."""
    return member.may_write and (member.may_administer or activity.member_id in (None, member.pk))


def _of_kind(kind: str) -> Q:
    if kind == "file":
        return Q(kind="file") | Q(Exists(Attachment.objects.filter(activity=OuterRef("pk"))))
    return Q(kind=kind) if kind else Q()


def _changes(subject: Subject, before: Place | None) -> Iterable[Line]:
    if subject.table == "deal":
        found, is_whole = subject.changes, True
    else:
        found = list(_latest_changes(subject.deals, before)) if before else _newest_changes(subject.deals)
        is_whole = before is None and len(found) <= SHOWN
    links = [(c.deal_id, c.link, c.pk, c.changed_at, c.is_dated) for c in found]
    came = _came(links if is_whole else _links(sorted({change.deal_id for change in found})))
    for change in found:
        if before and Place(change.changed_at, CHANGE, change.pk) >= before:
            continue
        last = came.get(change.pk) if change.is_dated else None
        yield Line(change.changed_at, "arrow-right", change=change, days_before=round((change.changed_at - last) / timedelta(days=1)) if last else None)  # fmt: skip


def _latest_changes(deals: list[int], before: Place | None = None) -> QuerySet[Any]:
    rows = StageChange.objects.filter(AnyOf("deal_id", deals), before.behind(CHANGE, "changed_at") if before else Q())
    joined = rows.select_related("from_stage", "to_stage", "changed_by", "deal").only(*LINK, "deal__name")
    return joined.order_by("-changed_at", "-pk")[: SHOWN + 1]


@worded
def _newest_changes(deals: list[int]) -> QuerySet[Any]:
    return _latest_changes(deals)


@worded
def _links(deals: list[int]) -> Any:
    changes = StageChange.objects.filter(AnyOf("deal_id", deals)).order_by()
    return changes.values_list("deal_id", "link", "pk", "changed_at", "is_dated")


def _came(links: Iterable[tuple[int, int, int, datetime, bool]]) -> dict[int, datetime]:
    """When the deal came to the stage that each change left, from all changes of their deals: deal, link, number, moment, whether that is known."""
    found: dict[int, datetime] = {}
    for (deal, _link, _pk, at, is_known), (next_deal, _next, pk, _at, _known) in pairwise(sorted(links)):
        if deal == next_deal and is_known:
            found[pk] = at
    return found


def counted(timeline: Timeline) -> dict[str, int]:
    """The same of a timeline that is all there: nothing more to ask."""
    lines = [line for _day, of_day in timeline.days for line in of_day]
    kinds = Counter("stage" if line.activity is None else line.activity.kind for line in lines)
    files = sum(1 for line in lines if line.activity and (line.activity.kind == "file" or line.files))  # fmt: skip
    return dict.fromkeys(KINDS, 0) | kinds | {"file": files, "all": len(lines)}


def _kinds(table: str, member: Member, *numbers: Any) -> Any:
    rows: QuerySet[Any] = activities(table, member, *numbers).happened()
    return rows.order_by().values_list("kind").annotate(Count("pk"))


def _with_files(table: str, member: Member, *numbers: Any) -> Any:
    rows: QuerySet[Any] = activities(table, member, *numbers).happened().filter(_of_kind("file"))
    return rows.order_by().values_list("workspace_id").annotate(Count("pk"))


@worded
def _stages(deals: list[int]) -> Any:
    return StageChange.objects.filter(AnyOf("deal_id", deals)).order_by().values_list("workspace_id").annotate(Count("pk"))  # fmt: skip


_KINDS, _WITH_FILES = by_table(_kinds), by_table(_with_files)


def counts(subject: Subject) -> dict[str, int]:
    """How many lines of each kind there are, for the filter above them."""
    about = (subject.member, *subject.numbers)
    numbers = dict.fromkeys(KINDS, 0) | dict(_KINDS[subject.table](*about))
    total = sum(numbers.values())
    numbers["file"] = sum(n for _room, n in _WITH_FILES[subject.table](*about))
    numbers["stage"] = len(subject.changes) if subject.table == "deal" else sum(n for _room, n in _stages(subject.deals))  # fmt: skip
    return {**numbers, "all": total + numbers["stage"]}
