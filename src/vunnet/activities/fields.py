"""What may be asked of activities: the allow-list behind their list, export and saved views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.workspaces.fields import Field, Selection, Sort
from vunnet.workspaces.fields import Kind as Holds
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import rows_found
from vunnet.workspaces.selecting import Scope, Table

TODO = Q(done_at__isnull=True, due_at__isnull=False)
STATES = (
    ("todo", _("To do")),
    ("late", _("Late")),
    ("done", _("Done")),
    ("happened", _("Happened")),
    ("all", _("All")),
)


def _state(given: Mapping[str, tuple[Any, ...]], scope: Scope) -> Q:
    now = timezone.now()
    late = TODO & (Q(due_has_time=True, due_at__lt=now) | Q(due_at__lt=_midnight(scope)))
    states = {
        "todo": TODO,
        "late": late,
        "done": Q(done_at__isnull=False),
        "happened": Q(at__isnull=False),
        "all": Q(),
    }
    return states[given["is"][0]]


def _midnight(scope: Scope) -> Any:
    return timezone.now().astimezone(scope.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _found(words: str) -> Q:
    """By the words of its deal or company, or in its own subject."""
    deals = Deal.objects.filter(rows_found(words, "deal", Deal)).values("pk")
    companies = Company.objects.filter(rows_found(words, "company")).values("pk")
    return Q(deal_id__in=deals) | Q(company_id__in=companies) | Q(subject__icontains=words.strip())


def _sort(selection: Selection) -> Sort:
    """What is to be done: the earliest first. What happened: the latest first."""
    todo = selection.value("state", "todo") in ("todo", "late")
    return Sort("due") if todo else Sort("done" if selection.value("state") == "done" else "at", True)


def _columns(selection: Selection) -> tuple[str, ...]:
    when = "due" if selection.value("state", "todo") in ("todo", "late") else "at"
    return ("subject", "kind", "deal", "company", "person", when, "member")


FIELDS = (
    Field("subject", _("Subject"), Holds.TEXT, "subject", edit="subject"),
    Field("kind", _("Kind"), Holds.CHOICE, "kind", choices=tuple(Activity.Kind.choices), is_empty=False, is_group=True),
    Field("state", _("State"), Holds.CHOICE, choices=STATES, where=_state, comparisons={"is": Holds.CHOICE}, is_column=False),
    Field("deal", _("Deal"), Holds.ROW, "deal_id", "deal__name", "deal__name", _("about"), model=Deal, is_many=True),
    Field("company", _("Company"), Holds.ROW, "company_id", "company__name", "company__name", _("with"), model=Company, is_many=True, is_group=True),
    Field("person", _("Person"), Holds.ROW, "person_id", "person__name", "person__name", _("with"), model=Person, is_many=True),
    Field("at", _("When"), Holds.MOMENT, "at", is_group=True),
    Field("due", _("Due"), Holds.MOMENT, "due_at", edit="due_at", is_group=True),
    Field("done", _("Done on"), Holds.MOMENT, "done_at", is_group=True),
    Field("member", _("Who"), Holds.ROW, "member_id", "member__name", "member__name", _("of"), model=Member, edit="member", is_group=True),
    Field("body", _("Text"), Holds.TEXT, "body"),
    Field("minutes", _("Minutes"), Holds.NUMBER, "minutes"),
    Field("created", _("Entered"), Holds.MOMENT, "created_at", is_empty=False, is_group=True),
)  # fmt: skip

ACTIVITIES = Table(
    "activities",
    Activity,
    _("Activities"),
    FIELDS,
    _found,
    _columns,
    _sort,
    title="subject",
    defaults={"state": "todo"},
)
