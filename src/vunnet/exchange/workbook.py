"""Excel and OpenDocument workbooks into rows of text, written so that no number or date is ambiguous any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from vunnet.exchange import limits, safety
from vunnet.exchange.headers import without_repeats
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said
from vunnet.exchange.sniffing import Head, header_place, is_footer


@dataclass(frozen=True)
class Book:
    """The first filled sheet: its head, its columns as text, and the sheet row of each record."""

    head: Head
    columns: dict[str, list[str]]
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
    filled = _filled(path)
    if not filled:
        raise CannotRead("{name} has no sheet with anything in it.", name=path.name)
    chosen = next((found for found in filled if found[0] == sheet), None if sheet else filled[0])
    if chosen is None:
        raise CannotRead("{name} has no sheet called {sheet} with anything in it.", name=path.name, sheet=sheet)
    others = ", ".join(title for title, _ in filled if title != chosen[0])
    note = (
        said("Only the sheet {title} was read; also there: {others}.", title=chosen[0], others=others) if others else ""
    )
    return _book(path, chosen[1], header, note)


def titles(path: Path) -> list[str]:
    """The titles of the sheets with anything in them."""
    return [title for title, _ in _filled(path)]


def _filled(path: Path) -> list[tuple[str, list[list[Any]]]]:
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
        sheets = [(title, book.get_sheet_by_name(title).to_python(skip_empty_area=False)) for title in book.sheet_names]
    except Exception as fault:
        raise CannotRead(
            "{name} is not a workbook that can be read ({fault}); save it as CSV.", name=path.name, fault=fault
        ) from fault
    return [(title, rows) for title, rows in sheets if any(any(cell != "" for cell in row) for row in rows)]


def _book(path: Path, sheet: list[list[Any]], header: list[str] | None, note: str) -> Book:
    rows = [(line, [as_text(cell) for cell in row]) for line, row in enumerate(sheet, start=1)]
    rows = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    place = -1 if header else header_place(rows[: limits.HEADER_SEARCH_ROWS])
    line, titles = (0, header) if header else rows[place]
    titles = without_repeats(titles)
    if len(titles) > limits.COLUMNS:
        raise CannotRead(
            "{name} has {count} columns; at most {most} are read.",
            name=path.name,
            count=len(titles),
            most=limits.COLUMNS,
        )
    data = [(number, cells) for number, cells in rows[place + 1 :] if not is_footer(cells)]
    columns = {title: [cells[i] if i < len(cells) else "" for _, cells in data] for i, title in enumerate(titles)}
    preview = [cells for _, cells in data[: limits.PREVIEW_ROWS]]
    return Book(Head("workbook", "", titles, line, preview), columns, [number for number, _ in data], note)
