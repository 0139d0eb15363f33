"""What a text file's first lines tell: encoding, delimiter, and where the header stands. Guesses, not yet verified."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from vunnet.exchange import limits
from vunnet.exchange.headers import without_repeats
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.safety import read_head

DELIMITERS = ",;\t|"
FOOTER_CELLS = 3  # a report's footer begins in one of its first cells
FOOTERS = ("grand total", "total", "subtotal", "confidential information", "copyright")

csv.field_size_limit(limits.CELL_CHARACTERS)


@dataclass(frozen=True)
class Head:
    """How a text file begins. `header_line` is where the header ends, physical, from 1; 0: the file has none."""

    encoding: str
    delimiter: str
    header: list[str]
    header_line: int
    first_rows: list[list[str]]


def guess_encoding(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:4096]
    if len(sample) >= 4 and sample[1::2].count(0) > len(sample) * 0.3 and sample[0::2].count(0) == 0:
        return "utf-16-le"
    if len(sample) >= 4 and sample[0::2].count(0) > len(sample) * 0.3 and sample[1::2].count(0) == 0:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252"


def sniff(
    path: Path, header: list[str] | None = None, encoding: str | None = None, delimiter: str | None = None
) -> Head:
    """The head of a text file; `header` names the columns of a file that has no header of its own.

    `encoding` and `delimiter`: as somebody said, else as guessed.
    """
    raw = read_head(path)
    if not raw.strip():
        raise CannotRead("{name} is empty.", name=path.name)
    encoding = encoding or guess_encoding(raw)
    if not encoding.startswith("utf-16") and b"\0" in raw:
        raise CannotRead("{name} holds NUL bytes, so it is not a text file; export it as CSV or XLSX.", name=path.name)
    try:
        decoder = codecs.getincrementaldecoder(encoding)
    except LookupError:
        raise CannotRead("There is no such encoding.") from None
    text = decoder(errors="replace").decode(raw)
    whole = len(raw) < limits.HEAD_BYTES
    if not whole and "\n" not in text and "\r" not in text:
        raise CannotRead(
            "{name} has no line end within {most} bytes; it is not a table.", name=path.name, most=limits.HEAD_BYTES
        )
    told, text = _excel_hint(text.lstrip("\ufeff"))
    delimiter = delimiter or told or _delimiter(text)
    records = _records(text, delimiter, whole)
    if header is not None:
        return _headed(path, encoding, delimiter, header, 0, [cells for _, cells in records])
    place = header_place(records)
    line = records[place][0] + (1 if told else 0)
    rows = [cells for _, cells in records[place + 1 :]]
    return _headed(path, encoding, delimiter, records[place][1], line, rows)


def _headed(path: Path, encoding: str, delimiter: str, header: list[str], line: int, rows: list[list[str]]) -> Head:
    if len(header) > limits.COLUMNS:
        raise CannotRead(
            "{name} has {count} columns; at most {most} are read.",
            name=path.name,
            count=len(header),
            most=limits.COLUMNS,
        )
    return Head(encoding, delimiter, without_repeats(header), line, rows[: limits.PREVIEW_ROWS])


def _excel_hint(text: str) -> tuple[str, str]:
    """Excel may write `sep=;` as a first line."""
    first, end, rest = text.partition("\n")
    hint = first.strip().strip('"')
    if end and hint.lower().startswith("sep=") and len(hint) == 5:
        return hint[4], rest
    return ("\t", rest) if end and first.rstrip("\r\n") == "sep=\t" else ("", text)


def _records(text: str, delimiter: str, whole: bool) -> list[tuple[int, list[str]]]:
    """The first records with the physical line each ends on; a last one that may be cut off is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if cells:
                found.append((reader.line_num, cells))
            if len(found) > limits.HEADER_SEARCH_ROWS + limits.PREVIEW_ROWS:
                return found
    except csv.Error:
        return found or [(1, [text[:100]])]
    return found if whole or len(found) < 2 else found[:-1]


def _delimiter(text: str) -> str:
    """The delimiter under which most rows have the same number of cells, and many."""

    def consistency(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(cells) for _, cells in _records(text, delimiter, whole=False))
        width, rows = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        return (rows / widths.total() * min(width - 1, 1), width)

    return max(DELIMITERS, key=lambda delimiter: _rank(*consistency(delimiter)))


def _rank(share: float, width: int) -> tuple[float, int]:
    return (round(share, 1), width)


def header_place(records: list[tuple[int, list[str]]]) -> int:
    """The first row that is about as full as the table is wide: above it stand only titles and filters."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in records[: limits.HEADER_SEARCH_ROWS]]
    widest = max(filled)
    return next(place for place, cells in enumerate(filled) if cells >= max(0.6 * widest, min(2, widest)))


def is_footer(cells: list[str]) -> bool:
    """Is this a line below a report's table: a total, a confidentiality note, a copyright?"""
    full = [cell.strip() for cell in cells if cell.strip()]
    if not full or len(full) > max(2, 0.4 * len(cells)):
        return False
    first = next(cell.strip() for cell in cells if cell.strip())
    return any(cell.strip() for cell in cells[:FOOTER_CELLS]) and first.casefold().startswith(FOOTERS)
