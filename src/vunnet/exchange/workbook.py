"""Excel and OpenDocument workbooks into rows of text, written so that no number or date is ambiguous any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook

from vunnet.exchange import limits, safety
from vunnet.exchange.headers import without_repeats
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import Sentence, said
from vunnet.exchange.sniffing import Head, header_place, is_footer

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Book:
    """The first filled sheet: its head, its columns as text, and the sheet row of each record."""

    head: Head
    columns: dict[str, Any]
    lines: list[int]
    note: str


def as_text(cell: Any) -> str:
    """A cell as text that reads in one way only.

    >>> as_text(1.234), as_text(1200.0), as_text(datetime(2024, 3, 1))
    ('1.2340', '1200', '2024-03-01')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _number(cell.total_seconds())
    return str(cell).replace("\0", "")


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = format(value, ".15g") if "e" in repr(value) else repr(value)
    whole, _, decimals = text.partition(".")
    # Three decimals could be read as thousands where a comma is the decimal mark.
    return f"{whole}.{decimals}0" if len(decimals) == 3 else text


def read(path: Path, header: list[str] | None = None, sheet: str = "") -> Book:
    """A sheet of a workbook: the one with this title, else the first with anything in it."""
    chosen, titles = _chosen(path, sheet)
    others = ", ".join(title for title in titles if title != chosen.name)
    note = (
        said("Only the sheet {title} was read; also there: {others}.", title=chosen.name, others=others)
        if others
        else ""
    )
    head, rows = _begun(path, chosen, header)
    lines, columns = _columns(head, rows)
    return Book(replace(head, first_rows=_first(columns)), columns, lines, note)


def head(path: Path, sheet: str = "") -> Head:
    """How a sheet begins, without what follows the first rows."""
    heads = _heads(path, path.stat().st_mtime_ns)
    if not heads:
        raise _empty(path)
    if sheet and sheet not in heads:
        raise _no_such(path, sheet)
    found = heads[sheet or next(iter(heads))]
    if isinstance(found, Sentence):
        raise CannotRead(found)
    return found


def titles(path: Path) -> list[str]:
    """The titles of the sheets with anything in them."""
    return list(_heads(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4)
def _heads(path: Path, written_at: int) -> dict[str, Head | Sentence]:
    """How each sheet begins, or why it cannot be read. A page asks several times, and each reading of a million rows takes seconds."""
    found: dict[str, Head | Sentence] = {}
    for sheet in _filled(path):
        try:
            begun, rows = _begun(path, sheet, None)
            found[sheet.name] = replace(begun, first_rows=_first(_columns(begun, islice(rows, limits.PREVIEW_ROWS))[1]))
        except CannotRead as why:
            found[sheet.name] = why.sentence
    return found


def _empty(path: Path) -> CannotRead:
    return CannotRead("{name} has no sheet with anything in it.", name=path.name)


def _no_such(path: Path, title: str) -> CannotRead:
    return CannotRead("{name} has no sheet called {sheet} with anything in it.", name=path.name, sheet=title)


def _chosen(path: Path, title: str) -> tuple[CalamineSheet, list[str]]:
    """The sheet with this title, else the first, and the titles of all. Only that one stays in memory."""
    chosen, found = None, []
    for sheet in _filled(path):
        found.append(sheet.name)
        if chosen is None and title in ("", sheet.name):
            chosen = sheet
    if not found:
        raise _empty(path)
    if chosen is None:
        raise _no_such(path, title)
    return chosen, found


def _filled(path: Path) -> Iterator[CalamineSheet]:
    """The sheets with anything in them, one after the other."""
    if safety.is_zip(path):
        safety.check_workbook(path)
    elif path.stat().st_size > limits.UNPACK_FREE_BYTES:
        raise CannotRead(
            "{name} is an old .xls of over {most} bytes; save it as .xlsx.",
            name=path.name,
            most=limits.UNPACK_FREE_BYTES,
        )
    try:
        book = CalamineWorkbook.from_path(path)
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            if any(any(cell != "" for cell in row) for row in sheet.iter_rows()):
                yield sheet
    except Exception as fault:
        raise CannotRead(
            "{name} is not a workbook that can be read ({fault}); save it as CSV.", name=path.name, fault=fault
        ) from fault


Rows = Iterator[tuple[int, list[str]]]


def _texts(sheet: CalamineSheet) -> Rows:
    """The rows with anything in them as text, each with its line; made one by one, so that a million need no room at once."""
    # `iter_rows` begins with the sheet's first row, also where nothing stands in it, and with the first column that has anything.
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [as_text(cell) for cell in row]
        if any(cell.strip() for cell in cells):
            yield line, cells


def _begun(path: Path, sheet: CalamineSheet, header: list[str] | None) -> tuple[Head, Rows]:
    """The head of a sheet, still without its first rows, and the rows below it."""
    rows = _texts(sheet)
    above = [] if header else list(islice(rows, limits.HEADER_SEARCH_ROWS))
    place = -1 if header else header_place(above)
    line, titles = (0, header) if header else above[place]
    titles = without_repeats(titles)
    if len(titles) > limits.COLUMNS:
        raise CannotRead(
            "{name} has {count} columns; at most {most} are read.",
            name=path.name,
            count=len(titles),
            most=limits.COLUMNS,
        )
    below = chain(above[place + 1 :], rows)
    return Head("workbook", "", titles, line, []), (row for row in below if not is_footer(row[1]))


def _columns(head: Head, rows: Rows) -> tuple[list[int], dict[str, Any]]:
    """The lines of the rows, and the columns as text, packed as they come."""
    lines: list[int] = []
    packed: list[list[Any]] = [[] for _title in head.header]
    while part := list(islice(rows, ROWS_AT_ONCE)):
        lines += [line for line, _cells in part]
        for place, chunks in enumerate(packed):
            chunks.append(pa.array([cells[place] if place < len(cells) else "" for _line, cells in part], pa.string()))
    columns = zip(head.header, packed, strict=True)
    return lines, {title: pa.chunked_array(chunks, pa.string()) for title, chunks in columns}


def _first(columns: Mapping[str, Any]) -> list[list[str]]:
    found = [column.slice(0, limits.PREVIEW_ROWS).to_pylist() for column in columns.values()]
    return [list(row) for row in zip(*found, strict=True)]
