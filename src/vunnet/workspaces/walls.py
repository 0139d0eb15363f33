"""The walls between workspaces, as the database keeps them, and the scope that opens one room at a time.

A migration calls `tenant(...)` once for each table that belongs to a workspace: row-level security, also for the table's
owner, a key that other tables point at together with the workspace, and composite foreign keys, so that a reference
into another workspace is refused by the database whoever writes it. `tests/test_tenancy.py` reads the catalogue and fails
for a table that has a `workspace_id` and no wall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, migrations, transaction

SCOPE = "nullif(current_setting('vunnet.workspace', true), '')::bigint"
USER = "nullif(current_setting('vunnet.user', true), '')::bigint"


def tenant(
    table: str,
    references: Mapping[str, str] | None = None,
    also_visible: str | None = None,
    *,
    is_referred_to: bool = True,
) -> migrations.RunSQL:
    """Build the wall around a table.

    `references`: column → the tenant table it points at. `also_visible`: a further condition under which a row may
    be read (never written), for the tables that must be read before a scope is known. `is_referred_to`: other tables point
    at it, so it gets the key they point at; each key costs an import as much as a column does.
    """
    using = f"workspace_id = {SCOPE}" + (f" OR ({also_visible})" if also_visible else "")
    wall = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY wall_read ON {table} FOR SELECT USING ({using})",
        f"CREATE POLICY wall_write ON {table} FOR ALL USING (workspace_id = {SCOPE}) WITH CHECK (workspace_id = {SCOPE})",
    ]
    if is_referred_to:
        wall.append(f"ALTER TABLE {table} ADD CONSTRAINT {table}_room UNIQUE (workspace_id, id)")
    wall += [_same_room(table, column, target) for column, target in (references or {}).items()]
    return migrations.RunSQL(";\n".join(wall), migrations.RunSQL.noop)


def refers(table: str, column: str, target: str) -> migrations.RunSQL:
    """A further reference of a table that has its wall: together with the workspace, like the others."""
    return migrations.RunSQL(_same_room(table, column, target), migrations.RunSQL.noop)


def refer(table: str, references: Mapping[str, str]) -> migrations.RunSQL:
    """Further columns of a walled table that point at tenant tables."""
    statements = [_same_room(table, column, target) for column, target in references.items()]
    return migrations.RunSQL(";\n".join(statements), migrations.RunSQL.noop)


def referred_to(table: str) -> migrations.RunSQL:
    """A walled table that others begin to point at: the key they point at."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_room UNIQUE (workspace_id, id)", migrations.RunSQL.noop
    )


def _same_room(table: str, column: str, target: str) -> str:
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_room FOREIGN KEY (workspace_id, {column}) "
        f"REFERENCES {target} (workspace_id, id) DEFERRABLE INITIALLY IMMEDIATE"
    )


def open_workspace(table: str) -> migrations.RunSQL:
    """The wall around the table of workspaces itself: one's own, and those one is a member of."""
    return migrations.RunSQL(
        f"""ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY wall_read ON {table} FOR SELECT
          USING (id = {SCOPE} OR id IN (SELECT workspace_id FROM workspaces_member WHERE user_id = {USER}));
        CREATE POLICY wall_write ON {table} FOR ALL USING (id = {SCOPE}) WITH CHECK (id = {SCOPE})""",
        migrations.RunSQL.noop,
    )


@contextmanager
def scope(*, workspace_id: int | None = None, user_id: int | None = None) -> Iterator[None]:
    """Open one workspace's room for the length of one transaction.

    The setting is local to the transaction, so that a pooled connection cannot carry it to the next request.
    Inside an outer scope (an action called from a job) the outer one comes back afterwards.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _read_scope() if nested else None
        _set_scope(_text(workspace_id), _text(user_id))
        yield
        if before and not connection.needs_rollback:
            _set_scope(*before)


def enter(workspace_id: int) -> None:
    """Step into a workspace inside a transaction that is already open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vunnet.workspace', %s, true)", [str(workspace_id)])


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _read_scope() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('vunnet.workspace', true), current_setting('vunnet.user', true)")
        row = cursor.fetchone()
    return row[0] or "", row[1] or ""


def _set_scope(workspace_id: str, user_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('vunnet.workspace', %s, true), set_config('vunnet.user', %s, true)",
            [workspace_id, user_id],
        )
