"""What have we won? Count and value, by product, size, owner, source, quarter and customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.bands import QUARTILES, Band, band_of, bands, quartile_edges
from vunnet.analysis.currency import NO_AMOUNTS, currencies, several
from vunnet.analysis.customers import unknown_status, with_status
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Rows, Shown

MISSING = {
    "product": NotRecorded("no products are recorded"),
    "owner": NotRecorded("no owners are recorded"),
    "source": NotRecorded("no sources are recorded"),
    "quarter": NotRecorded("no closing dates are recorded"),
}


@dataclass(frozen=True)
class Part:
    """One part of the won deals. `value` None: not filled in. `count` may be a fraction where deals are shared.

    `amount` is None where amounts are not recorded or not addable. `band` is set for size bands.
    """

    value: str | None
    count: float
    amount: float | None
    band: Band | None = None

    def to_json(self) -> dict[str, object]:
        part: dict[str, object] = {"value": self.value, "count": self.count, "amount": self.amount}
        return part | ({"from": self.band.low, "to": self.band.high} if self.band else {})


@dataclass(frozen=True)
class Won(Shown):
    """The won deals. `value`, `mean` and `median` are of the `with_amount` deals that carry one, in `currency`."""

    count: int
    with_amount: int
    value: float | NotRecorded
    mean: float | NotRecorded
    median: float | NotRecorded
    currency: str | None
    size_edges: tuple[float, ...]
    by: dict[str, tuple[Part, ...] | NotRecorded]

    def to_json(self) -> dict[str, object]:
        sums = {name: _plain(getattr(self, name)) for name in ("value", "mean", "median")}
        parts = {name: _plain(answer) for name, answer in self.by.items()}
        return {"count": self.count, "with_amount": self.with_amount, "currency": self.currency} | sums | {"by": parts}

    def table(self) -> Rows:
        """Every part, by what it is a part of."""
        known = {name: parts for name, parts in self.by.items() if isinstance(parts, tuple)}
        return Rows(tuple({"by": name} | part.to_json() for name, parts in known.items() for part in parts))


def _plain(answer: object) -> object:
    if isinstance(answer, tuple):
        return [part.to_json() for part in answer]
    return answer.to_json() if isinstance(answer, NotRecorded) else answer


def won(prepared: Prepared, closed_in: Period | None = None, size_edges: tuple[float, ...] | None = None) -> Won:
    """The deals won in the period, or all of them, and their parts; the amounts of the parts sum to the value.

    By product: a deal's amount in proportion to its lines, else whole to its main product. By owner: in proportion
    to the members' shares, else whole to its owner. By size: `size_edges`, else the quartiles of the won amounts.
    By customer: status at creation.
    """
    deals = prepared.deals.filter(prepared.deals.outcome == "won")
    if closed_in:
        deals = deals.filter(closed_in.holds(deals.closed_on))
    found = engine.rows(deals.aggregate(**_totals(deals)))[0]
    why_not = several(found["currencies"]) or (None if found["with_amount"] else NO_AMOUNTS)
    edges = size_edges or _edges(found, why_not)
    return Won(
        count=found["count"],
        with_amount=found["with_amount"],
        value=why_not or float(found["value"]),
        mean=why_not or float(found["value"]) / found["with_amount"],
        median=why_not or float(found["q2"]),
        currency=None if why_not else next(iter(found["currencies"] or ()), None),
        size_edges=edges,
        by=_parts(prepared, deals, edges, why_not),
    )


def _totals(deals: ir.Table) -> dict[str, ir.Value]:
    amount = deals.amount.cast("float64")
    quartiles = {f"q{place}": amount.quantile(share) for place, share in enumerate(QUARTILES, start=1)}
    return quartiles | {
        "count": deals.count(),
        "with_amount": deals.amount.count(),
        "value": deals.amount.sum(),
        "largest": amount.max(),
        "currencies": currencies(deals, deals.amount.notnull()),
    }


def _edges(found: dict[str, Any], why_not: NotRecorded | None) -> tuple[float, ...]:
    return () if why_not else quartile_edges([found["q1"], found["q2"], found["q3"]], found["largest"])


def _parts(
    prepared: Prepared, deals: ir.Table, edges: tuple[float, ...], why_not: NotRecorded | None
) -> dict[str, tuple[Part, ...] | NotRecorded]:
    """All parts from one query: each way of splitting is a branch of a union."""
    status = unknown_status(prepared)
    quarter = deals.closed_on.year().cast("string") + "Q" + deals.closed_on.quarter().cast("string")
    branches = {
        "product": _by_product(prepared, deals) if _has_products(prepared) else None,
        "size": None if why_not else _branch(deals, band_of(deals.amount, edges).cast("string")),
        "owner": by_owner(prepared, deals) if prepared.has("owner") or prepared.tables.members is not None else None,
        "source": _branch(deals, deals.source) if prepared.has("source") else None,
        "quarter": _branch(deals, quarter) if prepared.closed_recorded else None,
        "customer": None if status else _by_status(prepared, deals),
    }
    asked = [table.mutate(by=ibis.literal(name)) for name, table in branches.items() if table is not None]
    rows = engine.rows(_summed(asked)) if asked else []
    reasons = {"size": why_not, "customer": status}
    return {
        name: (reasons.get(name) or MISSING[name])
        if table is None
        else _ordered(name, [row for row in rows if row["by"] == name], bands(edges), why_not is None)
        for name, table in branches.items()
    }


def _has_products(prepared: Prepared) -> bool:
    return prepared.has("product") or prepared.tables.lines is not None


def _branch(deals: ir.Table, value: ir.Value) -> ir.Table:
    """One row a deal and part: deal_id, value, credit (1: the whole deal), amount."""
    return deals.select("deal_id", value=value, credit=ibis.literal(1.0), amount=deals.amount.cast("float64"))


def _summed(branches: list[ir.Table]) -> ir.Table:
    parts = [b.group_by("by", "value").aggregate(count=b.credit.sum(), amount=b.amount.sum()) for b in branches]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _ordered(name: str, rows: list[dict[str, Any]], sizes: tuple[Band, ...], addable: bool) -> tuple[Part, ...]:
    """Bands and quarters in their own order, the rest by amount, then count, then name; "not filled in" last."""
    parts = [_part(row, sizes if name == "size" else (), addable) for row in rows]
    if name == "size":
        return tuple(sorted(parts, key=lambda part: (part.band is None, part.band.low or 0.0 if part.band else 0.0)))
    if name == "quarter":
        return tuple(sorted(parts, key=lambda part: part.value or "~"))
    return tuple(
        sorted(parts, key=lambda part: (part.value is None, -(part.amount or 0.0), -part.count, part.value or ""))
    )


def _part(row: dict[str, Any], sizes: tuple[Band, ...], addable: bool) -> Part:
    band = sizes[int(row["value"])] if sizes and row["value"] is not None else None
    credit, amount = steady(row["count"]), steady(row["amount"] or 0.0)
    count = int(credit) if credit.is_integer() else credit
    return Part(str(band) if band else row["value"], count, amount if addable else None, band)


def steady(total: float) -> float:
    """A sum of parts to twelve digits: its last ones depend on the order in which an engine's threads add."""
    return float(f"{total:.12g}")


def _by_status(prepared: Prepared, deals: ir.Table) -> ir.Table:
    known = with_status(prepared, deals)
    return _branch(known, known.status)


def by_owner(prepared: Prepared, deals: ir.Table) -> ir.Table:
    """One row a deal and whoever has a share in it: deal_id, value (the member; null: nobody), credit, amount.

    In proportion to the members' shares as known at `as_of`, else whole to the deal's owner: the credits of a deal sum to 1.
    """
    members = prepared.tables.members
    if members is None or "share" not in members.columns:
        return _branch(deals, deals.owner)
    shared = members.filter((members.share > 0).fill_null(False))
    if "joined_at" in members.columns:
        shared = shared.filter((shared.joined_at < ibis.literal(prepared.horizon.end)).fill_null(True))
    return _split(deals, shared.select("deal_id", value="member", weight=shared.share.cast("float64")), deals.owner)


def _by_product(prepared: Prepared, deals: ir.Table) -> ir.Table:
    lines = prepared.tables.lines
    if lines is None:
        return _branch(deals, deals["product"])
    amount = lines.amount.cast("float64") if "amount" in lines.columns else ibis.literal(0.0)
    valued = lines.select("deal_id", value=lines["product"], weight=amount.fill_null(0.0))
    one_each = valued.group_by("deal_id", "value").aggregate(weight=valued.weight.sum())
    whole = ibis.window(group_by=one_each.deal_id)
    fair = one_each.mutate(worth=one_each.weight.sum().over(whole))
    weighed = fair.select("deal_id", "value", weight=ibis.ifelse(fair.worth > 0, fair.weight, 1.0))
    split = _split(deals, weighed, deals["product"])
    return split.mutate(credit=ibis.literal(1.0))


def _split(deals: ir.Table, weights: ir.Table, otherwise: ir.Value) -> ir.Table:
    """Each deal in proportion to its weights; a deal without any goes whole to `otherwise`."""
    total = weights.group_by("deal_id").aggregate(total=weights.weight.sum())
    total = total.filter(total.total > 0)
    amounts = deals.select("deal_id", amount=deals.amount.cast("float64"))
    joined = weights.join(total, "deal_id").join(amounts, "deal_id")
    part = joined.weight / joined.total
    shared = joined.select("deal_id", value=joined.value, credit=part, amount=joined.amount * part)
    whole = deals.mutate(alone=otherwise).anti_join(total, "deal_id")
    return shared.union(_branch(whole, whole.alone))
