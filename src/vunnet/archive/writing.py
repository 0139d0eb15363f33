"""A workspace into a file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib import metadata
from itertools import groupby
from typing import IO, Any

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

from vunnet.activities.models import Attachment, AttachmentPart
from vunnet.archive.kept import FORMAT, columns, tables
from vunnet.workspaces.models import Workspace

SETTINGS = ("name", "time_zone", "language", "base_currency", "is_sample")


def write(room: Workspace, target: IO[bytes]) -> dict[str, int]:
    """Write everything of a workspace as an archive; rows by table. Runs in the workspace's scope.

    One statement reads all of it, so that the archive shows one moment, whatever others do meanwhile.
    """
    counted: dict[str, int] = {model._meta.db_table: 0 for model in tables()}
    files: dict[int, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for table, lines in groupby(_rows(room), key=lambda pair: pair[0]):
            if table == AttachmentPart._meta.db_table:
                _write_files(archive, (json.loads(line) for _table, line in lines), files)
                continue
            with archive.open(f"tables/{table}.jsonl", "w", force_zip64=True) as entry:
                for _table, line in lines:
                    entry.write(line.encode() + b"\n")
                    counted[table] += 1
                    if table == Attachment._meta.db_table:
                        file = json.loads(line)
                        files[file["id"]] = file["name"]
        archive.writestr(
            "manifest.json", json.dumps(_manifest(room, counted, len(files)), ensure_ascii=False, indent=1)
        )
    return counted


def _manifest(room: Workspace, counted: dict[str, int], files: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "vunnet": metadata.version("vunnet"),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "workspace": {name: getattr(room, name) for name in SETTINGS},
        "tables": {
            model._meta.db_table: {
                "rows": counted[model._meta.db_table],
                "columns": list(columns(model)),
            }
            for model in tables()
        },
        "files": files,
    }


def _rows(room: Workspace) -> Iterator[tuple[str, str]]:
    """(table, row as JSON) of every row, table by table in their order, attachments' bytes last."""
    parts = [_select(model, list(columns(model)), _numerics(model)) for model in tables()]
    parts.append(_select(AttachmentPart, ["id", "attachment_id", "position", "body"], set(), "attachment_id, position"))
    statement = sql.SQL("COPY ({}) TO STDOUT").format(sql.SQL(" UNION ALL ").join(parts))
    with connection.cursor() as cursor:
        # The branches of a union come one after the other only where no second process helps.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        with cursor.copy(statement, {"room": room.pk}) as copy:
            copy.set_types(["text", "text"])
            yield from copy.rows()


def _numerics(model: type[models.Model]) -> set[str]:
    """Columns of exact numbers: written as text, since readers of JSON make floats of numbers."""
    return {name for name, field in columns(model).items() if isinstance(field, models.DecimalField)}


def _select(model: type[models.Model], names: list[str], numerics: set[str], order: str = "id") -> sql.Composed:
    picked = [sql.SQL("{0}::text AS {0}" if name in numerics else "{0}").format(sql.Identifier(name)) for name in names]
    return sql.SQL(
        "SELECT {name}, row_to_json(r)::text FROM (SELECT {columns} FROM {table} WHERE workspace_id = %(room)s ORDER BY {order}) r"
    ).format(
        name=sql.Literal(model._meta.db_table),
        columns=sql.SQL(", ").join(picked),
        table=sql.Identifier(model._meta.db_table),
        order=sql.SQL(order),
    )


def _write_files(archive: zipfile.ZipFile, parts: Iterator[dict[str, Any]], names: dict[int, str]) -> None:
    """Attachments as files of the archive, under their own names in a folder of their number."""
    for number, own in groupby(parts, key=lambda part: part["attachment_id"]):
        with archive.open(f"files/{number}/{names[number]}", "w", force_zip64=True) as entry:
            for part in own:
                entry.write(bytes.fromhex(part["body"].removeprefix("\\x")))
