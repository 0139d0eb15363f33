"""The input of one field, for a cell or for many rows at once, and the value it gives: as the row's column keeps it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.rules import all_day
from vunnet.contacts.actions import add_company
from vunnet.contacts.models import Company
from vunnet.deals.models import Kind as StageKind
from vunnet.deals.models import Stage
from vunnet.web.asking import Request
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import AmountField, DayField, MoneyField, currency_field
from vunnet.web.records.forms import company_input
from vunnet.web.templatetags import show
from vunnet.workspaces.fields import Field, Kind
from vunnet.workspaces.models import Member


def value_form(request: Request, said: Field, data: Any = None, initial: Any = None, stage: Stage | None = None, currency: str | None = None) -> VunnetForm:  # fmt: skip
    """A form of one input. `currency`: what an amount counts in; None for rows that each have their own."""
    made: type[VunnetForm] = type("ValueForm", (VunnetForm,), {"value": _input(request, said, stage, currency)})
    form = made(data, initial={"value": initial})
    form.fields["value"].required = said.name in ("name", "subject", "stage", "currency")
    return form


def _input(request: Request, said: Field, stage: Stage | None, currency: str | None) -> forms.Field:
    if said.kind == Kind.ROW and not said.is_custom:
        return _of_rows(request, said, stage)
    if said.kind == Kind.CHOICE:
        return forms.ChoiceField(label=said.label, choices=[("", ""), *said.choices])
    if said.kind == Kind.YES_NO:
        return forms.ChoiceField(label=said.label, choices=[("", ""), ("yes", _("Yes")), ("no", _("No"))])
    if said.kind in (Kind.DAY, Kind.MOMENT):
        return DayField(label=said.label)
    if said.name == "currency":
        return currency_field(currency or "", label=said.label)
    if said.kind == Kind.AMOUNT and not said.is_custom:
        return MoneyField(currency, label=said.label)
    if said.kind == Kind.AMOUNT or (said.kind == Kind.NUMBER and said.is_custom):
        return AmountField(label=said.label)
    if said.kind == Kind.NUMBER and not said.is_custom:
        return forms.IntegerField(label=said.label, min_value=0, max_value=10_000_000)
    if said.name == "email":
        return forms.EmailField(label=said.label)
    return forms.CharField(label=said.label, max_length=2000 if said.is_custom else 300)


def _of_rows(request: Request, said: Field, stage: Stage | None) -> forms.Field:
    if said.model is Company:
        return forms.CharField(label=said.label, max_length=300, widget=company_input())
    rows = said.model.objects.visible_to(request.member)
    if said.model is Member:
        rows = rows.filter(is_active=True).order_by("name")
    elif said.model is Stage:
        rows = rows.filter(is_archived=False, kind=StageKind.OPEN).order_by("pipeline__position", "position")
        rows = rows.filter(pipeline=stage.pipeline_id) if stage else rows
    elif any(f.name == "is_archived" for f in said.model._meta.fields):
        rows = rows.filter(is_archived=False)
    return forms.ModelChoiceField(rows, label=said.label)


def shown_first(said: Field, row: Any) -> Any:
    """What an input begins with, from a row."""
    if said.is_custom:
        value = row.custom.get(said.key)
        return ("yes" if value else "no") if isinstance(value, bool) else show.exact(value)
    if said.kind == Kind.ROW:
        related = getattr(row, said.path.removesuffix("_id"))
        return related.name if said.model is Company and related else related
    value = getattr(row, said.path)
    if said.kind == Kind.AMOUNT and value is not None:
        return show.number(value, 0 if value == value.to_integral_value() else 2)
    if isinstance(value, datetime):
        return timezone.localtime(value).date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def column_value(request: Request, said: Field, cleaned: Any) -> Any:
    """The form's answer as the column keeps it. A company nobody knows is added."""
    if said.kind == Kind.ROW and not said.is_custom:
        found = _company(request, cleaned) if said.model is Company else cleaned
        return found.pk if found else None
    if said.is_custom:
        if isinstance(cleaned, date):
            return cleaned.isoformat()
        return None if cleaned in ("", None) else read_plain(cleaned)
    if said.kind == Kind.MOMENT and isinstance(cleaned, date):
        return all_day(cleaned)
    return "" if said.kind == Kind.TEXT and cleaned is None else cleaned


def read_plain(cleaned: Any) -> Any:
    """As JSON keeps it: a whole number without decimals."""
    if not isinstance(cleaned, Decimal):
        return cleaned
    return int(cleaned) if cleaned == cleaned.to_integral_value() else float(cleaned)


def _company(request: Request, name: str) -> Company | None:
    name = name.strip()
    if not name:
        return None
    known: Company | None = Company.objects.visible_to(request.member).filter(name__iexact=name).first()
    return known or add_company(request.member, request.member.workspace, name)


def words_of(said: Field, cleaned: Any) -> str:
    """The form's answer as one reads it."""
    if cleaned in ("", None):
        return _("empty")
    if said.kind == Kind.YES_NO:
        return _("Yes") if cleaned == "yes" else _("No")
    if isinstance(cleaned, date):
        return show.full_day(cleaned)
    return show.number(cleaned) if said.kind in (Kind.AMOUNT, Kind.NUMBER) and not isinstance(cleaned, str) else str(cleaned)  # fmt: skip
