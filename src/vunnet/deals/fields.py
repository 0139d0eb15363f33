"""What may be asked of deals: the one allow-list behind list, board, export, saved views and links from figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.contacts.models import Company
from vunnet.deals.models import (
    Deal,
    DealTag,
    Kind,
    Pipeline,
    Product,
    Reason,
    Source,
    Stage,
    StageChange,
    not_closed_on_a_known_day,
    not_opened_on_a_known_day,
)
from vunnet.workspaces.fields import Field, Selection, Sort
from vunnet.workspaces.fields import Kind as Holds
from vunnet.workspaces.models import Member, Tag, Team
from vunnet.workspaces.search import rows_found
from vunnet.workspaces.selecting import Scope, Table, between, linked, period

Given = Mapping[str, tuple[Any, ...]]
BACK = timedelta(days=730)
STATES = (
    ("open", _("Open")),
    ("won", _("Won")),
    ("lost", _("Lost")),
    ("cancelled", _("Cancelled")),
    ("closed", _("Won and lost")),
    ("all", _("All")),
)
CUSTOMERS = (
    ("existing", _("existing customers")),
    ("won_back", _("customers won back")),
    ("first", _("first-time customers")),
    ("unknown", _("customers nobody knows to be old or new")),
)


def _state(given: Given, scope: Scope) -> Q:
    state = given["is"][0]
    if state == "all":
        return Q()
    if state == "closed":
        return Q(stage__kind__in=[Kind.WON, Kind.LOST])
    return Q(stage__kind=state)


def _with_merged(stages: tuple[Any, ...]) -> Any:
    """The stages and those merged into them: a merged stage's past counts as the other's, here as in every figure."""
    numbers = [stage for stage in stages if isinstance(stage, int)]
    return Stage.objects.filter(Q(pk__in=numbers) | Q(merged_into__in=numbers)).values("pk")


def _last_stage(given: Given, scope: Scope) -> Q:
    """The last link of a closed deal says the stage it was closed from; an earlier one may have been reopened."""
    ends = StageChange.objects.filter(from_stage__in=_with_merged(given["is"]), changed_at=OuterRef("stage_entered_at"))
    return Q(Exists(ends.filter(deal=OuterRef("pk"), to_stage=OuterRef("stage"))))


def _passed(given: Given, scope: Scope) -> Q:
    """Stages passed, by first entry. Of a deal that closed nobody knows when, nobody knows when it was anywhere."""
    if "is" not in given:
        return Q()
    undated = StageChange.objects.filter(is_dated=False, link__gt=1)
    entries = (
        StageChange.objects.filter(to_stage__in=_with_merged(given["is"]))
        .exclude(deal__in=undated.values("deal"))
        .values("deal")
        .annotate(first=Min("changed_at"))
    )
    days = between("first", *period(given).moments(scope.zone))
    return Q(pk__in=entries.filter(days).values("deal"))


def _within(given: Given, scope: Scope) -> Q:
    """Days from opening to closing: by so many, or over."""
    found = Q(closed_at__isnull=False) & ~not_opened_on_a_known_day()
    for how in ("is", "over"):
        if how in given:
            by_then = Q(closed_at__lte=F("created_at") + timedelta(days=min(given[how][0], 9_999)))
            found &= by_then if how == "is" else ~by_then
    return found


def _customer(given: Given, scope: Scope) -> Q:
    """As analysis decides it: from the company's wins before this deal was opened, else from when it first bought."""
    wins = Deal.objects.present().filter(
        company=OuterRef("company"), stage__kind=Kind.WON, closed_at__lt=OuterRef("created_at")
    )
    lately = Exists(wins.filter(closed_at__gte=OuterRef("created_at") - BACK))
    covered = Exists(Deal.objects.present().filter(closed_at__lte=OuterRef("created_at") - BACK))
    bought = Q(company__customer_since__lt=TruncDate("created_at"))
    left = Q(covered) & Q(company__customer_since__lt=TruncDate(F("created_at") - BACK))
    first = Q(company__customer_since=None) | Q(company__customer_since__gte=TruncDate("created_at"))
    unseen, is_known = ~Q(Exists(wins)), Q(company__isnull=False) & ~not_opened_on_a_known_day()
    if given["is"][0] == "unknown":
        return ~is_known
    found = {
        "existing": Q(lately) | (unseen & bought & ~left),
        "won_back": (Q(Exists(wins)) & ~Q(lately)) | (unseen & left),
        "first": unseen & first,
    }
    return is_known & found[given["is"][0]]


def _stale(given: Given, scope: Scope) -> Q:
    """Longer in its stage than 95 of 100 deals stayed there."""
    quiet, now = Q(pk__in=[]), timezone.now()
    for stage, days in scope.stale_after().items():
        quiet |= Q(stage=stage, stage_entered_at__lt=now - timedelta(days=days))
    return quiet if given["is"][0] else ~quiet


def _found(words: str) -> Q:
    """By the deal's own words or its company's."""
    return rows_found(words, "deal", Deal)


def _columns(selection: Selection) -> tuple[str, ...]:
    if selection.value("state", "open") in ("open", "all"):
        return ("company", "name", "stage", "amount", "mates", "closes", "step", "entered")
    return ("company", "name", "stage", "amount", "mates", "closed", "reason", "created")


FIELDS = (
    Field("name", _("Deal"), Holds.TEXT, "name", edit="name", is_empty=False),
    Field("company", _("Company"), Holds.ROW, "company_id", "company__name", "company__name", _("with"), model=Company, edit="company", is_many=True, is_group=True),
    Field("state", _("State"), Holds.CHOICE, sort="", choices=STATES, where=_state, comparisons={"is": Holds.CHOICE}, is_column=False),
    Field("pipeline", _("Pipeline"), Holds.ROW, "pipeline_id", "pipeline__name", "pipeline__position", _("in"), model=Pipeline, is_empty=False, is_group=True),
    Field("stage", _("Stage"), Holds.ROW, "stage_id", "stage__name", "stage__position", _("standing in"), model=Stage, is_empty=False, is_group=True, edit="stage"),
    Field("owner", _("Owner"), Holds.ROW, "owner_id", "owner__name", "owner__name", _("owned by"), model=Member, edit="owner", is_group=True),
    Field("team", _("Team"), Holds.ROW, "owner__team_id", "owner__team__name", "owner__team__name", _("in"), model=Team, is_group=True),
    Field("amount", _("Amount"), Holds.AMOUNT, "amount", edit="amount"),
    Field("currency", _("Currency"), Holds.TEXT, "currency", is_empty=False, is_group=True, edit="currency"),
    Field("product", _("Product"), Holds.ROW, "product_id", "product__name", "product__name", _("for"), model=Product, edit="product", is_group=True),
    Field("origin", _("Source"), Holds.ROW, "origin_id", "origin__name", "origin__name", _("from"), model=Source, edit="origin", is_group=True),
    Field("closes", _("Expected close"), Holds.DAY, "expected_close_on", edit="expected_close_on", is_group=True),
    Field("closed", _("Closed"), Holds.MOMENT, "closed_at", is_group=True),
    Field("created", _("Opened"), Holds.MOMENT, "created_at", is_empty=False, is_group=True, unknown=not_opened_on_a_known_day),
    Field("entered", _("In stage"), Holds.MOMENT, "stage_entered_at", unknown=not_closed_on_a_known_day),
    Field("reason", _("Reason"), Holds.ROW, "close_reason_id", "close_reason__name", "close_reason__name", _("because of"), model=Reason, is_group=True),
    Field("competitor", _("Competitor"), Holds.TEXT, "competitor", edit="competitor", is_group=True),
    Field("tags", _("Tags"), Holds.TAGS, model=Tag, lead=_("tagged"), where=linked(DealTag, "deal")),
    Field("stale", _("Gone quiet"), Holds.YES_NO, where=_stale, comparisons={"is": Holds.YES_NO}, is_column=False),
    Field("mates", _("Team on it"), Holds.TEXT, comparisons={}, is_offered=False),
    Field("passed", _("Reached"), Holds.ROW, model=Stage, where=_passed, comparisons={"is": Holds.ROW, "from": Holds.DAY, "to": Holds.DAY}, is_column=False, is_offered=False),
    Field("last_stage", _("Closed from"), Holds.ROW, model=Stage, where=_last_stage, comparisons={"is": Holds.ROW}, is_column=False, is_offered=False),
    Field("within", _("Days until closing"), Holds.NUMBER, where=_within, comparisons={"is": "count", "over": "count"}, is_column=False, is_offered=False),
    Field("customer", _("Customer"), Holds.CHOICE, choices=CUSTOMERS, where=_customer, comparisons={"is": Holds.CHOICE}, is_column=False),
)  # fmt: skip

# How links said it before comparisons had names of their own; kept reports and bookmarks still do.
ALIASES = {f"{name}_{side}": f"{name}.{side}" for name in ("closes", "closed", "created", "passed", "amount") for side in ("from", "to")} | {
    "amount_over": "amount.over"
}  # fmt: skip

DEALS = Table(
    "deals",
    Deal,
    _("Deals"),
    FIELDS,
    _found,
    _columns,
    lambda selection: Sort("created", True),
    custom="deal",
    defaults={"state": "open"},
    aliases=ALIASES,
)
