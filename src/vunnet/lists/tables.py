"""The tables that have lists, by their name in addresses, each with its whole allow-list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.activities.fields import ACTIVITIES
from vunnet.activities.models import Activity
from vunnet.contacts.fields import COMPANIES, PEOPLE
from vunnet.deals.fields import DEALS
from vunnet.deals.models import Deal, Kind
from vunnet.workspaces.fields import Field
from vunnet.workspaces.fields import Kind as Holds
from vunnet.workspaces.models import Member
from vunnet.workspaces.selecting import Scope, Table

STEPS = (
    ("late", _("late")),
    ("today", _("due today")),
    ("set", _("planned")),
    ("none", _("missing")),
)


def _step(given: Mapping[str, tuple[Any, ...]], scope: Scope) -> Q:
    """How the next step stands, by the asker's days."""
    planned = Activity.objects.filter(deal=OuterRef("pk")).planned()
    today = timezone.now().astimezone(scope.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    due_before = {"late": today, "today": today + timedelta(days=1)}
    where = Q(pk__in=[])
    for value in given.get("is", ()):
        if value == "none":
            where |= ~Q(Exists(planned))
        elif value == "set":
            where |= Q(Exists(planned)) & ~Q(Exists(planned.filter(due_at__lt=due_before["today"])))
        elif value == "late":
            where |= Q(Exists(planned.filter(due_at__lt=today)))
        else:
            first = planned.filter(due_at__gte=today, due_at__lt=due_before["today"])
            where |= Q(Exists(first)) & ~Q(Exists(planned.filter(due_at__lt=today)))
    return where


STEP = Field(
    "step", _("Next step"), Holds.CHOICE, choices=STEPS, where=_step, comparisons={"is": Holds.CHOICE}, is_empty=False
)


def counted(name: str, by: Member) -> Any:
    """How many deals a member sees of a company, open or won: a column, counted for the rows of a page only."""
    deals = Deal.objects.visible_to(by).filter(company=OuterRef("pk"), stage__kind=COUNTED[name])
    numbers = deals.order_by().values("company").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


COUNTS = (
    Field("open_deals", _("Open deals"), Holds.NUMBER, comparisons={}, is_offered=False),
    Field("won_deals", _("Won deals"), Holds.NUMBER, comparisons={}, is_offered=False),
)
COUNTED = {"open_deals": Kind.OPEN, "won_deals": Kind.WON}

_deals = replace(DEALS, fields=(*DEALS.fields, STEP))
_companies = replace(
    COMPANIES,
    fields=(*COMPANIES.fields, *COUNTS),
    columns=lambda selection: ("name", "domain", "city", "phone", "open_deals", "won_deals"),
)
TABLES: dict[str, Table] = {table.name: table for table in (_deals, _companies, PEOPLE, ACTIVITIES)}
