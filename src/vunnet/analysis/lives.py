"""From the engine to curves: each life as one whole number, so that a million of them are one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import ibis
import ibis.expr.types as ir
import numpy as np

from vunnet.analysis.clock import Ticks
from vunnet.analysis.survival import CAUSE_BITS, Curve, Endings, Whole, curve

READ_AT_ONCE = 8
SHIFT = 1 << 40  # a life in calendar days, packed, stays far below it


@dataclass(frozen=True)
class Span:
    """How long something lasted, one row of a table each: whole ticks, ended by `cause` (0: not yet), observed from
    `entry` on (None: from the beginning). Rows that are not `here`, or of a negative or unknown time, are left out.
    """

    here: ir.Value
    time: ir.Value
    cause: ir.Value
    entry: ir.Value | None = None

    @property
    def counts(self) -> ir.Value:
        known = self.here & (self.time >= 0)
        return known if self.entry is None else known & (self.entry <= self.time)

    @property
    def life(self) -> ir.Value:
        """Time and cause in one number; null where the row does not count."""
        packed = self.time * (1 << CAUSE_BITS) + self.cause
        return ibis.ifelse(self.counts, packed.cast("int64"), ibis.null("int64"))

    @property
    def entered(self) -> ir.Value | None:
        return None if self.entry is None else ibis.ifelse(self.counts, self.entry.cast("int64"), ibis.null("int64"))


Counted = tuple[Whole, Whole | None]


def endings(table: ir.Table, spans: Sequence[Span], ticks: Ticks) -> Iterator[Endings]:
    """How each of the spans of a table's rows ended, one after the other, ready for a curve: keep what you need.

    Calendar days are counted in the engine. Exact times hardly tie, so counting them would only add to them: they
    are read, a few columns at a time.
    """
    read = _counted if ticks.whole_days else _read
    lives = read(table, [span.life for span in spans])
    entries = [entered for span in spans if (entered := span.entered) is not None]
    entered = read(table, entries) if entries else iter([(None, None)] * len(spans))
    for ended, came in zip(lives, entered, strict=True):
        yield Endings(*ended, *came)


def all_lives(lives: ir.Table, causes: tuple[int, ...], ticks: Ticks, observed: bool) -> Curve:
    """The curve of lives (time, cause, entry)."""
    span = Span(lives.time.notnull(), lives.time, lives.cause, lives.entry if observed else None)
    return curve(next(endings(lives, [span], ticks)), causes, ticks.per_day)


def _read(table: ir.Table, columns: Sequence[ir.Value]) -> Iterator[Counted]:
    """Each column in order, without nulls."""
    waiting = iter(columns)
    while some := list(islice(waiting, READ_AT_ONCE)):
        found = table.select(**{f"life_{k}": column for k, column in enumerate(some)}).to_pyarrow()
        for column in found.columns:
            lives = column.drop_null().to_numpy()
            yield np.sort(lives), None


def _counted(table: ir.Table, columns: Sequence[ir.Value]) -> Iterator[Counted]:
    """The values of each column in order, and how many of each: one query for all."""
    parts = [table.select(life=column + k * SHIFT) for k, column in enumerate(columns)]
    together = ibis.union(*parts) if len(parts) > 1 else parts[0]
    together = together.filter(together.life.notnull())
    found = together.group_by("life").aggregate(n=together.count()).to_pyarrow()
    lives, counts = _array(found["life"]), _array(found["n"])
    order = np.argsort(lives)
    lives, counts = lives[order], counts[order]
    for k in range(len(columns)):
        part = slice(*np.searchsorted(lives, (k * SHIFT, (k + 1) * SHIFT)))
        yield lives[part] - k * SHIFT, counts[part]


def _array(column: object) -> Whole:
    return np.asarray(column, dtype=np.int64)
