"""Size bands: ranges of amount, each above its lower bound and up to its upper one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import ibis
import ibis.expr.types as ir

QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Band:
    """Amounts over `low` (None: no lower bound) up to and with `high` (None: no upper bound)."""

    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.low is None:
            return f"up to {_plain(self.high)}" if self.high is not None else "any amount"
        return f"over {_plain(self.low)}" if self.high is None else f"{_plain(self.low)}–{_plain(self.high)}"


def _plain(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.2f}".rstrip("0").rstrip(".")


def bands(edges: Sequence[float]) -> tuple[Band, ...]:
    """The bands between edges.

    >>> [str(band) for band in bands((1000, 5000))]
    ['up to 1,000', '1,000–5,000', 'over 5,000']
    """
    bounds = [None, *sorted(set(edges)), None]
    return tuple(Band(low, high) for low, high in pairwise(bounds))


def quartile_edges(quartiles: Sequence[float | None], largest: float | None) -> tuple[float, ...]:
    """The quartiles as edges, without doubles and without one that nothing lies above."""
    known = {float(edge) for edge in quartiles if edge is not None}
    return tuple(sorted(edge for edge in known if largest is not None and edge < float(largest)))


def band_of(amount: ir.Value, edges: Sequence[float]) -> ir.Value:
    """The place of the amount's band in `bands(edges)`; null without an amount."""
    ordered = sorted(set(edges))
    if not ordered:
        return ibis.ifelse(amount.notnull(), ibis.literal(0, "int64"), ibis.null("int64"))
    value = amount.cast("float64")
    steps = [(value <= edge, place) for place, edge in enumerate(ordered)]
    return ibis.cases((amount.isnull(), ibis.null("int64")), *steps, else_=len(ordered)).cast("int64")
