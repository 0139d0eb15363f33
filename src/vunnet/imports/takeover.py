"""An export's rows into the CRM: in pieces, each one transaction, each safe to run again.

A row is known by (source, external id). A new one is made; a known one is updated where it differs; history is only ever
added to. So a killed import goes on at its last finished piece, and the same file twice creates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from django.db import connection

from vunnet.exchange.export import Export
from vunnet.exchange.refusals import Refused
from vunnet.imports import statements, telling
from vunnet.imports.names import field_key, make_names
from vunnet.imports.staging import pairs, stage
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member, Workspace

ROWS_AT_ONCE = 5_000


@dataclass
class Outcome:
    """How many rows of each table were created, updated and left as they were."""

    created: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, seen: int, created: int, updated: int) -> None:
        for book, count in ((self.created, created), (self.updated, updated), (self.skipped, seen - created - updated)):
            book[table] = book.get(table, 0) + count


@dataclass(frozen=True)
class Piece:
    """One transaction's worth of an import. `name` is its place: pieces come in the same order for the same export."""

    name: str
    table: str
    first: int
    count: int


# Called after each piece, in its transaction: the piece, and the outcome so far.
Done = Callable[[Piece, Outcome], None]


def take_over(
    export: Export,
    workspace: Workspace,
    *,
    by: Member | None,
    run: int | None = None,
    after: str = "",
    outcome: Outcome | None = None,
    done: Done | None = None,
) -> Outcome:
    """Bring an export into a workspace. `run` is the number of the import that writes down what it did to each row, `after` the last finished piece of an earlier run, `outcome` what it had done."""
    total = outcome or Outcome()
    started = not after
    for piece in pieces(export):
        if started:
            with walls.scope(workspace_id=workspace.pk):
                _take(piece, export, workspace, by, run, total)
                if done:
                    done(piece, total)
        started = started or piece.name == after
    return total


def pieces(export: Export) -> Iterator[Piece]:
    """The names first, then companies, people, deals with their history, and activities."""
    yield Piece("names", "names", 0, 0)
    deals = export.tables.get("deals")
    for table, rows in (
        ("companies", export.companies),
        ("people", export.people),
        ("deals", deals),
        ("activities", export.activities),
    ):
        count = 0 if rows is None else rows.num_rows
        for first in range(0, count, ROWS_AT_ONCE):
            yield Piece(f"{table}-{first}", table, first, min(ROWS_AT_ONCE, count - first))


def _take(
    piece: Piece, export: Export, workspace: Workspace, by: Member | None, run: int | None, total: Outcome
) -> None:
    if piece.table == "names":
        return make_names(export, workspace, by)
    take = {"companies": _companies, "people": _people, "deals": _deals, "activities": _activities}[piece.table]
    created, updated = take(export, piece, run)
    total.add(piece.table, piece.count, created, updated)
    return None


def _run(statement: str, export: Export, run: int | None = None) -> int:
    """One of the statements; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"source": export.source, "run": run})
        return int(cursor.rowcount)


def _written(table: str, export: Export, run: int | None) -> tuple[int, int]:
    """The staged rows of a table, in: how many were made and how many changed. Those left as they are are written down before."""
    _run(statements.UNCHANGED[table], export, run)
    new, changed = statements.WRITTEN[table]
    return _run(new, export, run), _run(changed, export, run)


def would_do(export: Export) -> tuple[dict[str, int], list[Refused]]:
    """How many rows of an export would be new, updates of rows that are here, and left as they are; and which closings would be left.

    Runs in the workspace's scope and writes nothing.
    """
    deals = export.tables.get("deals")
    staged = {
        "companies": (export.companies, statements.COMPANY_COLUMNS),
        "people": (export.people, statements.PEOPLE_COLUMNS),
        "deals": (None if deals is None else _with_custom(deals), statements.DEAL_COLUMNS),
        "activities": (export.activities, statements.ACTIVITY_COLUMNS),
    }
    found, left = {"new": 0, "updates": 0, "same": 0}, list[Refused]()
    for table, (rows, columns) in staged.items():
        if rows is None:
            continue
        stage(f"in_{table}", rows, columns)
        if deals is not None and table == "deals":
            visits = _only(export.tables.get("visits"), deals["deal_id"].combine_chunks())
            stage("in_visits", visits, statements.OF_DEALS["visits"])
            _run(statements.LINKS, export)
            left = _closings_left(export)
        new, changed = (_asked(statement, export) for statement in statements.TRIED[table])
        found["new"] += new[0]
        found["updates"] += changed[1]
        found["same"] += changed[0] - changed[1]
    return found, left


def _closings_left(export: Export) -> list[Refused]:
    """Staged deals that are closed, nobody knows since when, and stay where they are."""
    with connection.cursor() as cursor:
        cursor.execute(statements.CLOSINGS_LEFT, {"source": export.source})
        return [telling.closing_left(*row) for row in cursor.fetchall()]


def _asked(statement: str, export: Export) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"source": export.source})
        return cursor.fetchone()


def _companies(export: Export, piece: Piece, run: int | None) -> tuple[int, int]:
    stage("in_companies", export.companies.slice(piece.first, piece.count), statements.COMPANY_COLUMNS)
    return _written("companies", export, run)


def _people(export: Export, piece: Piece, run: int | None) -> tuple[int, int]:
    stage("in_people", export.people.slice(piece.first, piece.count), statements.PEOPLE_COLUMNS)
    return _written("people", export, run)


def _activities(export: Export, piece: Piece, run: int | None) -> tuple[int, int]:
    stage("in_activities", export.activities.slice(piece.first, piece.count), statements.ACTIVITY_COLUMNS)
    return _written("activities", export, run)


def _deals(export: Export, piece: Piece, run: int | None) -> tuple[int, int]:
    """Deals and all that hangs on them, in one transaction: a deal never stands without its history."""
    deals = export.tables["deals"].slice(piece.first, piece.count)
    stage("in_deals", _with_custom(deals), statements.DEAL_COLUMNS)
    ids = deals["deal_id"].combine_chunks()
    for name, columns in statements.OF_DEALS.items():
        stage(f"in_{name}", _only(export.tables.get(name), ids), columns)
    stage("in_deal_people", pairs(deals, "deal_id", "person_ids"), ("deal_id", "value"))
    stage("in_team", pairs(deals, "deal_id", "team_members"), ("deal_id", "value"))
    _run(statements.LINKS, export)
    if run is not None:
        telling.add_refusals(run, _closings_left(export))
    moved = _run(statements.MOVED_ONLY, export, run)
    created, updated = _written("deals", export, run)
    for statement in statements.AFTER_DEALS:
        _run(statement, export)
    return created, updated + moved


def _only(table: pa.Table | None, ids: Any) -> pa.Table:
    if table is None:
        return pa.table({"deal_id": pa.array([], pa.string())})
    return table.filter(pa.compute.is_in(table["deal_id"], ids))


def _with_custom(deals: pa.Table) -> pa.Table:
    """The `x_` columns as one column of JSON objects, keyed as the custom fields are."""
    names = [name for name in deals.schema.names if name.startswith("x_")]
    if not names:
        return deals
    rows = zip(*(deals[name].to_pylist() for name in names), strict=True)
    keys = [field_key(name) for name in names]
    texts = [statements.json_object(keys, row) for row in rows]
    return deals.append_column("custom", pa.array(texts, pa.string()))
