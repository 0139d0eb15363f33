"""A workspace's rows as Parquet: what analysis reads. Only deals that changed since the last time are read again.

The files are a cache beside the process: any machine can make its own from the database at any time. `position` is the
journal's: every change of a deal writes an entry, so the entries since then name the deals to read again.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection

from vunnet.reports import sql

FORMAT = 3
ROWS_AT_ONCE = 50_000
REWRITTEN_AT_MOST = 5_000


@dataclass(frozen=True)
class Copy:
    """The files of one workspace and the journal position they show."""

    folder: Path
    position: int

    def file(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"


def home_of(workspace_id: int) -> Path:
    """The folder of a workspace's files."""
    return Path(settings.HOME) / "reports" / str(workspace_id)


def fresh(workspace_id: int) -> Copy:
    """The workspace's files, brought up to date. Runs in the workspace's scope; two at once wait for each other."""
    home = home_of(workspace_id)
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        present = _present(home)
        position, changed = _since(present)
        if present and changed == []:
            return present
        return _write(home, present, position, changed)


def is_latest(workspace_id: int, known: Copy) -> bool:
    """Whether nothing that the copy shows has changed since. Waits for nobody, and writes nothing."""
    return _present(home_of(workspace_id)) == known and _since(known)[1] == []


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _present(home: Path) -> Copy | None:
    try:
        state = json.loads((home / "state.json").read_text())
    except (OSError, ValueError):
        return None
    folder = home / str(state["folder"])
    return Copy(folder, state["position"]) if state.get("format") == FORMAT and folder.is_dir() else None


def _since(present: Copy | None) -> tuple[int, list[int] | None]:
    """The present position, and the deals changed since the copy was made (None: read all)."""
    with connection.cursor() as cursor:
        cursor.execute(sql.POSITION)
        now = int(cursor.fetchone()[0])
        # A copy of later than now was made from another database: this one was brought back from a backup.
        if present is None or present.position > now:
            return now, None
        since = {"since": present.position}
        cursor.execute(sql.ALL_CHANGED, since)
        if cursor.fetchone()[0]:
            return now, None
        cursor.execute(sql.CHANGED_DEALS, since)
        changed = [row[0] for row in cursor.fetchall()]
        return now, changed if len(changed) <= REWRITTEN_AT_MOST else None


def _write(home: Path, present: Copy | None, position: int, changed: Sequence[int] | None) -> Copy:
    """All files anew, or the old ones with the changed deals replaced; put in place in one step."""
    draft = home / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with connection.cursor() as cursor:
        cursor.execute(sql.CUSTOM_FIELDS)
        custom = [row[0] for row in cursor.fetchall()]
        cursor.execute(sql.HAS_RATES)
        has_rates = bool(cursor.fetchone()[0])
    for query in sql.queries(custom, has_rates=has_rates):
        _write_table(query, draft / f"{query.name}.parquet", present if changed is not None else None, changed)
    return _put_in_place(home, draft, position)


def _put_in_place(home: Path, draft: Path, position: int) -> Copy:
    numbers = [int(path.name) for path in home.iterdir() if path.name.isdigit()]
    folder = home / str(max(numbers, default=0) + 1)
    draft.rename(folder)
    state = home / "state.new"
    state.write_text(json.dumps({"position": position, "format": FORMAT, "folder": folder.name}))
    state.rename(home / "state.json")
    # The copy before this one stays: somebody may be reading it.
    for number in sorted(numbers)[:-1]:
        shutil.rmtree(home / str(number), ignore_errors=True)
    return Copy(folder, position)


def _write_table(query: sql.Query, target: Path, before: Copy | None, changed: Sequence[int] | None) -> None:
    with pq.ParquetWriter(target, query.arrow_schema()) as writer:
        if before and changed is not None and query.deal:
            writer.write_table(_without(pq.read_table(before.file(query.name)), changed))
        for piece in _rows(query, changed):
            writer.write_table(piece)


def _without(table: pa.Table, changed: Sequence[int]) -> pa.Table:
    gone = pa.array([str(pk) for pk in changed], pa.string())
    return table.filter(pc.invert(pc.is_in(table["deal_id"], gone)))


def _rows(query: sql.Query, changed: Sequence[int] | None) -> Iterator[pa.Table]:
    """The table's rows from the database, in pieces that fit a small memory."""
    statement, values = query.statement(changed)
    target = query.arrow_schema()
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            columns = zip(*rows, strict=True)
            yield pa.table([pa.array(column, f.type) for column, f in zip(columns, target, strict=True)], schema=target)
