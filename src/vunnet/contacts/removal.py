"""Deleting companies and people and bringing them back. With actions.py and merging.py the only writer of this room's tables.

What only names a company as its own (its deals, its people) goes on without one, so that no page leads to something deleted; the
journal keeps which they were, and bringing the company back gives them back to it. What happened with it (activities) stays with it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company, Person
from vunnet.journal.models import Entry
from vunnet.journal.record import record_each
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.deletion import hide, hold, last_entry, oldest_kept, show_again
from vunnet.workspaces.models import Member

# Reverse names on Company of the rows that name it as their own: the tables themselves belong to other rooms.
OWN = ("people", "deals")


def delete_company(company: Company, *, by: Member | None) -> Company:
    """Hide a company; its people and deals go on without one. Refuses one that is deleted already."""
    demand_writer(by)
    with transaction.atomic():
        held: Company = hold(company)
        if held.deleted_at:
            raise RuleBroken(_("This company was deleted already."))
        hide(held, "company.deleted", by=by, name=held.name, **{name: _release(held, name, by) for name in OWN})
    return held


def _release(company: Company, name: str, by: Member | None) -> list[int]:
    rows = getattr(company, name)
    numbers = list(rows.values_list("pk", flat=True))
    if numbers:
        table = rows.model
        table.objects.filter(pk__in=numbers).update(company=None)
        record_each(table, numbers, f"{table._meta.model_name}.changed", by=by, company=(company.pk, None))
    return numbers


def restore_company(company: Company, *, by: Member | None) -> Company:
    """Bring a deleted company back, with its people and deals that have no other company by now.

    Refuses after thirty days, and one that was merged: undo the merge instead.
    """
    demand_writer(by)
    with transaction.atomic():
        held: Company = hold(company)
        _demand_unmerged(held)
        show_again(held, "company.restored", by=by, name=held.name)
        entry = last_entry(held, "company.deleted")
        for name in OWN:
            _take_back(held, name, entry, by)
    return held


def _take_back(company: Company, name: str, entry: Entry, by: Member | None) -> None:
    table = getattr(company, name).model
    rows = table.objects.filter(pk__in=entry.changes.get(name, []), company__isnull=True)
    numbers = list(rows.values_list("pk", flat=True))
    if numbers:
        table.objects.filter(pk__in=numbers).update(company=company)
        record_each(table, numbers, f"{table._meta.model_name}.changed", by=by, company=(None, company.pk))


def delete_person(person: Person, *, by: Member | None) -> Person:
    """Hide a person, also among the people of their deals. Refuses one who is deleted already."""
    demand_writer(by)
    with transaction.atomic():
        held: Person = hold(person)
        if held.deleted_at:
            raise RuleBroken(_("This person was deleted already."))
        hide(held, "person.deleted", by=by, name=str(held))
    return held


def restore_person(person: Person, *, by: Member | None) -> Person:
    """Bring a deleted person back. Refuses after thirty days, and one who was merged: undo the merge instead."""
    demand_writer(by)
    with transaction.atomic():
        held: Person = hold(person)
        _demand_unmerged(held)
        show_again(held, "person.restored", by=by, name=str(held))
    return held


def _demand_unmerged(row: Any) -> None:
    if row.merged_into_id:
        raise RuleBroken(_("This was merged into another record. Undo the merge to bring it back."))


def purge_contacts() -> int:
    """Erase the people and companies deleted more than thirty days ago; how many. Runs in a workspace's scope, after what
    belonged to them was purged; whatever still refers to one keeps it."""
    gone = 0
    for table in (Person, Company):
        for row in table.objects.filter(deleted_at__lt=oldest_kept()):
            if not _is_referred_to(row):
                table.objects.filter(pk=row.pk).delete()
                gone += 1
    return gone


def _is_referred_to(row: Any) -> bool:
    """Whether any row of any table names this one: found from the models, so that a table born later counts."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: row.pk}).exists()
        for relation in row._meta.related_objects
    )
