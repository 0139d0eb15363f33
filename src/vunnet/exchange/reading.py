"""A file into text columns, quickly, with the physical line of every row at hand when a refusal needs it.

`Sheet` is one table of a file, all cells as trimmed text, empty ones null. Arrow's reader does ordinary files; whatever
it stumbles over (rows of another length, odd quotes) goes through `careful`, slower and exact.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from vunnet.exchange import limits, safety, workbook
from vunnet.exchange.arrow import pc
from vunnet.exchange.refusals import CannotRead, Refusals
from vunnet.exchange.sentences import said
from vunnet.exchange.sniffing import FOOTER_CELLS, FOOTERS, Head, is_footer, sniff

BATCH = 50_000
END = "end of file\x1e\x1e"  # a last line of ours: whatever record holds it was never closed
# An apostrophe that only says "this is text": exports, ours too, put it before what a spreadsheet would take for a formula.
MARKED = r"^'(\s*[=+@-])"
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass
class Sheet:
    """One table of a file: `columns` by header as written, `count` rows; row numbers start at 0.

    A sheet of chosen rows only knows their numbers in the file by `origin`, and the file's own count as `whole`.
    """

    path: Path
    name: str
    head: Head
    columns: dict[str, Any]
    count: int
    note: str = ""
    origin: np.ndarray | None = field(default=None, repr=False)
    whole: int = 0
    _lines: np.ndarray | None = field(default=None, repr=False)

    @property
    def headers(self) -> list[str]:
        return list(self.columns)

    def chosen(self, mask: np.ndarray) -> Sheet:
        """The same sheet with only the rows of the mask."""
        if mask.all():
            return self
        picked = pa.array(mask)
        columns = {name: values.filter(picked) for name, values in self.columns.items()}
        rows = np.flatnonzero(mask)
        origin = rows if self.origin is None else self.origin[rows]
        return replace(self, columns=columns, count=len(rows), origin=origin, whole=self.whole or self.count)

    def in_file(self, rows: np.ndarray) -> np.ndarray:
        """The numbers that these rows have in the file."""
        return rows if self.origin is None else self.origin[rows]

    def written(self, column: str, rows: np.ndarray) -> list[str]:
        """What stands in these cells."""
        if column not in self.columns:
            return [""] * len(rows)
        return [value or "" for value in self.columns[column].take(pa.array(rows)).to_pylist()]

    def lines_of(self, rows: Iterable[int]) -> dict[int, int]:
        """The physical lines on which these rows (numbers in the file) begin; the file is scanned again if need be."""
        if self._lines is None:
            self._lines = np.fromiter((line for line, _ in records(self.path, self.head)), dtype=np.int64)
        last = len(self._lines) - 1
        return {row: int(self._lines[min(row, last)]) for row in rows}


def load(
    path: Path,
    name: str,
    refusals: Refusals,
    header: list[str] | None = None,
    *,
    encoding: str = "",
    delimiter: str = "",
    title: str = "",
) -> Sheet:
    """Read one file whole. Raises CannotRead when it is no table or breaks a limit.

    `encoding`, `delimiter`, `title` of the workbook's sheet: as somebody said; empty: as guessed.
    """
    if not path.is_file():
        raise CannotRead("{path} does not exist.", path=path)
    if is_workbook(path):
        return _load_workbook(path, name, header, title)
    guess = sniff(path, header, encoding or None, delimiter)
    told = safety.survey(path, guess.encoding)
    head = sniff(path, header, encoding or told.encoding, delimiter)
    sheet = None if leaves_a_quote_open(told, head) else _quickly(path, name, head)
    if sheet is None:
        return _carefully(path, name, head, refusals)
    if told.lines - head.header_line == sheet.count:  # then every row is one line, and no line is blank
        sheet._lines = np.arange(head.header_line + 1, told.lines + 1)
    return sheet


def leaves_a_quote_open(told: safety.Survey, head: Head) -> bool:
    """May the file end inside a quote? Arrow would take the rest of the file for one cell and say nothing."""
    if not told.quotes_pair_up or '"' not in told.last_line:
        return not told.quotes_pair_up
    cells = next(csv.reader([told.last_line + "\n", END], delimiter=head.delimiter), [""])
    return cells[-1].endswith(END)


def is_workbook(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(4)
    return start == safety.ZIP or (start == b"\xd0\xcf\x11\xe0" and path.suffix.lower() in WORKBOOKS)


def _quickly(path: Path, name: str, head: Head) -> Sheet | None:
    """Arrow's reader; None when some row is not of the header's length, or the quotes confuse it."""
    places = [str(place) for place in range(len(head.header))]
    try:
        with safety.open_bytes(path) as stream:
            table = pa_csv.read_csv(
                stream if safety.is_gzip(path) else path,
                read_options=pa_csv.ReadOptions(
                    column_names=places,
                    skip_rows=head.header_line,
                    encoding="utf-8" if head.encoding == "utf-8-sig" else head.encoding,
                    block_size=limits.LINE_BYTES,
                ),
                parse_options=pa_csv.ParseOptions(delimiter=head.delimiter, newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid:
        return None
    if _ends_in_many_lines(table):
        return None
    columns = {header: _trimmed(table.column(place)) for header, place in zip(head.header, places, strict=True)}
    table = _without_blank_rows(pa.table(columns))
    if _has_footer(table):
        return None
    return Sheet(path, name, head, {name: table.column(name).combine_chunks() for name in columns}, table.num_rows)


def _without_blank_rows(table: Any) -> Any:
    blank = table.column(0).is_null()
    for column in table.columns[1:]:
        if not pc.any(blank).as_py():
            return table
        blank = pc.and_(blank, column.is_null())
    return table.filter(pc.invert(blank)) if pc.any(blank).as_py() else table


def _ends_in_many_lines(table: Any) -> bool:
    """Does the last row, as it was read, hold a line break? It may be the rest of the file, after a quote that was never closed."""
    last = table.slice(max(0, table.num_rows - 1)).to_pylist()
    return any("\n" in (cell or "") or "\r" in (cell or "") for row in last for cell in row.values())


def _has_footer(table: Any) -> bool:
    for column in table.columns[:FOOTER_CELLS]:
        begins = pc.fill_null(pc.match_substring_regex(column, f"(?i)^({'|'.join(FOOTERS)})"), False)
        rows = np.flatnonzero(begins.to_numpy())
        if len(rows) > BATCH:
            return True
        if any(is_footer([value or "" for value in row.values()]) for row in table.take(pa.array(rows)).to_pylist()):
            return True
    return False


def _trimmed(column: Any) -> Any:
    values = pc.utf8_trim_whitespace(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pc.any(pc.starts_with(values, "'")).as_py():
        values = pc.replace_substring_regex(values, MARKED, r"\1")
    empty = pc.equal(values, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), values) if pc.any(empty).as_py() else values


def _carefully(path: Path, name: str, head: Head, refusals: Refusals) -> Sheet:
    """Python's reader: rows of another length are refused by line, report footers are left out."""
    width = len(head.header)
    lines: list[int] = []
    batches: list[Any] = []
    rows: list[list[str]] = []
    for line, cells in records(path, head, refusals=refusals, name=name):
        lines.append(line)
        rows.append(cells)
        if len(rows) == BATCH:
            batches.append(_batch(rows, width))
            rows = []
    batches.append(_batch(rows, width))
    table = pa.concat_tables(batches)
    columns = {header: _trimmed(table.column(place)) for place, header in enumerate(head.header)}
    return Sheet(path, name, head, columns, len(lines), _lines=np.array(lines, dtype=np.int64))


def _batch(rows: list[list[str]], width: int) -> Any:
    cells = list(zip(*rows, strict=True)) or [()] * width
    return pa.table([pa.array(values, pa.string()) for values in cells], names=[str(i) for i in range(width)])


def records(
    path: Path, head: Head, refusals: Refusals | None = None, name: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """Every data row of the right length with the physical line it begins on; others are refused."""
    width = len(head.header)
    with safety.open_bytes(path) as raw, io.TextIOWrapper(raw, encoding=head.encoding, newline="") as text:
        for _ in range(head.header_line):
            text.readline()
        reader = csv.reader(chain(text, [END]), delimiter=head.delimiter)
        line = head.header_line + 1
        try:
            for cells in reader:
                begun, line = line, head.header_line + reader.line_num + 1
                if (
                    len(cells) == width > 2
                    and all(cells)
                    and not any(map(str.isspace, cells))
                    and cells[-1][-1] != END[-1]
                ):
                    yield begun, cells  # nearly every row, quickly
                    continue
                why = _unusable(cells, width, line - begun)
                if why and refusals is not None:
                    refusals.file(name, why, begun)
                elif not why and any(cell.strip() for cell in cells) and not is_footer(cells) and cells != [END]:
                    yield begun, cells[:width]
        except csv.Error as fault:
            if refusals is not None:
                why = said(
                    "From here on the file cannot be read ({fault}); look for a quote that is never closed.",
                    fault=fault,
                )
                refusals.file(name, why, line)


def _unusable(cells: list[str], width: int, lines: int) -> str:
    """Why a record cannot be a row; nothing for a row, a blank line, a report's footer, or our own last line."""
    if cells == [END] or is_footer(cells) or not any(cell.strip() for cell in cells):
        return ""
    if cells[-1].endswith(END):
        return _never_closed(lines - 1)
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        return _wrong_length(cells, width, lines)
    return ""


def _never_closed(lines: int) -> str:
    return said(
        "A quote opened in this row is never closed, so its {lines} lines to the end of the file were not read.",
        lines=lines,
    )


def _wrong_length(cells: list[str], width: int, lines: int) -> str:
    if lines > 1:
        return said(
            "The row has {count} cells where the header has {width}, and it runs over {lines} lines: look for a quote that is never closed.",
            count=len(cells),
            width=width,
            lines=lines,
        )
    return said(
        "The row has {count} cells where the header has {width}: look for a stray delimiter or a line break inside a cell without quotes.",
        count=len(cells),
        width=width,
    )


def _load_workbook(path: Path, name: str, header: list[str] | None, title: str) -> Sheet:
    book = workbook.read(path, header, title)
    columns = {title: _trimmed(cells.combine_chunks()) for title, cells in book.columns.items()}
    return Sheet(path, name, book.head, columns, len(book.lines), book.note, _lines=np.array(book.lines))
