"""Does the win rate differ between owners, teams, products, sources, …?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, NotRecorded, Rate, wilson
from vunnet.analysis.bands import band_of, bands
from vunnet.analysis.customers import FIRST, unknown_status, with_status
from vunnet.analysis.evidence import (
    BEYOND_DOUBT,
    DIFFERS,
    HIGHER,
    LEVEL,
    LOWER,
    NO_EVIDENCE,
    Prior,
    Shrunk,
    against_the_rest,
    benjamini_hochberg,
    fit_prior,
    homogeneity,
    shrink,
    verdict,
)
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import ATTRIBUTE, Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.win_rate import closed

BY = ("owner", "team", "product", "source", "segment", "pipeline")
SIZE, CUSTOMER = "size", "customer"
MOST = 500
TOO_YOUNG = NotRecorded("records are too short to tell new customers from existing ones")
NO_SIZES = NotRecorded("won and lost deals do not both carry amounts in one currency")


@dataclass(frozen=True)
class Member:
    """One member of a segment (`value` None: not filled in) with its own rate, the shrunk one, and the verdict."""

    value: str | None
    rate: Rate
    shrunk: Shrunk | None
    q_value: float | None
    verdict: str

    def to_json(self) -> dict[str, object]:
        shrunk = self.shrunk or Shrunk(float("nan"), None, None)
        known = (
            {"shrunk": shrunk.rate, "shrunk_low": shrunk.low, "shrunk_high": shrunk.high}
            if self.shrunk
            else dict.fromkeys(("shrunk", "shrunk_low", "shrunk_high"))
        )
        return {"value": self.value} | self.rate.to_json() | known | {"q_value": self.q_value, "verdict": self.verdict}


@dataclass(frozen=True)
class Segment(Shown):
    """The closed deals by one attribute: by shrunk rate, or by name where no spread was found."""

    by: str
    members: tuple[Member, ...]
    everyone: Rate
    p_value: float | None
    q_value: float | None
    prior: Prior
    verdict: str

    def to_json(self) -> dict[str, object]:
        rows = [member.to_json() for member in self.members]
        tests = {"p_value": self.p_value, "q_value": self.q_value, "verdict": self.verdict, "prior_n": self.prior.n}
        return tests | {"rows": rows}


def segments(
    prepared: Prepared,
    closed_in: Period | None = None,
    by: Sequence[str] | None = None,
    size_edges: tuple[float, ...] = (),
) -> dict[str, Segment | NotRecorded]:
    """Win rates by each attribute of a deal that the source fills in, or by the ones named.

    Each member with Wilson's interval, an empirical-Bayes rate and a test against the rest (q-values over the members
    of a segment, adjusted for the segments asked for); each segment with a homogeneity test (q-values over the segments
    asked for); a member differs only where its segment does. Deals where the attribute is not filled in are a row
    of their own, outside of the tests. "size": bands between `size_edges`, where at least half of the lost deals carry
    an amount. "customer": status at creation, where no deal is only first in our records.
    """
    chosen = attributes(prepared, by)
    deals, sized = with_size(closed(prepared, closed_in), size_edges)
    deals = with_customer(prepared, deals, chosen)
    many = crowded(deals, chosen)
    found: dict[str, Segment | NotRecorded] = {}
    tallies = _tallies(deals, [column for column in chosen if column not in many and (sized or column != SIZE)])
    for column in chosen:
        found[column] = _answer(column, tallies, many, size_edges)
    return _corrected(found)


def _answer(
    column: str,
    tallies: dict[str, list[tuple[str | None, int, int]]],
    crowded: dict[str, int],
    edges: tuple[float, ...],
) -> Segment | NotRecorded:
    if column not in tallies:
        return _too_many(crowded[column]) if column in crowded else NO_SIZES
    if column == CUSTOMER and FIRST in {value for value, _won, _closed in tallies[column]}:
        return TOO_YOUNG
    if column != SIZE:
        return segment(column, tallies[column])
    names = bands(edges)
    return segment(column, [(str(names[int(place)]) if place else None, won, n) for place, won, n in tallies[column]])


def with_size(deals: ir.Table, edges: tuple[float, ...]) -> tuple[ir.Table, bool]:
    """The closed deals with their size band, and whether bands can be compared: lost deals must carry amounts too."""
    if not edges:
        return deals, False
    lost = deals.outcome == "lost"
    found = engine.rows(
        deals.aggregate(lost=deals.count(where=lost), paid=deals.count(where=lost & (deals.amount > 0)))
    )[0]
    return deals.mutate(size=band_of(deals.amount, edges)), found["paid"] * 2 >= found["lost"]


def with_customer(prepared: Prepared, deals: ir.Table, columns: Sequence[str]) -> ir.Table:
    """The deals with what the customer was when they were created, where that is one of the columns."""
    return with_status(prepared, deals).rename({CUSTOMER: "status"}) if CUSTOMER in columns else deals


def attributes(prepared: Prepared, by: Sequence[str] | None = None) -> list[str]:
    """The attributes named, or all of them, that the source fills in; and size and customer, which it need not name."""
    every = by or [*BY, SIZE, CUSTOMER, *sorted(column for column in prepared.columns if column.startswith(ATTRIBUTE))]
    derived = {SIZE} if unknown_status(prepared) else {SIZE, CUSTOMER}
    return [column for column in every if column in derived or prepared.has(column)]


def _too_many(values: int) -> NotRecorded:
    return NotRecorded("about {values} different values are too many to compare", {"values": values})


def crowded(deals: ir.Table, columns: list[str]) -> dict[str, int]:
    """Free attributes (of these columns) with more values than anyone compares."""
    columns = [column for column in columns if column.startswith(ATTRIBUTE)]
    if not columns:
        return {}
    sizes = engine.rows(deals.aggregate(**{column: deals[column].approx_nunique() for column in columns}))[0]
    return {column: size for column, size in sizes.items() if size > MOST}


def _tallies(deals: ir.Table, columns: list[str]) -> dict[str, list[tuple[str | None, int, int]]]:
    """(value, won, closed) of each member, by column: one query for all."""
    if not columns:
        return {}
    each = [_tally(deals, column) for column in columns]
    found: dict[str, list[tuple[str | None, int, int]]] = {column: [] for column in columns}
    for row in engine.rows(ibis.union(*each) if len(each) > 1 else each[0]):
        found[row["by"]].append((row["value"], row["won"], row["closed"]))
    return found


def _tally(deals: ir.Table, column: str) -> ir.Table:
    counted = deals.group_by(value=deals[column].cast("string")).aggregate(
        won=deals.count(where=deals.outcome == "won"), closed=deals.count()
    )
    return counted.select(by=ibis.literal(column), value=counted.value, won=counted.won, closed=counted.closed)


def segment(by: str, tallies: list[tuple[str | None, int, int]]) -> Segment:
    """One segment from its members' (value, won, closed)."""
    named = sorted((value, won, closed) for value, won, closed in tallies if value is not None)
    won, closed = [row[1] for row in named], [row[2] for row in named]
    pool = (sum(won), sum(closed))
    prior, everyone = fit_prior(won, closed), wilson(*pool)
    compared = [against_the_rest(w, c, *pool) if c >= TOO_FEW else None for _, w, c in named]
    members = [
        Member(value, wilson(w, c), shrink(w, c, prior, pool) if c else None, q, verdict(w, c, q, everyone.rate or 0.0))
        for (value, w, c), q in zip(named, benjamini_hochberg(compared), strict=True)
    ]
    if prior.n is not None:
        members.sort(key=lambda member: -(member.shrunk.rate if member.shrunk else 0.0))
    members += [_not_filled_in(w, c) for value, w, c in tallies if value is None]
    return Segment(by, tuple(members), everyone, homogeneity(won, closed), None, prior, NO_EVIDENCE)


def _not_filled_in(won: int, closed: int) -> Member:
    return Member(None, wilson(won, closed), None, None, TOO_FEW_WORDS if closed < TOO_FEW else "not compared")


def _corrected(found: dict[str, Any]) -> dict[str, Segment | NotRecorded]:
    """q-values over the segments, those of the members adjusted for having been looked at, and each segment's verdict.

    Members are named only where their segment passes; with `selected` of `tested` segments passing, they are held to
    0.05 x selected / tested (Benjamini & Bogomolov, JRSS B 76, 2014), which their q-values, times the inverse, say.
    """
    asked = [name for name, answer in found.items() if isinstance(answer, Segment)]
    q_values = benjamini_hochberg([found[name].p_value for name in asked])
    tested = sum(q is not None for q in q_values)
    selected = sum(q is not None and q < LEVEL for q in q_values)
    for name, q_value in zip(asked, q_values, strict=True):
        one = replace(found[name], q_value=q_value)
        one = replace(one, members=tuple(_adjusted(member, one, tested / max(selected, 1)) for member in one.members))
        found[name] = replace(one, verdict=_verdict(one))
    return found


def _adjusted(member: Member, of: Segment, looks: float) -> Member:
    """No member differs where the segment does not: with many segments, some member always would by chance."""
    if member.q_value is None:
        return member
    q_value = min(member.q_value * looks, 1.0)
    told = q_value if of.q_value is not None and of.q_value < LEVEL else None
    said = verdict(int(member.rate.won), int(member.rate.closed), told, of.everyone.rate or 0.0)
    return replace(member, q_value=q_value, verdict=said)


def _verdict(segment: Segment) -> str:
    """It differs where its members as a whole do, and one of them can be named or there is no doubt about the whole."""
    if segment.everyone.closed < TOO_FEW:
        return TOO_FEW_WORDS
    named = any(member.verdict in (HIGHER, LOWER) for member in segment.members)
    compared = sum(member.q_value is not None for member in segment.members)
    sure = segment.q_value is not None and segment.q_value < BEYOND_DOUBT and compared > 1
    return DIFFERS if named or sure else NO_EVIDENCE
