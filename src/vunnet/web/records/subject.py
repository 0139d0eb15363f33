"""What a record page is about: a deal, a company or a person, and what the three have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, DealPerson, StageChange
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, number
from vunnet.workspaces.models import Member
from vunnet.workspaces.worded import AnyOf, Worded, worded

TABLES: dict[str, Any] = {"deal": Deal, "company": Company, "person": Person}
FOLDERS = {"deal": "deals", "company": "companies", "person": "people"}
JOINED = {
    "deal": ("company", "owner", "stage", "pipeline", "product", "origin", "close_reason"),
    "company": ("owner",),
    "person": ("owner", "company"),
}
# So many deals and people of one company are looked through; no page shows more.
MOST = 1000
# What is shown of one change of a deal's stage.
LINK = (
    *("deal", "link", "from_stage", "to_stage", "changed_at", "is_dated", "recorded_at", "changed_by"),
    *("from_stage__name", "to_stage__name", "to_stage__merged_into", "changed_by__name"),
)
# And so many planned steps are shown.
STEPS = 20


def by_table(word: Callable[..., QuerySet[Any]]) -> dict[str, Worded[..., Any]]:
    """A question that is asked of deals, companies and people, from the function that words it for a table."""
    return {table: Worded(partial(word, table)) for table in TABLES}


def activities(table: str, member: Member, pk: int, deals: Sequence[int] = (), people: Sequence[int] = ()) -> Any:
    """Activities about a record, and about deals and people that belong to it."""
    about = Q(**{f"{table}_id": pk})
    for column, numbers in (("deal_id", deals), ("person_id", people)):
        about |= Q(AnyOf(column, numbers)) if isinstance(numbers, list) else Q()
    return Activity.objects.visible_to(member).filter(about)


def _steps(table: str, member: Member, *numbers: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = activities(table, member, *numbers).planned()
    return rows.select_related("member", "deal", "person").order_by("due_at", "pk")[:STEPS]


def _row(table: str, member: Member, pk: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = TABLES[table].objects.visible_to(member)
    return rows.select_related(*JOINED[table]).filter(pk=pk)


@worded
def _deals_of_company(member: Member, pk: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = Deal.objects.visible_to(member)
    return rows.filter(company_id=pk).order_by("-pk").values_list("pk", flat=True)[:MOST]


@worded
def _deals_of_person(member: Member, pk: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = Deal.objects.visible_to(member)
    parts = DealPerson.objects.filter(person_id=pk).values("deal")
    return rows.filter(pk__in=parts).order_by("-pk").values_list("pk", flat=True)[:MOST]


@worded
def _people_of_company(member: Member, pk: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = Person.objects.visible_to(member)
    return rows.filter(company_id=pk).order_by("-pk").values_list("pk", flat=True)[:MOST]


@worded
def _changes(deal_id: int) -> QuerySet[Any]:
    rows = StageChange.objects.filter(deal_id=deal_id)
    joined = rows.select_related("from_stage", "to_stage", "changed_by").only(*LINK)
    return joined.order_by("link")


_ROW, _STEPS = by_table(_row), by_table(_steps)


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
        return address_of(FOLDERS[self.table], self.member.workspace.slug)

    @property
    def address(self) -> str:
        return self.to()

    def to(self, name: str = "", *parts: Any) -> str:
        """The address of the record's page, or of something done with it."""
        return address_of(
            f"{name}_{self.table}" if name else self.table, self.member.workspace.slug, self.row.pk, *parts
        )

    @cached_property
    def deals(self) -> list[int]:
        """Numbers of the deals that belong to it, of those the member sees."""
        if self.table == "deal":
            return [self.row.pk]
        return (_deals_of_company if self.table == "company" else _deals_of_person)(self.member, self.row.pk)

    @cached_property
    def changes(self) -> list[StageChange]:
        """A deal's way through its pipeline, from its opening on: one question for path, timeline, undo and the filter's count."""
        return _changes(self.row.pk)

    @cached_property
    def people(self) -> list[int]:
        """Numbers of a company's people, of those the member sees."""
        return _people_of_company(self.member, self.row.pk) if self.table == "company" else []

    @property
    def numbers(self) -> tuple[Any, ...]:
        """What its activities are found by: its own number; of a company also its deals' and its people's."""
        return (self.row.pk, self.deals, self.people) if self.table == "company" else (self.row.pk,)

    def activities(self) -> QuerySet[Activity]:
        """What happened with it and is planned for it: of a company also with its deals and people."""
        rows: QuerySet[Activity] = activities(self.table, self.member, *self.numbers)
        return rows

    def steps(self) -> list[Activity]:
        """What is planned, soonest first; of a person also for their deals."""
        numbers = (self.row.pk, self.deals) if self.table == "person" else self.numbers
        return _STEPS[self.table](self.member, *numbers)

    def belongs(self) -> dict[str, Any]:
        """What an activity written here is about."""
        company = self.row.company if self.table == "person" else None
        return {self.table: self.row} | ({"company": company} if company else {})


def find_subject(request: Request, table: str, pk: int | str | None) -> Subject:
    """A record the member may see, else the 404 of a missing one."""
    rows = _ROW[table](request.member, number(pk))
    if not rows:
        raise Http404
    return Subject(table, rows[0], request.member)


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
