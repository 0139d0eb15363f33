"""A workspace made from an archive: every row under a new number, and everything that points at it following."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import IO, Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import DataError as BadValue

from vunnet.activities.models import Activity, Attachment, AttachmentPart
from vunnet.activities.rules import OF_A_DAY, all_day, file_name
from vunnet.archive.kept import CALLED, JOURNAL, OWN, columns, references, tables
from vunnet.archive.safety import Archive, damaged, opened, refused
from vunnet.lib.errors import RuleBroken
from vunnet.lists.models import SavedView
from vunnet.lists.tables import TABLES
from vunnet.workspaces import actions, inviting, walls
from vunnet.workspaces.fields import Kind
from vunnet.workspaces.keys import FILL
from vunnet.workspaces.models import Member, User, Workspace

Row = dict[str, Any]
Numbers = dict[str, dict[int, int]]
MEMBER = Member._meta.db_table


def restore(body: IO[bytes], owner: User, *, limit: int, done: Callable[[int], None] = lambda rows: None) -> Workspace:
    """A new workspace from an archive, with `owner` as an owner of it; all of it or nothing.

    The other members are there by name and can be invited again: a file cannot give anybody a door. `done` is told how many rows
    are in. Refuses, naming the line, what is damaged, what points nowhere and what the database's own rules forbid.
    """
    archive = opened(body, limit=limit)
    try:
        with transaction.atomic():
            room = _founded(archive)
            with walls.scope(workspace_id=room.pk):
                _Restoring(archive, room, owner, done).all_tables()
                inviting.take_over_ownership(room, owner)
    except (zipfile.BadZipFile, zlib.error, EOFError) as fault:
        raise damaged() from fault
    return room


def _founded(archive: Archive) -> Workspace:
    said = archive.workspace
    return actions.found_workspace(
        str(said.get("name", ""))[:200],
        owner=None,
        time_zone=str(said.get("time_zone", "")),
        language=str(said.get("language", "")),
        currency=str(said.get("base_currency", "")),
        is_sample=said.get("is_sample") is True,
    )


class _Restoring:
    """One archive on its way in: what number each row has now."""

    def __init__(self, archive: Archive, room: Workspace, owner: User, done: Callable[[int], None]) -> None:
        self.archive, self.room, self.owner, self.done = archive, room, owner, done
        self.numbers: Numbers = {}
        self.written = 0

    def all_tables(self) -> None:
        for model in tables():
            table = model._meta.db_table
            if table in self.archive.columns:
                self._number(model)
                self._table(model)
                self.written += len(self.numbers[table])
                self.done(self.written)
            else:
                self.numbers[table] = {}
        self._files()
        if "imported_as" not in self.archive.columns.get(MEMBER, ()):
            with connection.cursor() as cursor:
                cursor.execute(FILL)
        try:
            # Now and not at the end of whatever transaction this is part of: a deal without its history is refused here.
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except FAULTS as fault:
            raise _ruled_out("tables/deals_stagechange.jsonl", fault) from fault

    def _number(self, model: type[models.Model]) -> None:
        """New numbers for all rows of a table, in the order of the old ones. Refuses one number for two rows."""
        table = model._meta.db_table
        old: list[int] = []
        for line, row in self.archive.lines(table):
            if len(old) == self.archive.rows[table]:
                raise refused(f"tables/{table}.jsonl", line, _("there are more rows than the manifest says"))
            old.append(row["id"])
        if len(old) != self.archive.rows[table] or len(set(old)) != len(old):
            raise refused(f"tables/{table}.jsonl", len(old), _("rows are missing or stand twice"))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(old)]
            )
            self.numbers[table] = {was: int(new) for was, (new,) in zip(sorted(old), cursor.fetchall(), strict=True)}

    def _table(self, model: type[models.Model]) -> None:
        """All rows of a table: into a temporary one as they come, then in one statement to where they belong."""
        table = model._meta.db_table
        names = [sql.Identifier(name) for name in columns(model)]
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS archive_line")
            cursor.execute("CREATE TEMPORARY TABLE archive_line (body jsonb) ON COMMIT DROP")
            try:
                # A savepoint: what the database refuses becomes a sentence, and a sentence needs a transaction that goes on.
                with transaction.atomic():
                    with cursor.copy("COPY archive_line FROM STDIN") as copy:
                        for row in self._rows(model):
                            copy.write_row((dumps(row, ensure_ascii=False).replace("\\u0000", ""),))
                    cursor.execute(
                        sql.SQL(
                            "INSERT INTO {0} (workspace_id, {1}) SELECT {2}, {3} FROM archive_line, jsonb_populate_record(NULL::{0}, body) p"
                        ).format(
                            sql.Identifier(table),
                            sql.SQL(", ").join(names),
                            sql.Literal(self.room.pk),
                            sql.SQL(", ").join(sql.SQL("p.{}").format(name) for name in names),
                        )
                    )
            except FAULTS as fault:
                raise _ruled_out(f"tables/{table}.jsonl", fault) from fault

    def _rows(self, model: type[models.Model]) -> Iterator[Row]:
        table = model._meta.db_table
        points, given = references(model), set(self.archive.columns[table])
        fields = columns(model)
        missing = {name: _default(field) for name, field in fields.items()}
        shapes = {name: type(f.get_default()) for name, f in fields.items() if isinstance(f, models.JSONField)}
        change = SPECIAL.get(table, _as_it_is)
        for line, row in self.archive.lines(table):
            row = {**missing, **{name: value for name, value in row.items() if name in given}}
            row["id"] = self.numbers[table][row["id"]]
            for column, target in points.items():
                if row[column] is not None:
                    row[column] = self._followed(table, line, column, target, row[column])
            for column, shape in shapes.items():
                if row[column] is not None and shape in (dict, list) and not isinstance(row[column], shape):
                    raise refused(f"tables/{table}.jsonl", line, _("%(column)s has another shape") % {"column": column})
            try:
                yield change(row, self.numbers)
            except (TypeError, AttributeError, KeyError, ValueError) as fault:
                raise refused(f"tables/{table}.jsonl", line, _("this is not a row as Vunnet writes it")) from fault

    def _followed(self, table: str, line: int, column: str, target: str, number: Any) -> int | None:
        if target == User._meta.db_table:
            return None
        new = self.numbers[target].get(number) if isinstance(number, int) else None
        if new is None:
            raise refused(
                f"tables/{table}.jsonl", line, _("%(column)s names a row that is not there") % {"column": column}
            )
        return new

    def _files(self) -> None:
        known = self.numbers[Attachment._meta.db_table]
        for number, pieces in self.archive.files():
            if number not in known:
                raise refused(f"files/{number}", 1, _("no attachment has this number"))
            for position, piece in enumerate(pieces):
                AttachmentPart.objects.create(
                    workspace=self.room, attachment_id=known[number], position=position, body=piece
                )


FAULTS = (IntegrityError, DataError, BadValue)


def _ruled_out(name: str, fault: Exception) -> RuleBroken:
    return RuleBroken(
        _("This archive cannot be brought in: %(name)s breaks a rule of the database: %(why)s")
        % {"name": name, "why": str(fault).splitlines()[0]}
    )


def _default(field: models.Field[Any, Any]) -> Any:
    """What a column has in an archive that was made before there was such a column."""
    value = field.get_default()
    return value if value is not None or field.null else ""


def _as_it_is(row: Row, numbers: Numbers) -> Row:
    return row


def _attachment(row: Row, numbers: Numbers) -> Row:
    """A new address, since the old one may still lead to the first; a name that is a name."""
    return {**row, "token": str(uuid4()), "name": file_name(str(row["name"]))}


def _entry(row: Row, numbers: Numbers) -> Row:
    own = numbers.get(row["table"], {})
    changes = {name: _renumbered(name, value, own, numbers) for name, value in row["changes"].items()}
    # A row that is gone, or of a table that is not kept, has no number any more.
    return {**row, "row_id": own.get(row["row_id"], 0), "changes": changes}


def _renumbered(name: str, value: Any, own: dict[int, int], numbers: Numbers) -> Any:
    """A value of an entry: where its name says that it tells of rows, their new numbers; else as it is."""
    if name in MERGED and isinstance(value, dict):
        return {key: MERGED[name](key, part, own, numbers) for key, part in value.items()}
    known = own if name in OWN else numbers.get(CALLED.get(name, ""))
    return value if known is None else _follow(value, known)


def _follow(value: Any, known: dict[int, int]) -> Any:
    """A number, a list or pair of numbers, or a mapping by numbers."""
    if isinstance(value, list):
        return [_follow(one, known) for one in value]
    if isinstance(value, dict):
        return {str(known.get(int(key), 0)) if key.isdecimal() else key: one for key, one in value.items()}
    return known.get(value, 0) if isinstance(value, int) and not isinstance(value, bool) else value


def _rows_moved(key: str, value: Any, own: dict[int, int], numbers: Numbers) -> Any:
    return _follow(value, numbers.get(key.partition(".")[0], {}))


def _rows_taken_out(key: str, value: Any, own: dict[int, int], numbers: Numbers) -> Any:
    table = key.partition(".")[0]
    points = next((references(model) for model in tables() if model._meta.db_table == table), {})
    return [{n: numbers[points[n]].get(v) if n in points else v for n, v in row.items()} for row in value]


# What a merge writes down for its undoing: values by field, numbers and rows by "table.field" (contacts/merging.py).
MERGED: dict[str, Callable[[str, Any, dict[int, int], Numbers], Any]] = {
    "taken": _renumbered,
    "moved": _rows_moved,
    "parts": _rows_taken_out,
}


def _view(row: Row, numbers: Numbers) -> Row:
    """A saved view's question names rows by number."""
    table = TABLES.get(row["table"])
    fields = {field.name: field for field in table.fields} if table else {}
    pairs = []
    for name, value in parse_qsl(row["query"], keep_blank_values=True):
        field = fields.get(name.partition(".")[0])
        if field and field.kind in (Kind.ROW, Kind.TAGS) and value.isascii() and value.isdigit():
            value = str(numbers[field.model._meta.db_table].get(int(value), 0))
        pairs.append((name, value))
    return {**row, "query": urlencode(pairs)}


def _activity(row: Row, numbers: Numbers) -> Row:
    """A day without a time, as older archives hold it (midnight somewhere), is kept as days are now: migration 0005 of activities says why."""
    due = row["due_at"]
    if not isinstance(due, str) or row["due_has_time"]:
        return row
    moment = datetime.fromisoformat(due)
    if moment.tzinfo is None or moment.astimezone(UTC).timetz() == OF_A_DAY:
        return row
    return {**row, "due_at": all_day((moment.astimezone(UTC) + timedelta(hours=13)).date()).isoformat()}


SPECIAL: dict[str, Callable[[Row, Numbers], Row]] = {
    Activity._meta.db_table: _activity,
    Attachment._meta.db_table: _attachment,
    JOURNAL: _entry,
    SavedView._meta.db_table: _view,
}
