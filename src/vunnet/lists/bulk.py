"""Changing many rows at once: which rows, in pieces, with what became of each, and back again for seven days.

With actions.py the only writer of this room's tables. Each piece is a transaction, so a killed worker's successor goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.lists.changing import change_rows, delete_rows, kept, restore_rows, tag_rows, undelete_rows, unkept
from vunnet.lists.models import BulkChange, BulkRow
from vunnet.lists.tables import TABLES
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.together import Result, present

MOST_ROWS = 100_000
PIECE = 500
VERBS = ("change", "tag", "untag", "delete")


def begin_change(
    by: Member, *, table: str, numbers: Sequence[int], verb: str, field: str = "", value: Any = None, words: str = ""
) -> BulkChange:
    """Write down what shall be done to which rows; nothing is done yet. `value` is as JSON keeps it, `words` as people read it.

    Refuses viewers, no rows, and more rows than one change may take.
    """
    demand_writer(by)
    if verb not in VERBS or table not in TABLES:
        raise RuleBroken(_("This cannot be done to many rows."), "verb")
    if not numbers:
        raise RuleBroken(_("Select at least one row."), "row")
    if len(numbers) > MOST_ROWS:
        raise RuleBroken(_("At most %(most)s rows at once. Narrow the list.") % {"most": f"{MOST_ROWS:,}"}, "row")
    with transaction.atomic():
        change = BulkChange.objects.create(
            workspace_id=by.workspace_id, by=by, table=table, verb=verb, field=field, value=value, words=words, total=len(numbers)
        )  # fmt: skip
        BulkRow.objects.bulk_create(
            [BulkRow(workspace_id=by.workspace_id, bulk=change, row_id=number) for number in numbers], batch_size=2000
        )
        record(change, "bulk.began", by=by, table_name=table, done=verb, field=field, value=value, rows=len(numbers))
    return change


def do_piece(change: BulkChange) -> bool:
    """Do the next few hundred rows; returns whether any are left."""
    with transaction.atomic():
        change = BulkChange.objects.select_for_update(of=("self",)).select_related("by").get(pk=change.pk)
        if change.status not in (BulkChange.Status.WAITING, BulkChange.Status.RUNNING):
            return False
        rows = list(change.rows.filter(outcome=BulkRow.Outcome.WAITING).order_by("row_id")[:PIECE])
        if rows:
            _note(rows, _done(change, [row.row_id for row in rows]))
        return _went_on(change, len(rows), BulkChange.Status.RUNNING, BulkChange.Status.DONE)


def _done(change: BulkChange, numbers: Sequence[int]) -> dict[int, Result]:
    if change.verb == "change":
        said = TABLES[change.table].for_member(change.by).get(change.field)
        column = change.field if said.is_custom else said.path
        value = unkept(column, change.value)
        return change_rows(change.table, said, dict.fromkeys(numbers, value), by=change.by)
    if change.verb == "delete":
        return delete_rows(change.table, numbers, by=change.by)
    tag = Tag.objects.visible_to(change.by).filter(pk=change.value).first()
    if tag is None:
        return dict.fromkeys(numbers, Result("skipped", why=_("The tag is not there any more.")))
    return tag_rows(change.table, numbers, tag, by=change.by, put=change.verb == "tag")


def _note(rows: Iterable[BulkRow], results: dict[int, Result]) -> None:
    """What became of each row."""
    facts = [(row.pk, results[row.row_id]) for row in rows]
    _write_down(
        [
            {"id": pk, "outcome": r.outcome, "why": r.why, "before": _json(r.before), "after": _json(r.after)}
            for pk, r in facts
        ]
    )


def _write_down(facts: list[dict[str, Any]]) -> None:
    """One statement for all of them; what is not said stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE lists_bulkrow r SET outcome = x.outcome, why = x.why, before = coalesce(x.before, r.before), after = coalesce(x.after, r.after)
            FROM jsonb_to_recordset(%s::jsonb) AS x(id bigint, outcome text, why text, before jsonb, after jsonb) WHERE r.id = x.id""",
            [json.dumps(facts)],
        )


def _json(values: Any) -> Any:
    return {name: kept(value) for name, value in values.items()} if isinstance(values, dict) else values


def _went_on(change: BulkChange, count: int, running: str, ended: str) -> bool:
    change.done += count
    change.status = running if count == PIECE else ended
    if change.status == ended:
        change.finished_at = timezone.now()
        verb = "bulk.done" if ended == BulkChange.Status.DONE else "bulk.undone"
        record(change, verb, by=change.by, rows=change.done)
    change.save(update_fields=["done", "status", "finished_at"])
    return count == PIECE


def begin_undo(change: BulkChange, *, by: Member) -> BulkChange:
    """Ask for the change to be taken back. Refuses after seven days, a second time, and others but admins."""
    demand_writer(by)
    with transaction.atomic():
        change = BulkChange.objects.select_for_update().get(pk=change.pk)
        if change.by_id != by.pk and not by.may_administer:
            raise RuleBroken(_("Only who did it, or an admin, can undo it."))
        if not change.may_be_undone:
            raise RuleBroken(_("This cannot be undone any more."))
        change.status, change.done, change.finished_at = BulkChange.Status.UNDOING, 0, None
        change.save(update_fields=["status", "done", "finished_at"])
        record(change, "bulk.undo_began", by=by)
    return change


def undo_piece(change: BulkChange, *, by: Member) -> bool:
    """Give the next few hundred changed rows back what stood there; those changed since are kept as they are now."""
    with transaction.atomic():
        change = BulkChange.objects.select_for_update(of=("self",)).select_related("by").get(pk=change.pk)
        if change.status != BulkChange.Status.UNDOING:
            return False
        rows = list(change.rows.filter(outcome=BulkRow.Outcome.CHANGED).order_by("row_id")[:PIECE])
        if rows:
            _note_undone(rows, _undone(change, rows, by))
        return _went_on(change, len(rows), BulkChange.Status.UNDOING, BulkChange.Status.UNDONE)


def _undone(change: BulkChange, rows: Sequence[BulkRow], by: Member) -> dict[int, Result]:
    numbers = [row.row_id for row in rows]
    if change.verb == "delete":
        return undelete_rows(change.table, numbers, by=by)
    if change.verb != "change":
        tag = Tag.objects.visible_to(by).filter(pk=change.value).first()
        gone = dict.fromkeys(numbers, Result("skipped", why=_("The tag is not there any more.")))
        return tag_rows(change.table, numbers, tag, by=by, put=change.verb == "untag") if tag else gone
    model: Any = TABLES[change.table].model
    found = {r.pk: r for r in model.objects.visible_to(by).select_for_update(of=("self",)).filter(pk__in=numbers)}
    values, results = {}, {}
    for row in rows:
        after = {name: unkept(name, value) for name, value in (row.after or {}).items()}
        present_row = found.get(row.row_id)
        if present_row is None:
            results[row.row_id] = Result("skipped", why=_("It is not there any more."))
        elif any(present(present_row, name) != value for name, value in after.items()):
            results[row.row_id] = Result("skipped", why=_("Somebody changed it since."))
        else:
            values[row.row_id] = {name: unkept(name, value) for name, value in (row.before or {}).items()}
    return results | restore_rows(change.table, values, by=by)


def _note_undone(rows: Iterable[BulkRow], results: dict[int, Result]) -> None:
    became = {"skipped": BulkRow.Outcome.KEPT}
    facts = [(row.pk, results[row.row_id]) for row in rows]
    _write_down(
        [{"id": pk, "outcome": str(became.get(r.outcome, BulkRow.Outcome.UNDONE)), "why": r.why} for pk, r in facts]
    )
