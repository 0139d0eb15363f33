"""What people do with companies and people. The only writer of this room's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company, Person
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer, read_custom_values
from vunnet.workspaces.models import Member, Workspace

Row = TypeVar("Row", Company, Person)

COMPANY_FIELDS = frozenset(
    {
        "name",
        "company_number",
        "domain",
        "website",
        "phone",
        "industry",
        "city",
        "country",
        "employees",
        "customer_since",
        "owner",
    }
)
PERSON_FIELDS = frozenset({"first_name", "last_name", "email", "phone", "title", "company", "owner"})


def add_company(
    by: Member | None, workspace: Workspace, name: str, *, at: datetime | None = None, **fields: Any
) -> Company:
    """Add an organisation. Refuses one without a name."""
    demand_writer(by)
    _demand_known(fields, COMPANY_FIELDS)
    if not name.strip():
        raise RuleBroken(_("Give the company a name."), "name")
    company = Company.objects.create(workspace=workspace, name=name.strip(), created_at=at or timezone.now(), **fields)
    record(company, "company.added", by=by, name=company.name)
    return company


def add_person(by: Member | None, workspace: Workspace, *, at: datetime | None = None, **fields: Any) -> Person:
    """Add somebody we talk to. Refuses one without any name and address."""
    demand_writer(by)
    _demand_known(fields, PERSON_FIELDS)
    if not any(str(fields.get(name) or "").strip() for name in ("first_name", "last_name", "email")):
        raise RuleBroken(_("Give the person a name or an e-mail address."), "first_name")
    person = Person.objects.create(workspace=workspace, created_at=at or timezone.now(), **fields)
    record(person, "person.added", by=by, name=f"{person.first_name} {person.last_name}".strip())
    return person


def change_company(
    company: Company, *, by: Member | None, custom: dict[str, object] | None = None, **fields: Any
) -> Company:
    """Change what is known of a company."""
    _demand_known(fields, COMPANY_FIELDS)
    if "name" in fields and not str(fields["name"]).strip():
        raise RuleBroken(_("Give the company a name."), "name")
    return _change(company, "company", by, custom, fields)


def change_person(
    person: Person, *, by: Member | None, custom: dict[str, object] | None = None, **fields: Any
) -> Person:
    """Change what is known of a person."""
    _demand_known(fields, PERSON_FIELDS)
    return _change(person, "person", by, custom, fields)


def _demand_known(fields: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := set(fields) - known:
        raise RuleBroken(_("%(fields)s cannot be changed here.") % {"fields": ", ".join(sorted(unknown))})


def _change(row: Row, table: str, by: Member | None, custom: Any, fields: dict[str, Any]) -> Row:
    demand_writer(by)
    row = type(row).objects.select_for_update().get(pk=row.pk)
    if row.deleted_at:
        raise RuleBroken(_("This was deleted meanwhile. Bring it back before you change it."))
    if custom is not None:
        fields["custom"] = read_custom_values(table, custom, row.custom)
    changes = {name: (getattr(row, name), value) for name, value in fields.items() if getattr(row, name) != value}
    for name, (_before, value) in changes.items():
        setattr(row, name, value)
    if changes:
        row.save(update_fields=list(changes))
        record(row, f"{table}.changed", by=by, **changes)
    return row
