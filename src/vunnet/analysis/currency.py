"""Amounts of several currencies are never added."""

from __future__ import annotations

import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded

NO_AMOUNTS = NotRecorded("no won deal carries an amount")


def currencies(deals: ir.Table, where: ir.Value) -> ir.Value:
    """Aggregate: the distinct currencies of some deals, as a list."""
    return deals.currency.collect(where=where & deals.currency.notnull(), distinct=True)


def several(found: list[str] | None) -> NotRecorded | None:
    """Why there is no sum, where there is more than one currency."""
    names = sorted(found or ())
    if len(names) < 2:
        return None
    return NotRecorded("amounts are in {currencies}; they are not added", {"currencies": ", ".join(names)})


def money_of(deals: ir.Table, *, or_none_won: bool = False) -> tuple[str | None, NotRecorded | None]:
    """The one currency of won and open deals' amounts, or why they cannot be added. `or_none_won`: where nothing is won
    at all, nothing is the sum."""
    won, paid = deals.outcome == "won", deals.amount.notnull()
    told = currencies(deals, paid & deals.outcome.isin(("won", "open")))
    counted = {"won": deals.count(where=won), "paid": deals.count(where=won & paid)}
    found = engine.rows(deals.aggregate(currencies=told, **counted))[0]
    has_none = not found["paid"] and not (or_none_won and not found["won"])
    return next(iter(found["currencies"] or ()), None), several(found["currencies"]) or (
        NO_AMOUNTS if has_none else None
    )
