"""Amounts of several currencies are never added."""

from __future__ import annotations

import ibis.expr.types as ir

from vunnet.analysis.answers import NotRecorded


def currencies(deals: ir.Table, where: ir.Value) -> ir.Value:
    """Aggregate: the distinct currencies of some deals, as a list."""
    return deals.currency.collect(where=where & deals.currency.notnull(), distinct=True)


def several(found: list[str] | None) -> NotRecorded | None:
    """Why there is no sum, where there is more than one currency."""
    names = sorted(found or ())
    if len(names) < 2:
        return None
    return NotRecorded("amounts are in {currencies}; they are not added", {"currencies": ", ".join(names)})
