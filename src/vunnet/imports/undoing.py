"""Taking an import of chosen columns back, for seven days: what it made goes to the bin, what it changed gets its values back.

Whatever somebody changed since, or worked with, stays as it is, and is said.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.imports.matching import SPECS, Spec, state
from vunnet.imports.models import Import
from vunnet.imports.statements import WORKSPACE
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member

# Companies last: those that came only because people or deals named them are then nobody's.
ORDER = ("people", "deals", "companies")


def undo(run: Import, *, by: Member) -> Import:
    """Take it back. Refuses one that is not done, was undone, or ended more than seven days ago."""
    demand_administrator(by)
    with transaction.atomic():
        run = Import.objects.select_for_update().get(pk=run.pk)
        if not run.may_be_undone:
            raise RuleBroken(_("This import cannot be undone any more."))
        # What was worked with is read once into a table in memory; without room for it, once a row.
        _do("SET LOCAL work_mem = '256MB'", {})
        for kind in ORDER:
            _take_back(run, kind, by)
        run.undone_at = timezone.now()
        run.save(update_fields=["undone_at"])
        record(run, "import.undone", by=by)
    return run


def _take_back(run: Import, kind: str, by: Member) -> None:
    spec = SPECS[kind]
    values: dict[str, int | str] = {"run": run.pk, "by": by.pk, "kind": kind}
    # A table of our own with statistics: of what was just written the planner knows nothing, and would look at every row for each.
    _do(f"""DROP TABLE IF EXISTS in_mine; CREATE TEMPORARY TABLE in_mine ON COMMIT DROP AS SELECT r.* FROM imports_importrow r
        WHERE {_mine("created")} OR {_mine("updated")}""", values)  # fmt: skip
    _do("CREATE INDEX ON in_mine (id); ANALYZE in_mine", {})
    untouched = f"t.id = m.row_id AND t.deleted_at IS NULL AND m.after = {state(spec)}"
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
        WHERE m.outcome = 'updated' AND {untouched} RETURNING t.id, m.id AS of),
        said AS (UPDATE imports_importrow r SET outcome = 'undone' FROM given WHERE given.of = r.id)
        {_journal(spec, "changed", "given")}""",
        values,
    )
    _do(f"UPDATE imports_importrow r SET outcome = 'kept' WHERE {_mine('created')} OR {_mine('updated')}", values)


def _mine(outcome: str) -> str:
    return f"""(r.workspace_id = {WORKSPACE} AND r.run_id = %(run)s AND r."table" = %(kind)s AND r.outcome = '{outcome}')"""


def _journal(spec: Spec, verb: str, rows: str) -> str:
    return f"""INSERT INTO journal_entry (workspace_id, at, by_id, verb, "table", row_id, changes, source, request_id)
      SELECT {WORKSPACE}, now(), %(by)s, '{spec.row}.{verb}', '{spec.table}', id, '{{}}', 'import:undo', '' FROM {rows}"""


def _do(statement: str, values: dict[str, int | str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
