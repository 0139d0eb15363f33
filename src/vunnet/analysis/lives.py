"""From the engine to curves: each life as one whole number, so that a million of them are one array."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np

from vunnet.analysis.clock import Ticks
from vunnet.analysis.survival import CAUSE_BITS, Curve, Endings, Whole, curve

STAGE_SHIFT = 1 << 55  # a time in milliseconds of many thousand years, and its cause, stay below it
LONGEST = (STAGE_SHIFT >> CAUSE_BITS) - 1


def all_lives(lives: ir.Table, causes: tuple[int, ...], ticks: Ticks, observed: bool) -> Curve:
    """The curve of lives (time, cause, entry)."""
    return by_stage([lives.mutate(stage=ibis.literal(0, "int64"))], causes, ticks, observed)[0]


def by_stage(lives: list[ir.Table], causes: tuple[int, ...], ticks: Ticks, observed: bool) -> list[Curve]:
    """One curve for each table of lives (stage: its place in the list, time, cause, entry).

    Calendar days are counted in the engine. Exact times hardly tie, so counting them would only add to them: they
    are read.
    """
    ended, counts = _read([_packed(table) for table in lives], ticks)
    entries, entered = _read([_entries(table) for table in lives], ticks) if observed else (None, None)
    return [
        curve(
            Endings(*_part(ended, counts, k), *(_part(entries, entered, k) if entries is not None else ())),
            causes,
            ticks.per_day,
        )
        for k in range(len(lives))
    ]


def _packed(table: ir.Table) -> ir.Table:
    time = ibis.least(table.time, LONGEST)
    return table.select(life=table.stage * STAGE_SHIFT + time * (1 << CAUSE_BITS) + table.cause)


def _entries(table: ir.Table) -> ir.Table:
    return table.select(life=table.stage * STAGE_SHIFT + table.entry)


def _read(tables: list[ir.Table], ticks: Ticks) -> tuple[Whole, Whole | None]:
    """The lives in order, and how many of each where they were counted."""
    together = ibis.union(*tables) if len(tables) > 1 else tables[0]
    if not ticks.whole_days:
        lives = _column(together.to_pyarrow()["life"])
        return np.sort(lives), None
    found = together.group_by("life").aggregate(n=together.count()).to_pyarrow()
    lives, counts = _column(found["life"]), _column(found["n"])
    order = np.argsort(lives)
    return lives[order], counts[order]


def _column(found: object) -> Whole:
    return np.asarray(found, dtype=np.int64)


def _part(lives: Whole, counts: Whole | None, stage: int) -> tuple[Whole, Whole | None]:
    first, last = np.searchsorted(lives, (stage * STAGE_SHIFT, (stage + 1) * STAGE_SHIFT))
    return lives[first:last] - stage * STAGE_SHIFT, None if counts is None else counts[first:last]
