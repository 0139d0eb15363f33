"""A selection as a sentence: each condition in words, with what lifts or changes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vunnet.web.addresses import address_of
from vunnet.web.lists.asked import Asked
from vunnet.web.templatetags import show
from vunnet.workspaces.fields import ME, NONE, Condition, Field, Kind

PERIODS = {
    "today": gettext_lazy("today"), "yesterday": gettext_lazy("yesterday"), "tomorrow": gettext_lazy("tomorrow"),
    "this_week": gettext_lazy("this week"), "last_week": gettext_lazy("last week"), "next_week": gettext_lazy("next week"),
    "this_month": gettext_lazy("this month"), "last_month": gettext_lazy("last month"), "next_month": gettext_lazy("next month"),
    "this_quarter": gettext_lazy("this quarter"), "last_quarter": gettext_lazy("last quarter"), "next_quarter": gettext_lazy("next quarter"),
    "this_year": gettext_lazy("this year"), "last_year": gettext_lazy("last year"),
    "last_7_days": gettext_lazy("in the last 7 days"), "last_30_days": gettext_lazy("in the last 30 days"),
    "last_90_days": gettext_lazy("in the last 90 days"), "last_365_days": gettext_lazy("in the last 365 days"),
    "next_7_days": gettext_lazy("in the next 7 days"), "next_30_days": gettext_lazy("in the next 30 days"),
    "next_90_days": gettext_lazy("in the next 90 days"), "past": gettext_lazy("in the past"), "future": gettext_lazy("in the future"),
}  # fmt: skip
WORDS = {
    "is": gettext_lazy("%(field)s is %(value)s"),
    "not": gettext_lazy("%(field)s is not %(value)s"),
    "has": gettext_lazy("%(field)s contains %(value)s"),
    "hasnt": gettext_lazy("%(field)s does not contain %(value)s"),
    "from": gettext_lazy("%(field)s from %(value)s"),
    "to": gettext_lazy("%(field)s up to %(value)s"),
    "over": gettext_lazy("%(field)s over %(value)s"),
    "under": gettext_lazy("%(field)s under %(value)s"),
    "in": gettext_lazy("%(field)s is %(value)s"),
}
DAY_WORDS = {"to": gettext_lazy("%(field)s by %(value)s")}


@dataclass(frozen=True)
class Said:
    """One condition in words. `change`: where its choices are; `without`: the list with it lifted."""

    name: str
    lead: str
    words: str
    change: str
    without: str


def said(asked: Asked, hidden: Iterable[str] = ()) -> list[Said]:
    """Every condition but those on hidden fields, one phrase a field."""
    names = dict.fromkeys(c.field for c in asked.selection.conditions if c.field not in hidden)
    named = names_of(asked, [c for c in asked.selection.conditions if c.field in names])
    return [_said(asked, asked.fields.get(name), named) for name in names]


def _said(asked: Asked, field: Field, named: dict[tuple[str, str], str]) -> Said:
    conditions = [c for c in asked.selection.conditions if c.field == field.name]
    only = conditions[0] if len(conditions) == 1 and conditions[0].comparison == "is" else None
    lead = str(field.lead) if only and field.lead else ""
    phrases = [_values(field, only, named)] if only and lead else [_phrase(field, c, named) for c in conditions]
    return Said(
        field.name,
        lead,
        _(" and ").join(phrases),
        condition_address(asked, field.name),
        asked.address(asked.selection.without(field.name)),
    )


def condition_address(asked: Asked, name: str = "") -> str:
    """Where a condition is chosen: the list's whole address goes along."""
    address = address_of("list_condition", asked.request.member.workspace.slug, asked.table.name)
    own = {"for": name, "on": asked.request.resolver_match.url_name if asked.request.resolver_match else ""}
    return f"{address}?{urlencode([*asked.pairs, *((n, v) for n, v in own.items() if v)])}"


def _phrase(field: Field, condition: Condition, named: dict[tuple[str, str], str]) -> str:
    label = str(field.label)
    if condition.comparison == "empty":
        empty = condition.values[0] == "yes"
        return (_("%(field)s is empty") if empty else _("%(field)s is known")) % {"field": label}
    if field.kind == Kind.YES_NO:
        yes = condition.values[0] == "yes"
        return label if yes else _("not %(field)s") % {"field": label}
    days = field.kind in (Kind.DAY, Kind.MOMENT)
    words = (DAY_WORDS if days else {}).get(condition.comparison) or WORDS[condition.comparison]
    return str(words) % {"field": label, "value": _values(field, condition, named)}


def _values(field: Field, condition: Condition, named: dict[tuple[str, str], str]) -> str:
    return _(" or ").join(_value(field, condition, value, named) for value in condition.values)


def _value(field: Field, condition: Condition, value: str, named: dict[tuple[str, str], str]) -> str:
    means = field.means[condition.comparison]
    if means == "period":
        return str(PERIODS[value])
    if means == Kind.DAY:
        return show.full_day(date.fromisoformat(value))
    if means == Kind.CHOICE:
        return str(dict(field.choices).get(value, value))
    if means == Kind.ROW:
        return named.get((field.name, value), value)
    if means == Kind.NUMBER:
        return show.quantity(Decimal(value))
    return value if means == "count" else f"“{value}”"


def names_of(asked: Asked, conditions: Iterable[Condition]) -> dict[tuple[str, str], str]:
    """What the rows that conditions point at are called: one query a table, none where nothing points."""
    found: dict[tuple[str, str], str] = {}
    wanted: dict[Any, dict[str, set[str]]] = {}
    for condition in conditions:
        field = asked.fields.get(condition.field)
        if field.means[condition.comparison] != Kind.ROW:
            continue
        for value in condition.values:
            if value in (NONE, ME):
                found[(field.name, value)] = _("nobody") if value == NONE and field.name in ("owner", "member") else (
                    _("me") if value == ME else _("none")
                )  # fmt: skip
            else:
                wanted.setdefault(field.model, {}).setdefault(field.name, set()).add(value)
    for model, fields in wanted.items():
        numbers = {int(value) for values in fields.values() for value in values}
        rows = {str(row.pk): str(row) for row in model.objects.visible_to(asked.request.member).filter(pk__in=numbers)}
        found |= {(name, value): rows.get(value, "?") for name, values in fields.items() for value in values}
    return found
