"""What a record page is about: a deal, a company or a person, and what the three have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, DealPerson
from vunnet.web.asking import Request, number
from vunnet.workspaces.models import Member

TABLES: dict[str, Any] = {"deal": Deal, "company": Company, "person": Person}
FOLDERS = {"deal": "deals", "company": "companies", "person": "people"}
JOINED = {
    "deal": ("company", "owner", "stage", "pipeline", "product", "origin", "close_reason"),
    "company": ("owner",),
    "person": ("owner", "company"),
}
# So many deals and people of one company are looked through; no page shows more.
MOST = 1000


@dataclass(frozen=True)
class Subject:
    """One record and whoever looks at it. `table` is deal, company or person."""

    table: str
    row: Any
    member: Member

    @property
    def name(self) -> str:
        return str(self.row)

    @property
    def section(self) -> str:
        return FOLDERS[self.table]

    @property
    def list_address(self) -> str:
        return reverse(FOLDERS[self.table], args=[self.member.workspace.slug])

    @property
    def address(self) -> str:
        return self.to()

    def to(self, name: str = "", *parts: Any) -> str:
        """The address of the record's page, or of something done with it."""
        return reverse(
            f"{name}_{self.table}" if name else self.table, args=[self.member.workspace.slug, self.row.pk, *parts]
        )

    @cached_property
    def deals(self) -> list[int]:
        """Numbers of the deals that belong to it, of those the member sees."""
        if self.table == "deal":
            return [self.row.pk]
        seen = Deal.objects.visible_to(self.member)
        mine = seen.filter(company=self.row) if self.table == "company" else seen.filter(pk__in=self._parts())
        return list(mine.order_by("-pk").values_list("pk", flat=True)[:MOST])

    def _parts(self) -> Any:
        return DealPerson.objects.filter(person=self.row).values("deal")

    @cached_property
    def people(self) -> list[int]:
        """Numbers of a company's people, of those the member sees."""
        seen = Person.objects.visible_to(self.member).filter(company=self.row)
        return list(seen.order_by("-pk").values_list("pk", flat=True)[:MOST]) if self.table == "company" else []

    def activities(self) -> QuerySet[Activity]:
        """What happened with it and is planned for it: of a company also with its deals and people."""
        about = Q(**{self.table: self.row})
        if self.table == "company":
            about |= Q(deal__in=self.deals) | Q(person__in=self.people)
        return Activity.objects.visible_to(self.member).filter(about)

    def steps(self) -> QuerySet[Activity]:
        """What is planned, soonest first."""
        about = Q(**{self.table: self.row}) | Q(deal__in=self.deals)
        if self.table == "company":
            about |= Q(person__in=self.people)
        planned = Activity.objects.visible_to(self.member).planned().filter(about)
        return planned.select_related("member", "deal", "person").order_by("due_at", "pk")

    def belongs(self) -> dict[str, Any]:
        """What an activity written here is about."""
        company = self.row.company if self.table == "person" else None
        return {self.table: self.row} | ({"company": company} if company else {})


def find_subject(request: Request, table: str, pk: int | str | None) -> Subject:
    """A record the member may see, else the 404 of a missing one."""
    rows = TABLES[table].objects.visible_to(request.member).select_related(*JOINED[table])
    row = rows.filter(pk=number(pk)).first()
    if row is None:
        raise Http404
    return Subject(table, row, request.member)


def subject_of(request: Request, table: str, numbers: dict[str, int]) -> Subject:
    """The record an address names: its table stands in the address, its number beside it."""
    return find_subject(request, table, numbers[f"{table}_id"])


def subject_of_activity(request: Request, activity: Activity) -> Subject | None:
    """The record an activity is read on: its deal, else its company, else its person."""
    for table in ("deal", "company", "person"):
        if pk := getattr(activity, f"{table}_id"):
            return find_subject(request, table, pk)
    return None


def choices(values: Sequence[str], wanted: str) -> str:
    """One of the values, else a page that does not exist."""
    if wanted not in values:
        raise Http404
    return wanted
