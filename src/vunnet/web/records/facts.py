"""The facts of a record as its page lists them: what is known, what is still empty, and the form behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vunnet.deals.models import Deal, Product, Source
from vunnet.lib import phones, rates
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import DayField, MoneyField, currency_field
from vunnet.web.records.forms import company_input, custom_field, one_field
from vunnet.web.records.subject import Subject
from vunnet.web.templatetags import show
from vunnet.workspaces.models import FieldDefinition, Member
from vunnet.workspaces.selecting import own_fields

# Fields a record cannot be without, by table.
NEEDED = {"deal": ("name", "currency"), "company": ("name",), "person": ("name",)}
TEXTS: dict[str, dict[str, tuple[Any, int]]] = {
    "deal": {"name": (gettext_lazy("Name"), 300), "competitor": (gettext_lazy("Competitor"), 300)},
    "company": {
        "name": (gettext_lazy("Name"), 300),
        "company_number": (gettext_lazy("Company number"), 50),
        "domain": (gettext_lazy("Domain"), 200),
        "website": (gettext_lazy("Website"), 300),
        "phone": (gettext_lazy("Phone"), 50),
        "industry": (gettext_lazy("Industry"), 200),
        "city": (gettext_lazy("City"), 200),
        "country": (gettext_lazy("Country"), 200),
    },
    "person": {
        "name": (gettext_lazy("Name"), 400),
        "title": (gettext_lazy("Title"), 200),
        "phone": (gettext_lazy("Phone"), 50),
    },
}


@dataclass(frozen=True)
class Fact:
    """One line: its name in addresses (empty: cannot be changed here), its label, how it reads, where it leads."""

    field: str
    label: str
    text: str
    link: str = ""


def facts_of(request: Request, subject: Subject) -> dict[str, list[Fact]]:
    """Known facts and empty ones, each in the order of the page."""
    own = {"deal": _of_deal, "company": _of_company, "person": _of_person}[subject.table](request, subject.row)
    created = _("Created") if subject.table == "deal" else _("Known since")
    lines = [*own, *_custom(request, subject), Fact("", created, _since(subject))]
    return {"known": [line for line in lines if line.text], "empty": [line for line in lines if not line.text]}


def _since(subject: Subject) -> str:
    is_known = subject.table != "deal" or all(change.is_dated for change in subject.changes if change.link == 1)
    return show.full_day(subject.row.created_at) if is_known else _("day not known")


def _of_deal(request: Request, deal: Deal) -> list[Fact]:
    closed = (
        []
        if deal.is_open
        else [
            Fact("", _("Closed"), show.full_day(deal.closed_at) or _("day not known")),
            Fact("", _("Reason"), _reason(deal)),
        ]
    )
    return [
        *closed,
        Fact("amount", _("Amount"), show.money(deal.money)),
        *_currency(deal),
        Fact("expected_close_on", _("Closes"), show.full_day(deal.expected_close_on)),
        Fact("company", _("Company"), str(deal.company or ""), _company(request, deal.company_id)),
        Fact("owner", _("Owner"), str(deal.owner or "")),
        Fact("product", _("Product"), str(deal.product or "")),
        Fact("origin", _("Source"), str(deal.origin or "")),
        Fact("", _("Pipeline"), deal.pipeline.name),
        Fact("competitor", _("Competitor"), deal.competitor),
    ]


def _currency(deal: Deal) -> list[Fact]:
    """Where there is more than one to count in."""
    known = rates.present().known
    return [Fact("currency", _("Currency"), deal.currency)] if len(known) > 1 or deal.currency not in known else []


def _company(request: Request, company_id: int | None) -> str:
    return address_of("company", request.member.workspace.slug, company_id) if company_id else ""


def _reason(deal: Deal) -> str:
    return ": ".join(part for part in (str(deal.close_reason or ""), deal.close_note) if part)


def _of_company(request: Request, row: Any) -> list[Fact]:
    return [
        Fact("company_number", _("Company number"), row.company_number),
        Fact("domain", _("Domain"), row.domain, web_link(row.domain)),
        Fact("website", _("Website"), row.website, web_link(row.website)),
        Fact("phone", _("Phone"), row.phone, phones.address(row.phone)),
        Fact("industry", _("Industry"), row.industry),
        Fact("city", _("City"), row.city),
        Fact("country", _("Country"), row.country),
        Fact("employees", _("Employees"), show.number(row.employees)),
        Fact("customer_since", _("Customer since"), show.full_day(row.customer_since)),
        Fact("owner", _("Owner"), str(row.owner or "")),
    ]


def _of_person(request: Request, row: Any) -> list[Fact]:
    return [
        Fact("email", _("E-mail"), row.email, f"mailto:{row.email}" if row.email else ""),
        Fact("phone", _("Phone"), row.phone, phones.address(row.phone)),
        Fact("title", _("Title"), row.title),
        Fact("company", _("Company"), str(row.company or ""), _company(request, row.company_id)),
        Fact("owner", _("Owner"), str(row.owner or "")),
    ]


def web_link(text: str) -> str:
    """Where a domain or website leads: http and https only, whatever was typed.

    >>> web_link("fjord.no"), web_link("https://fjord.no/om"), web_link("javascript:alert(1)")
    ('https://fjord.no', 'https://fjord.no/om', '')
    """
    bare = text.strip()
    if bare.lower().startswith(("http://", "https://")):
        return bare
    return f"https://{bare}" if bare and ":" not in bare.split("/")[0] and " " not in bare else ""


def definitions(request: Request, table: str) -> Any:
    return FieldDefinition.objects.visible_to(request.member).filter(table=table, is_archived=False)


def _custom(request: Request, subject: Subject) -> list[Fact]:
    return [
        Fact(f"x_{d.key}", d.label, _custom_words(d, subject.row.custom.get(d.key)))
        for d in own_fields(request.member, subject.table)
        if not d.is_archived
    ]


def _custom_words(definition: FieldDefinition, value: Any) -> str:
    if definition.kind == FieldDefinition.Kind.DATE and value:
        return show.full_day(date.fromisoformat(value))
    return read_custom_value(value)


def read_custom_value(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "" if value is None else str(show.exact(value))


def fact_form(request: Request, subject: Subject, name: str, data: Any = None) -> VunnetForm | None:
    """The form of one fact; None for a name that is not a fact."""
    field = _field(request, subject, name)
    if field is None:
        return None
    return one_field(field, data, _value(subject, name), required=name in NEEDED[subject.table])


def _field(request: Request, subject: Subject, name: str) -> forms.Field | None:
    if name.startswith("x_"):
        definition = definitions(request, subject.table).filter(key=name[2:]).first()
        return custom_field(definition) if definition else None
    if text := TEXTS[subject.table].get(name):
        return forms.CharField(label=text[0], max_length=text[1])
    if subject.table == "deal" and name == "amount":
        return MoneyField(subject.row.currency, may_change=True, label=_("Amount"))
    if subject.table == "deal" and name == "currency":
        return currency_field(subject.row.currency, label=_("Currency"))
    made = _special(request.member).get((subject.table, name)) or _special(request.member).get(("", name))
    return made() if made else None


def _special(by: Member) -> dict[tuple[str, str], Callable[[], forms.Field]]:
    """Inputs that are more than a text; without a table: of every table."""
    members = Member.objects.visible_to(by).filter(is_active=True).order_by("name")
    products = Product.objects.visible_to(by).filter(is_archived=False)
    return {
        ("deal", "expected_close_on"): lambda: DayField(label=_("Expected close")),
        ("deal", "product"): lambda: forms.ModelChoiceField(products, label=_("Product")),
        ("deal", "origin"): lambda: forms.ModelChoiceField(Source.objects.visible_to(by), label=_("Source")),
        ("deal", "company"): lambda: _company_field(),
        ("person", "company"): lambda: _company_field(),
        ("person", "email"): lambda: forms.EmailField(label=_("E-mail")),
        ("company", "employees"): lambda: forms.IntegerField(label=_("Employees"), min_value=0, max_value=10_000_000),
        ("company", "customer_since"): lambda: DayField(label=_("Customer since")),
        ("", "owner"): lambda: forms.ModelChoiceField(members, label=_("Owner")),
    }


def _company_field() -> forms.Field:
    return forms.CharField(label=_("Company"), max_length=300, widget=company_input())


def _value(subject: Subject, field: str) -> Any:
    """What a fact's form begins with."""
    if field.startswith("x_"):
        return show.exact(subject.row.custom.get(field[2:]))
    value = getattr(subject.row, field, None)
    if field == "amount" and value is not None:
        return show.number(value, 0 if value == value.to_integral_value() else 2)
    if field in ("expected_close_on", "customer_since") and value:
        return value.isoformat()
    return value.name if field == "company" and value else value
