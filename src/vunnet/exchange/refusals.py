"""Which line of a file was refused, and why, in a sentence its owner can act on.

`Refused` is the record, `Refusals` collects while a file is read and finds the physical lines once at the end,
`CannotRead` stops a reading that has no usable rows at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vunnet.exchange import limits
from vunnet.exchange.sentences import Sentence, said

if TYPE_CHECKING:
    from vunnet.exchange.reading import Sheet


class CannotRead(Exception):
    """Nothing of the given files can be used; the sentence says what and how to mend it."""

    def __init__(self, pattern: str, **values: object) -> None:
        self.sentence = pattern if isinstance(pattern, Sentence) else said(pattern, **values)
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Refused:
    """A cell, or with an empty column a whole row, that was not taken over. `line` is physical, from 1; 0: the file."""

    file: str
    line: int
    column: str
    value: str
    why: str


@dataclass
class _Batch:
    sheet: Sheet
    column: str
    rows: np.ndarray
    values: Sequence[str]
    whys: Sequence[str]


@dataclass
class Refusals:
    """What was refused so far, by sheet and row; `listed()` turns rows into lines."""

    whole_files: list[Refused] = field(default_factory=list)
    _batches: list[_Batch] = field(default_factory=list)
    _dead: dict[str, np.ndarray] = field(default_factory=dict)

    def file(self, name: str, why: str, line: int = 0) -> None:
        self.whole_files.append(Refused(name, line, "", "", why))

    def cells(self, sheet: Sheet, column: str, rows: np.ndarray, whys: Sequence[str]) -> None:
        """Refuse these cells; their rows stay, with nothing in that column."""
        if len(rows):
            self._batches.append(_Batch(sheet, column, sheet.in_file(rows), sheet.written(column, rows), whys))

    def rows(self, sheet: Sheet, column: str, rows: np.ndarray, whys: Sequence[str]) -> None:
        """Refuse whole rows, because of this column."""
        fresh = ~self.dead(sheet)[rows]
        self.cells(sheet, column, rows[fresh], [why for why, new in zip(whys, fresh, strict=True) if new])
        self._of_file(sheet)[sheet.in_file(rows)] = True

    def dead(self, sheet: Sheet) -> np.ndarray:
        """Per row of the sheet: was it refused whole?"""
        dead = self._of_file(sheet)
        return dead if sheet.origin is None else dead[sheet.origin]

    def kept(self, sheet: Sheet) -> int:
        return sheet.count - int(self.dead(sheet).sum())

    def _of_file(self, sheet: Sheet) -> np.ndarray:
        return self._dead.setdefault(sheet.name, np.zeros(sheet.whole or sheet.count, dtype=bool))

    def listed(self) -> list[Refused]:
        """Everything refused, ordered by file and line, each once."""
        total = sum(len(batch.rows) for batch in self._batches)
        found = list(self.whole_files)
        found.extend(dict.fromkeys(self._first(limits.REFUSALS_LISTED)))
        found.sort(key=lambda refused: (refused.file, refused.line, refused.column))
        if total > limits.REFUSALS_LISTED:
            rest = total - limits.REFUSALS_LISTED
            found.append(
                Refused("", 0, "", "", said("{rest} more cells were refused for reasons like these.", rest=rest))
            )
        return found

    def _first(self, most: int) -> Iterator[Refused]:
        lines = self._lines(most)
        for batch in self._batches:
            for row, value, why in zip(batch.rows[:most], batch.values, batch.whys, strict=False):
                line = lines[batch.sheet.name][int(row)]
                yield Refused(batch.sheet.name, line, batch.column, value[: limits.VALUE_CHARACTERS], why)
            most -= min(most, len(batch.rows))

    def _lines(self, most: int) -> dict[str, dict[int, int]]:
        wanted: dict[str, set[int]] = {}
        sheets: dict[str, Sheet] = {}
        for batch in self._batches:
            sheets[batch.sheet.name] = batch.sheet
            wanted.setdefault(batch.sheet.name, set()).update(int(row) for row in batch.rows[:most])
        return {name: sheets[name].lines_of(rows) for name, rows in wanted.items()}
