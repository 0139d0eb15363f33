"""The rows of a file that were refused, as they stand in it, each with its line and why: to be mended there and brought again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from vunnet.exchange import reading
from vunnet.exchange.refusals import Refusals


def sent_back(
    path: Path, refused: Iterable[tuple[int, str, str]], *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Iterator[list[str]]:
    """The header, then each row with a refusal once, in the order of the file; its line, and all that was said of it, come last.

    `refused`: (line, column or "", why). `encoding`, `delimiter`, `sheet`: as somebody said; empty: as guessed. A line that is no row of
    the table, such as one with a quote that never closes, comes with its cells empty. Raises CannotRead like any reading.
    """
    said: dict[int, list[str]] = {}
    for line, column, why in refused:
        said.setdefault(line, []).append(f"{column}: {why}" if column else why)
    table = reading.load(path, path.name, Refusals(), encoding=encoding, delimiter=delimiter, title=sheet)
    lines = table.lines_of(range(table.count)) if table.count else {}
    rows = {line: row for row, line in lines.items() if line in said}
    order = sorted(said)
    cells = [_cells(table, [rows.get(line) for line in order], header) for header in table.headers]
    yield [*table.headers, "line", "why"]
    for at, line in enumerate(order):
        yield [*(column[at] for column in cells), str(line), " ".join(said[line])]


def _cells(table: reading.Sheet, rows: list[int | None], header: str) -> list[str]:
    there = [row for row in rows if row is not None]
    found = iter(table.written(header, np.array(there, dtype=np.int64)))
    return ["" if row is None else next(found) for row in rows]
