"""The facts of a deal as its page lists them: what is known, and what is still empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from vunnet.deals.models import Deal
from vunnet.web.asking import Request
from vunnet.web.templatetags import show
from vunnet.workspaces.models import FieldDefinition


@dataclass(frozen=True)
class Fact:
    """One line: its name in addresses (empty: cannot be changed here), its label and how it reads."""

    field: str
    label: str
    text: str
    link: str = ""


def value_shown(deal: Deal, field: str) -> Any:
    """What a fact's form begins with."""
    if field.startswith("x_"):
        return deal.custom.get(field[2:])
    value = getattr(deal, field, None)
    if field == "amount" and value is not None:
        return show.number(value, 0 if value == value.to_integral_value() else 2)
    if field == "expected_close_on" and value:
        return value.isoformat()
    return value.name if field == "company" and value else value


def facts(request: Request, deal: Deal) -> dict[str, list[Fact]]:
    """Known facts and empty ones, each in the order of the page."""
    lines = [*_own(request, deal), *_custom(request, deal), Fact("", _("Created"), show.full_day(deal.created_at))]
    return {"known": [line for line in lines if line.text], "empty": [line for line in lines if not line.text]}


def _own(request: Request, deal: Deal) -> list[Fact]:
    company = reverse("company", args=[request.member.workspace.slug, deal.company_id]) if deal.company_id else ""
    closed = (
        []
        if deal.is_open
        else [Fact("", _("Closed"), show.full_day(deal.closed_at)), Fact("", _("Reason"), _reason(deal))]
    )
    return [
        *closed,
        Fact("amount", _("Amount"), show.money(deal.money)),
        Fact("expected_close_on", _("Closes"), show.full_day(deal.expected_close_on)),
        Fact("company", _("Company"), str(deal.company or ""), company),
        Fact("owner", _("Owner"), str(deal.owner or "")),
        Fact("product", _("Product"), str(deal.product or "")),
        Fact("origin", _("Source"), str(deal.origin or "")),
        Fact("", _("Pipeline"), deal.pipeline.name),
        Fact("competitor", _("Rival"), deal.competitor),
    ]


def _reason(deal: Deal) -> str:
    return ": ".join(part for part in (str(deal.close_reason or ""), deal.close_note) if part)


def _custom(request: Request, deal: Deal) -> list[Fact]:
    definitions = FieldDefinition.objects.visible_to(request.member).filter(table="deal", is_archived=False)
    return [Fact(f"x_{d.key}", d.label, _read(d, deal.custom.get(d.key))) for d in definitions]


def _read(definition: FieldDefinition, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "" if value is None else str(value)
