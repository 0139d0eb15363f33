"""Taking an import back, for seven days: what it made goes to the bin, what it changed gets its values back.

Whatever somebody changed since, or worked with, stays as it is, and is said. So do deals that were here and that it moved on: history is
only appended, and their values with another stage than they were in would be neither the one nor the other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.handing_over import hand_back
from vunnet.deals.seats import pass_on
from vunnet.imports.kinds import SPECS, Spec, state
from vunnet.imports.models import Import, ImportRow
from vunnet.imports.statements import WORKSPACE
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member

# What others lie on comes after them: a company is nobody's once its deals and people are gone.
ORDER = ("activities", "deals", "people", "companies")
# What an import did to each row is told as long as what it made lies in the bin.
TOLD_FOR = timedelta(days=30)
AT_ONCE = 5_000


def begin(run: Import, *, by: Member) -> None:
    """Say that it shall be taken back. Refuses one that is not done, was undone, or ended more than seven days ago."""
    demand_administrator(by)
    run = Import.objects.select_for_update().get(pk=run.pk)
    if not run.may_be_undone:
        raise RuleBroken(_("This import cannot be undone any more."))
    run.status = Import.Status.UNDOING
    run.save(update_fields=["status"])
    record(run, "import.undo_begun", by=by)


def undo(run: Import, *, by: Member) -> Import:
    """Take back one that was begun: all of it or nothing. Of one that was taken back already nothing is left to do."""
    with transaction.atomic():
        run = Import.objects.select_for_update().get(pk=run.pk)
        if run.status != Import.Status.UNDOING:
            return run
        # What was worked with is read once into a table in memory; without room for it, once a row.
        _do("SET LOCAL work_mem = '256MB'", {})
        for kind in ORDER:
            _take_back(run, kind, by)
        run.status, run.undone_at = Import.Status.DONE, timezone.now()
        run.save(update_fields=["status", "undone_at"])
        record(run, "import.undone", by=by)
    return run


def forget_old_rows() -> None:
    """What was done to single rows, once it can no longer be taken back or found in the bin. Runs in a workspace's scope."""
    ImportRow.objects.filter(run__in=Import.objects.filter(finished_at__lt=timezone.now() - TOLD_FOR)).delete()


def _take_back(run: Import, kind: str, by: Member) -> None:
    spec = SPECS[kind]
    values: dict[str, Any] = {"run": run.pk, "by": by.pk, "kind": kind, "since": run.created_at}
    # A table of our own with statistics: of what was just written the planner knows nothing, and would look at every row for each.
    _do(f"""DROP TABLE IF EXISTS in_mine; CREATE TEMPORARY TABLE in_mine ON COMMIT DROP AS SELECT r.* FROM imports_importrow r
        WHERE {_mine("created")} OR {_mine("updated")}""", values)  # fmt: skip
    _do("CREATE INDEX ON in_mine (id); ANALYZE in_mine", {})
    # Of a new row nothing may be kept but that it is new: then the journal alone says whether somebody changed it.
    untouched = f"""t.id = m.row_id AND t.deleted_at IS NULL AND (m.after IS NULL OR m.after = {state(spec)})
        AND NOT (t.id IN ({_changed_since(spec)})) AND NOT (t.id IN ({_updated_since()}))"""
    _do(
        f"""WITH gone AS (UPDATE {spec.table} t SET deleted_at = now(), deleted_by_id = %(by)s FROM in_mine m
        WHERE m.outcome = 'created' AND {untouched} AND NOT ({spec.worked_with}) RETURNING t.id, m.id AS of),
        said AS (UPDATE imports_importrow r SET outcome = 'undone' FROM gone WHERE gone.of = r.id)
        {_journal(spec, "deleted", "gone")}""",
        values,
    )
    columns = ", ".join(f"{name} = x.{name}" for name in spec.state)
    _do(
        f"""WITH given AS (UPDATE {spec.table} t SET {columns} FROM in_mine m, jsonb_populate_record(NULL::{spec.table}, m.before) x
        WHERE m.outcome = 'updated' AND {untouched} AND NOT ({_was_moved(kind)}) RETURNING t.id, m.id AS of),
        said AS (UPDATE imports_importrow r SET outcome = 'undone' FROM given WHERE given.of = r.id)
        {_journal(spec, "changed", "given")}""",
        values,
    )
    if kind == "deals":
        _hand_back(by)
    _do(f"UPDATE imports_importrow r SET outcome = 'kept' WHERE {_mine('created')} OR {_mine('updated')}", values)


def _hand_back(by: Member) -> None:
    """What had gone along with deals that are their old owners' again."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT m.row_id, (m.after ->> 'owner_id')::bigint, (m.before ->> 'owner_id')::bigint
          FROM in_mine m JOIN imports_importrow r ON r.id = m.id WHERE m.outcome = 'updated' AND r.outcome = 'undone'
          AND m.before -> 'owner_id' <> m.after -> 'owner_id'""")
        while rows := cursor.fetchmany(AT_ONCE):
            owners = {deal: (new, old) for deal, new, old in rows}
            pass_on(owners)
            hand_back(owners, by=by)


def _mine(outcome: str) -> str:
    return f"""(r.workspace_id = {WORKSPACE} AND r.run_id = %(run)s AND r."table" = %(kind)s AND r.outcome = '{outcome}')"""


def _changed_since(spec: Spec) -> str:
    """Rows that somebody did something to since the import began."""
    return f"""SELECT row_id FROM journal_entry WHERE workspace_id = {WORKSPACE} AND "table" = '{spec.table}' AND at >= %(since)s
        AND source NOT LIKE 'import:%%'"""


def _was_moved(kind: str) -> str:
    """Whether a deal has gone on through its pipeline by the import."""
    return (
        f"""t.id IN (SELECT deal_id FROM deals_stagechange WHERE workspace_id = {WORKSPACE} AND source LIKE 'import:%%' AND recorded_at >= %(since)s)"""
        if kind == "deals"
        else "false"
    )


def _updated_since() -> str:
    """Rows that a later import changed."""
    return f"""SELECT row_id FROM imports_importrow WHERE workspace_id = {WORKSPACE} AND run_id > %(run)s AND "table" = %(kind)s AND outcome = 'updated'"""


def _journal(spec: Spec, verb: str, rows: str) -> str:
    return f"""INSERT INTO journal_entry (workspace_id, at, by_id, verb, "table", row_id, changes, source, request_id)
      SELECT {WORKSPACE}, now(), %(by)s, '{spec.row}.{verb}', '{spec.table}', id, '{{}}', 'import:undo', '' FROM {rows}"""


def _do(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
