"""Who changed what and when, as the journal tells it: of a record, or of one of its fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Product, Reason, Source, Stage
from vunnet.journal.models import Entry
from vunnet.web.asking import Request
from vunnet.web.records.facts import definitions, read_custom_value
from vunnet.web.records.subject import Subject
from vunnet.web.templatetags import show
from vunnet.workspaces.models import Member, Tag

SHOWN = 50
NAMED: dict[str, Any] = {
    "company": Company,
    "owner": Member,
    "product": Product,
    "origin": Source,
    "stage": Stage,
    "close_reason": Reason,
    "reason": Reason,
    "person": Person,
    "tag": Tag,
    "merged": None,
}
DAYS = ("expected_close_on", "customer_since")


@dataclass(frozen=True)
class Change:
    """One field's old and new value, in words; None where only the other one is told."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Told:
    """One journal entry: when, who, what in words, and the values it changed."""

    at: datetime
    who: str
    said: str
    changes: list[Change]


def page(request: Request, subject: Subject, field: str) -> dict[str, Any]:
    """The entries, newest first, and where the next page begins."""
    before = request.GET.get("before", "")
    entries = Entry.objects.filter(
        workspace_id=subject.row.workspace_id, table=subject.row._meta.db_table, row_id=subject.row.pk
    )
    entries = entries.filter(_of_field(field)) if field else entries
    if before.isascii() and before.isdigit() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries.select_related("by").order_by("-pk")[: SHOWN + 1])
    reader = _Reader(request, subject, found)
    told = [reader.told(entry, field) for entry in found[:SHOWN]]
    label = reader.labels.get(field, field) if field else ""
    more = found[SHOWN - 1].pk if len(found) > SHOWN else ""
    return {"told": [line for line in told if line.changes or not field], "field": field, "label": label, "more": more}


def _of_field(field: str) -> Q:
    if field.startswith("x_"):
        return Q(changes__has_key="custom")
    if field == "name":
        return Q(changes__has_any_keys=["name", "first_name", "last_name"])
    return Q(changes__has_any_keys=[field, "reason"] if field == "close_reason" else [field])


class _Reader:
    """Turns entries into words, with the names of all rows they point at read at once."""

    def __init__(self, request: Request, subject: Subject, entries: list[Entry]) -> None:
        self.labels = field_labels() | {f"x_{d.key}": d.label for d in definitions(request, subject.table)}
        self.names = _names(entries)

    def told(self, entry: Entry, field: str) -> Told:
        who = str(entry.by) if entry.by else _("An import") if entry.source.startswith("import") else _("Vunnet")
        pairs = self._pairs(entry)
        if field:
            wanted = ("first_name", "last_name", "name") if field == "name" else (field,)
            pairs = [pair for pair in pairs if pair[0] in wanted]
        changes = [Change(self._label(n), self._read(n, old), self._read(n, new)) for n, old, new in pairs]
        return Told(entry.at, who, _said(entry.verb), changes + ([] if field else self._parts(entry)))

    def _parts(self, entry: Entry) -> list[Change]:
        """People and product lines, of which an entry keeps what came or went."""
        told: list[Change] = []
        if isinstance(person := entry.changes.get("person"), int):
            role = entry.changes.get("role") or ""
            name = self._read("person", person) + (f" ({role})" if role else "")
            is_gone = entry.verb.endswith("person_removed")
            told.append(Change(self._label("person"), name if is_gone else None, None if is_gone else name))
        if entry.verb.endswith("lines_set"):
            told.append(Change(self._label("lines"), None, ", ".join(map(self._line, _lines(entry)))))
        return told

    def _line(self, line: list[Any]) -> str:
        product, quantity, amount = line
        return f"{show.quantity(_decimal(quantity))} {self._read('product', product)} {self._read('amount', amount)}".strip()

    def _pairs(self, entry: Entry) -> list[tuple[str, Any, Any]]:
        found: list[tuple[str, Any, Any]] = []
        for name, value in entry.changes.items():
            if not isinstance(value, list) or len(value) != 2 or name in ("deals", "people", "lines"):
                continue
            if name == "custom":
                old, new = value[0] or {}, value[1] or {}
                keys = sorted({*old, *new})
                found += [(f"x_{key}", old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]
            else:
                found.append((name, value[0], value[1]))
        return found

    def _label(self, name: str) -> str:
        return str(self.labels.get(name, name.removeprefix("x_").replace("_", " ")))

    def _read(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return ""
        if name in NAMED and isinstance(value, int):
            return self.names.get((name, value), f"#{value}")
        if name == "team" and isinstance(value, dict):
            shares = [(self.names.get(("owner", int(k)), f"#{k}"), _decimal(v)) for k, v in value.items()]
            return ", ".join(f"{who} {show.share(part)}" for who, part in shares)
        if name == "amount":
            return str(show.number(_decimal(value), 2)).removesuffix(".00").removesuffix(",00")
        if name in DAYS:
            return str(show.full_day(date.fromisoformat(str(value))))
        return read_custom_value(value)


def _lines(entry: Entry) -> list[list[Any]]:
    """[product's number, quantity, amount] of each line, as the journal keeps them."""
    lines = entry.changes.get("lines") or []
    return [line for line in lines if isinstance(line, list) and len(line) == 3]


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _names(entries: list[Entry]) -> dict[tuple[str, int], str]:
    """(field, number) → name, one query for each table pointed at."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for name, value in entry.changes.items():
            values = value if isinstance(value, list) else [value]
            if name in NAMED:
                wanted.setdefault(name, set()).update(v for v in values if isinstance(v, int))
            if name == "lines":
                wanted.setdefault("product", set()).update(line[0] for line in _lines(entry))
            if name == "team":
                wanted.setdefault("owner", set()).update(int(k) for v in values if isinstance(v, dict) for k in v)
    found: dict[tuple[str, int], str] = {}
    for name, numbers in wanted.items():
        if NAMED[name] and numbers:
            found |= {(name, row.pk): str(row) for row in NAMED[name].objects.filter(pk__in=numbers)}
    return found


def field_labels() -> dict[str, str]:
    return {
        "name": _("Name"), "first_name": _("First name"), "last_name": _("Last name"), "amount": _("Amount"), "currency": _("Currency"),
        "company": _("Company"), "owner": _("Owner"), "product": _("Product"), "origin": _("Source"), "stage": _("Stage"),
        "expected_close_on": _("Closes"), "competitor": _("Competitor"), "close_reason": _("Reason"), "reason": _("Reason"),
        "close_note": _("In their words"), "company_number": _("Company number"), "domain": _("Domain"), "website": _("Website"), "phone": _("Phone"), "industry": _("Industry"),
        "city": _("City"), "country": _("Country"), "employees": _("Employees"), "customer_since": _("Customer since"),
        "email": _("E-mail"), "title": _("Title"), "team": _("Team and shares"), "person": _("Person"), "tag": _("Tag"), "lines": _("Products"),
    }  # fmt: skip


def _said(verb: str) -> str:
    words = {
        "opened": _("opened it"), "added": _("added it"), "imported": _("brought it in"), "moved": _("moved it"), "won": _("won it"),
        "lost": _("lost it"), "cancelled": _("cancelled it"), "reopened": _("reopened it"), "changed": _("changed"),
        "team_set": _("set the team"), "person_added": _("added a person"), "person_removed": _("took a person off"),
        "lines_set": _("set the products"), "deleted": _("deleted it"), "restored": _("brought it back"),
        "tagged": _("put a tag on it"), "untagged": _("took a tag off it"),
        "merged": _("merged another record into it"), "merged_away": _("merged it into another record"), "unmerged": _("undid a merge"),
    }  # fmt: skip
    return words.get(verb.rpartition(".")[2], _("changed"))
