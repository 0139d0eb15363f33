"""A sheet seen through a layout: each meaning as a typed column, with refusals noted where a cell cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import amounts, moments
from vunnet.exchange.arrow import pc
from vunnet.exchange.headers import Layout, attribute, plain
from vunnet.exchange.reading import Sheet
from vunnet.exchange.refusals import Refusals
from vunnet.exchange.sentences import said

TRUE = ("true", "1", "yes", "y", "t", "ja", "x", "si", "sí", "checked", "done", "1.0")
FALSE = ("false", "0", "no", "n", "f", "nei", "unchecked", "undone", "to do", "0.0")
NOT_A_FLAG = said("This is neither true nor false; write true or false.")
NOT_A_NUMBER = said("This is not a number; write it as 12 or 12.5.")
MOST = 2.0**31 - 1  # of a count
NUMBER = pa.decimal128(28, 6)


@dataclass
class Rows:
    """The rows of one sheet. `names`: meaning → header. `order` and `mark` override what the file's values say."""

    sheet: Sheet
    names: Mapping[str, str]
    refusals: Refusals
    zone: str = "UTC"
    order: str = ""
    mark: str = ""
    ids: Any = None  # of the deals that the rows became, where a source module has said so
    _used: set[str] = field(default_factory=set)

    def has(self, *meanings: str) -> bool:
        return all(meaning in self.names for meaning in meanings)

    def text(self, meaning: str) -> Any:
        """Trimmed text, null where empty or where the file has no such column."""
        if meaning not in self.names:
            return pa.nulls(self.sheet.count, pa.string())
        self._used.add(self.names[meaning])
        return self.sheet.columns[self.names[meaning]]

    def moment(self, meaning: str) -> Any:
        """Naive UTC timestamps."""
        read = moments.read_moments(self.text(meaning), self.zone, lambda: self.order or self._file_order)
        self.refuse(meaning, read.bad, read.whys)
        return read.values

    def day(self, meaning: str) -> Any:
        """The calendar day in the workspace's zone, never shifted by it."""
        values = self.moment(meaning)
        if self.zone != "UTC":
            values = pc.local_timestamp(pc.assume_timezone(values, "UTC").cast(pa.timestamp("us", self.zone)))
        return values.cast(pa.date32(), safe=False)

    def money(self, meaning: str) -> Any:
        """Amounts with two decimals."""
        read = amounts.read_amounts(self.text(meaning), lambda: self.mark or self._file_mark)
        self.refuse(meaning, read.bad, read.whys)
        return read.values

    def number(self, meaning: str) -> Any:
        """Any plain number as float64, read with the same care for its decimal mark."""
        return self._numbers(meaning, self.text(meaning))

    def percent(self, meaning: str) -> Any:
        """A share 0…1 from `40`, `40%` or `0.4`; a column that never passes 1 is taken for shares already."""
        column = self.text(meaning)
        signed = pc.any(pc.match_substring(column, "%")).as_py()
        shares = self._numbers(meaning, pc.replace_substring_regex(column, r"\s*%$", "") if signed else column)
        highest = pc.max(shares).as_py()
        return pc.divide(shares, 100.0) if signed or (highest is not None and highest > 1) else shares

    def whole(self, meaning: str) -> Any:
        """Whole numbers such as a count of employees; marks before three digits part thousands, whichever they are."""
        column = pc.replace_substring_regex(self.text(meaning), r"[.,'\s](\d{3})\b", r"\1")
        numbers = self._numbers(meaning, column)
        bad = np.flatnonzero(pc.fill_null(pc.greater(pc.abs(numbers), MOST), False).to_numpy(zero_copy_only=False))
        self.refuse(meaning, bad, [NOT_A_NUMBER] * len(bad))
        return pc.floor(pc.if_else(pc.greater(pc.abs(numbers), MOST), None, numbers)).cast(pa.int64())

    def flag(self, meaning: str) -> Any:
        """True, false, or null where empty."""
        column = pc.utf8_lower(self.text(meaning))
        yes = pc.is_in(column, pa.array(TRUE))
        no = pc.is_in(column, pa.array(FALSE))
        odd = pc.and_(pc.is_valid(column), pc.invert(pc.or_(yes, no)))
        bad = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
        self.refuse(meaning, bad, [NOT_A_FLAG] * len(bad))
        return pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))

    def texts(self, meaning: str) -> Any:
        """A list from a cell of several values parted by `;` (or `,` where no `;` is in the column)."""
        column = self.text(meaning)
        mark = ";" if pc.any(pc.match_substring(column, ";")).as_py() else ","
        return listed(column, mark)

    def refuse(self, meaning: str, rows: np.ndarray, whys: Iterable[str]) -> None:
        """Refuse these cells; the rows stay."""
        self.refusals.cells(self.sheet, self.names[meaning], rows, list(whys)) if len(rows) else None

    def require(self, meaning: str, why: str, values: Any | None = None) -> None:
        """Refuse whole every row that has nothing here (or in `values`, made from other columns)."""
        values = self.text(meaning) if values is None else values
        missing = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
        self.refusals.rows(self.sheet, self.names.get(meaning, meaning), missing, [why] * len(missing))

    def require_unique(self, meaning: str, values: Any | None = None) -> None:
        """Refuse whole every row whose value an earlier row has, naming that row's line."""
        values = self.text(meaning) if values is None else values
        again, first = repeats(values)
        alive = ~self.refusals.dead(self.sheet)[again]
        again, first = again[alive], first[alive]
        if len(again):
            first = self.sheet.in_file(first)
            lines = self.sheet.lines_of(set(first.tolist()))
            whys = [
                said("The same identifier stands in line {line} already; that row was kept.", line=lines[int(row)])
                for row in first
            ]
            self.refusals.rows(self.sheet, self.names.get(meaning, meaning), again, whys)

    def typed(self, meaning: str, kind: Any) -> Any:
        """The column in the type a table wants it in."""
        if meaning in ("probability", "share"):
            return self.percent(meaning)
        readers = {
            pa.timestamp("us"): self.moment,
            pa.date32(): self.day,
            amounts.MONEY: self.money,
            pa.float64(): self.number,
            pa.int32(): self.whole,
            pa.int64(): self.whole,
            pa.list_(pa.string()): self.texts,
        }
        return readers.get(kind, self.text)(meaning)

    @property
    def alive(self) -> Any:
        """Which rows were not refused whole, as a mask."""
        return pa.array(~self.refusals.dead(self.sheet))

    def attributes(self, layout: Layout | None, *, kept: Iterable[str] = ()) -> dict[str, Any]:
        """Columns nothing else uses, as `x_…` text; those that are empty throughout or known noise are left out."""
        known = set() if layout is None else layout.noise
        taken = {self.names[meaning] for meaning in self.names} | set(kept)
        found: dict[str, Any] = {}
        for header, values in self.sheet.columns.items():
            if header in taken or plain(header) in known or values.null_count == len(values):
                continue
            name = attribute(header)
            found[name if name not in found else f"{name}_{len(found)}"] = values
        return found

    @cached_property
    def _file_order(self) -> str:
        """What all date columns together say on day and month, for a column that does not say it itself."""
        orders = {moments.order_in(column.unique()) for column in self.sheet.columns.values()} - {""}
        return orders.pop() if len(orders) == 1 else ""

    @cached_property
    def _file_mark(self) -> str:
        """The decimal mark that the file's other amounts prove, for a column that does not prove its own."""
        columns = [self.text(name) for name in self.names if name in MONEY_MEANINGS]
        found = {amounts.mark_in(column.drop_null().unique().to_pylist()) for column in columns} - {""}
        return found.pop() if len(found) == 1 else ""

    def _numbers(self, meaning: str, column: Any) -> Any:
        """Floats; few distinct values are the rule, so each is read once."""
        coded = column.dictionary_encode()
        read = amounts.read_amounts(coded.dictionary, lambda: self.mark or amounts.POINT, NUMBER)
        codes = pc.fill_null(coded.indices, -1).to_numpy()
        bad = np.flatnonzero(np.isin(codes, read.bad))
        self.refuse(meaning, bad, [NOT_A_NUMBER] * len(bad))
        return floats(read.values).take(coded.indices)


MONEY_MEANINGS = ("amount", "expected_revenue", "weighted", "company_amount")


def floats(decimals: Any) -> Any:
    """The nearest float64 to each decimal; Arrow's own cast multiplies and misses by a last digit."""
    return decimals.cast(pa.string()).cast(pa.float64())


def listed(column: Any, mark: str) -> Any:
    """Text split at `mark` into lists without blanks around; null stays null."""
    tidy = pc.replace_substring_regex(column, rf"\s*{mark}\s*", mark)
    return pc.split_pattern(pc.utf8_trim(tidy, f"{mark} "), mark)


def repeats(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose value an earlier row has, and that earlier row. Nulls repeat nothing."""
    codes = pc.fill_null(values.dictionary_encode().indices, -1).to_numpy()
    if not len(codes):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    before = np.concatenate([[-1], np.maximum.accumulate(codes)[:-1]])
    again = np.flatnonzero((codes <= before) & (codes >= 0))
    firsts = np.flatnonzero(codes > before)
    return again, firsts[codes[again]]
