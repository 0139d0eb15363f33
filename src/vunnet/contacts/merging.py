"""Making one record of two companies or two people, and two of one again. With actions.py the only writer of this room's tables.

Whatever refers to the one that goes is found from the models themselves, so that a table born later moves along; the journal keeps
which rows they were, and undoing a merge gives exactly those back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.contacts.actions import COMPANY_FIELDS, PERSON_FIELDS, Row
from vunnet.contacts.models import Company, Person
from vunnet.journal.models import Entry
from vunnet.journal.record import plain, record, record_each
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.deletion import last_entry, oldest_kept
from vunnet.workspaces.models import Member

FIELDS = {"company": COMPANY_FIELDS, "person": PERSON_FIELDS}
# A reference by which a record belongs to itself is no reference to another.
OWN_HISTORY = frozenset({"merged_into"})


def merge_companies(kept: Company, gone: Company, *, by: Member | None, take: frozenset[str] = frozenset()) -> Company:
    """Make one company of two. `take`: the fields (and `x_…` keys) whose value comes from the one that goes; empty ones of the
    kept record are filled from it in any case. Its deals, people and entries move; its old address leads to the kept one.

    Refuses a company with itself, and a deleted one.
    """
    return _merge(kept, gone, "company", by, take)


def merge_people(kept: Person, gone: Person, *, by: Member | None, take: frozenset[str] = frozenset()) -> Person:
    """Make one person of two, as `merge_companies` does; where both took part in a deal, the kept one's part stays."""
    return _merge(kept, gone, "person", by, take)


def _merge(kept: Row, gone: Row, table: str, by: Member | None, take: frozenset[str]) -> Row:
    demand_writer(by)
    if kept.pk == gone.pk:
        raise RuleBroken(_("Choose two different records to merge."))
    with transaction.atomic():
        kept, gone = _hold_both(kept, gone)
        changes = _take_values(kept, gone, FIELDS[table], take)
        moved, parts = _move_all(gone, kept, by)
        gone.deleted_at, gone.deleted_by, gone.merged_into = timezone.now(), by, kept
        gone.save(update_fields=["deleted_at", "deleted_by", "merged_into"])
        if changes:
            kept.save(update_fields=list(changes))
        record(kept, f"{table}.merged", by=by, merged=gone.pk, **changes)
        record(gone, f"{table}.merged_away", by=by, into=kept.pk, moved=moved, parts=parts, taken=_plain_pairs(changes))
    return kept


def _plain_pairs(changes: dict[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {name: [plain(value) for value in pair] for name, pair in changes.items()}


def _hold_both(kept: Row, gone: Row) -> tuple[Row, Row]:
    """Both rows, held in the order of their numbers, so that two merges at once cannot wait for each other."""
    rows = {
        row.pk: row for row in type(kept).objects.select_for_update().filter(pk__in=[kept.pk, gone.pk]).order_by("pk")
    }
    if len(rows) != 2 or any(row.deleted_at for row in rows.values()):
        raise RuleBroken(_("One of the two was deleted meanwhile."))
    if len({row.workspace_id for row in rows.values()}) != 1:
        raise RuleBroken(_("Choose two different records to merge."))
    return rows[kept.pk], rows[gone.pk]


def _take_values(kept: Row, gone: Row, fields: frozenset[str], take: frozenset[str]) -> dict[str, tuple[Any, Any]]:
    """Write the chosen values on the kept row; what changed, as (before, after)."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in sorted(fields):
        before, other = getattr(kept, name), getattr(gone, name)
        is_wanted = name in take or (before in (None, "") and other not in (None, ""))
        if is_wanted and before != other:
            changes[name] = (before, other)
    custom = gone.custom | kept.custom | {key: gone.custom[key] for key in gone.custom if f"x_{key}" in take}
    if custom != kept.custom:
        changes["custom"] = (kept.custom, custom)
    for name, (_before, value) in changes.items():
        setattr(kept, name, value)
    return changes


def references(row: Model) -> Iterator[tuple[str, Any, str]]:
    """Every column that may name this row: (a key for the journal, the table, the field)."""
    for relation in row._meta.related_objects:
        table = relation.related_model
        yield f"{table._meta.db_table}.{relation.field.name}", table, relation.field.name


def _move_all(gone: Row, kept: Row, by: Member | None) -> tuple[dict[str, list[int]], dict[str, list[dict[str, Any]]]]:
    """Let everything that names one row name the other. Rows that would then stand there twice are taken out and kept in words."""
    moved: dict[str, list[int]] = {}
    parts: dict[str, list[dict[str, Any]]] = {}
    for key, table, field in references(gone):
        rows = table._default_manager.filter(**{field: gone.pk})
        if doubled := _doubled(table, field, gone, kept):
            parts[key] = list(table._default_manager.filter(pk__in=doubled).values())
            table._default_manager.filter(pk__in=doubled).delete()
        numbers = list(rows.order_by("pk").values_list("pk", flat=True))
        if numbers:
            table._default_manager.filter(pk__in=numbers).update(**{field: kept.pk})
            moved[key] = numbers
            _tell(table, numbers, field, gone.pk, kept.pk, by)
    return moved, _plain_rows(parts)


def _plain_rows(parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {key: [{name: plain(value) for name, value in row.items()} for row in rows] for key, rows in parts.items()}


def _doubled(table: Any, field: str, gone: Row, kept: Row) -> list[int]:
    """Rows that a unique rule of their table would not let name the kept row as well."""
    found: list[int] = []
    column = table._meta.get_field(field).attname
    for rule in table._meta.constraints:
        names = [table._meta.get_field(name).attname for name in getattr(rule, "fields", ())]
        if column not in names:
            continue
        others = [name for name in names if name != column]
        taken = set(table._default_manager.filter(**{field: kept.pk}).values_list(*others))
        rows = table._default_manager.filter(**{field: gone.pk}).values_list("pk", *others)
        found += [pk for pk, *values in rows if tuple(values) in taken]
    return found


def _tell(table: Any, numbers: list[int], field: str, before: int, after: int, by: Member | None) -> None:
    """The journal of records that can be read one by one says so on each; of parts the merge's own entry does."""
    if hasattr(table, "deleted_at") and field not in OWN_HISTORY and table._meta.model_name in ("deal", "person"):
        record_each(table, numbers, f"{table._meta.model_name}.changed", by=by, **{field: (before, after)})


def undo_merge(gone: Any, *, by: Member | None) -> Any:
    """Make two of one again: the kept record gets back the values it had (where nobody changed them since), and what moved goes back.

    Refuses one that was not merged, after thirty days, and while the kept record is itself deleted.
    """
    demand_writer(by)
    with transaction.atomic():
        gone = type(gone).objects.select_for_update().get(pk=gone.pk)
        if not gone.merged_into_id or not gone.deleted_at:
            raise RuleBroken(_("This was not merged, so there is nothing to undo."))
        if gone.deleted_at < oldest_kept():
            raise RuleBroken(_("This was merged more than 30 days ago and cannot be undone."))
        kept = type(gone).objects.select_for_update().get(pk=gone.merged_into_id)
        table = gone._meta.model_name
        entry = last_entry(gone, f"{table}.merged_away")
        if kept.deleted_at or entry.changes["into"] != kept.pk:
            raise RuleBroken(_("Undo the later merge first, or bring back what it was merged into."))
        _give_back_values(kept, entry)
        _give_back_rows(gone, kept, entry, by)
        gone.deleted_at = gone.deleted_by = gone.merged_into = None
        gone.save(update_fields=["deleted_at", "deleted_by", "merged_into"])
        record(kept, f"{table}.unmerged", by=by, merged=gone.pk)
        record(gone, f"{table}.restored", by=by, out_of=kept.pk)
    return gone


def _give_back_values(kept: Any, entry: Entry) -> None:
    taken: dict[str, list[Any]] = entry.changes["taken"]
    fields = []
    for name, (before, after) in taken.items():
        column = kept._meta.get_field(name)
        if plain(getattr(kept, name)) == after:
            setattr(kept, column.attname, column.to_python(before) if not column.is_relation else before)
            fields.append(name)
    if fields:
        kept.save(update_fields=fields)


def _give_back_rows(gone: Any, kept: Any, entry: Entry, by: Member | None) -> None:
    tables = {key: (table, field) for key, table, field in references(gone)}
    for key, numbers in entry.changes["moved"].items():
        table, field = tables[key]
        rows = table._default_manager.filter(pk__in=numbers, **{field: kept.pk})
        present = list(rows.values_list("pk", flat=True))
        table._default_manager.filter(pk__in=present).update(**{field: gone.pk})
        _tell(table, present, field, kept.pk, gone.pk, by)
    for key, rows in entry.changes["parts"].items():
        table, _field = tables[key]
        table._default_manager.bulk_create(
            [_row_of(table, {**values, "workspace_id": gone.workspace_id}) for values in rows], ignore_conflicts=True
        )


def _row_of(table: Any, values: dict[str, Any]) -> Any:
    """A row as it was, under a new number: nothing names such a part."""
    columns = {column.attname: column for column in table._meta.concrete_fields}
    typed = {
        name: value if columns[name].is_relation else columns[name].to_python(value)
        for name, value in values.items()
        if name != "id"
    }
    return table(**typed)
