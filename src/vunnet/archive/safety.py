"""What an archive must pass before a row of it is written: it is a whole zip of ours, and unpacks to no more than the operator allows."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _

from vunnet.archive.kept import FORMAT, columns, tables
from vunnet.lib.errors import RuleBroken

LONGEST_LINE = 16_000_000
MANIFEST_BYTES = 1_000_000
PIECE = 1_000_000


@dataclass(frozen=True)
class Archive:
    """An archive that was looked through: what it says of the workspace, and which columns and how many rows each table has."""

    zip: zipfile.ZipFile
    workspace: dict[str, Any]
    columns: dict[str, list[str]]
    rows: dict[str, int]

    def lines(self, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line number, row) of a table."""
        name = f"tables/{table}.jsonl"
        if name not in self.zip.NameToInfo:
            return
        with self.zip.open(name) as entry:
            number = 0
            while line := entry.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise refused(name, number, _("the line is too long"))
                yield number, _row(name, number, line)

    def files(self) -> Iterator[tuple[int, Iterator[bytes]]]:
        """(number of the attachment, its bytes piece by piece)."""
        for name in self.zip.NameToInfo:
            kind, _slash, rest = name.partition("/")
            if kind == "files":
                yield int(rest.partition("/")[0]), self._pieces(name)

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self.zip.open(name) as entry:
            while piece := entry.read(PIECE):
                yield piece


def refused(name: str, line: int, why: str) -> RuleBroken:
    return RuleBroken(
        _("This archive cannot be brought in: %(name)s, line %(line)s: %(why)s.")
        % {"name": name, "line": line, "why": why}
    )


def _row(name: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("id"), int) or isinstance(row["id"], bool):
        raise refused(name, number, _("this is not a row with a number"))
    return row


def opened(body: IO[bytes], *, limit: int) -> Archive:
    """Look an archive through. Refuses what is no archive, what is damaged, what a newer Vunnet made, and what unpacks to over `limit` bytes."""
    try:
        packed = zipfile.ZipFile(body)
        return _looked_through(packed, limit)
    except (zipfile.BadZipFile, NotImplementedError, KeyError, ValueError, TypeError, AttributeError) as fault:
        raise damaged() from fault


def damaged() -> RuleBroken:
    return RuleBroken(
        _("This is not an archive of Vunnet, or it is damaged. Choose the .zip file that Settings → Archive gave.")
    )


def _looked_through(packed: zipfile.ZipFile, limit: int) -> Archive:
    # The directory's sizes bind: zipfile hands out no more bytes than they say.
    if sum(entry.file_size for entry in packed.infolist()) > limit:
        raise RuleBroken(
            _("This archive unpacks to more than %(mb)s MB; the operator sets the limit.") % {"mb": limit // 1_000_000}
        )
    if packed.getinfo("manifest.json").file_size > MANIFEST_BYTES:
        raise ValueError("manifest")
    manifest = json.loads(packed.read("manifest.json"))
    if manifest["format"] > FORMAT:
        raise RuleBroken(
            _("A newer Vunnet made this archive (format %(n)s). Update first.") % {"n": manifest["format"]}
        )
    said = {str(name): dict(table) for name, table in manifest["tables"].items()}
    found = Archive(
        packed,
        {str(name): value for name, value in manifest["workspace"].items()},
        {name: [str(column) for column in table["columns"]] for name, table in said.items()},
        {name: int(table["rows"]) for name, table in said.items()},
    )
    _demand_known(found, packed.namelist())
    return found


def _demand_known(found: Archive, names: list[str]) -> None:
    known = {model._meta.db_table: set(columns(model)) for model in tables()}
    for table, own in found.columns.items():
        strange = [f"{table}.{column}" for column in own if column not in known.get(table, set())]
        if table not in known or strange:
            raise RuleBroken(
                _("This archive has something that this Vunnet does not know (%(what)s). Update first.")
                % {"what": ", ".join(strange[:3]) or table}
            )
    expected = {"manifest.json", *(f"tables/{table}.jsonl" for table in known)}
    for name in names:
        kind, _slash, rest = name.partition("/")
        is_file = kind == "files" and rest.partition("/")[0].isdecimal() and len(rest) < 500
        if name not in expected and not is_file:
            raise ValueError(name)
    if len(set(names)) != len(names):
        raise ValueError("names")
