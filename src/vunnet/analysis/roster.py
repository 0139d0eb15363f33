"""The deals by number, and their columns as arrays: what is counted stay by stay is counted in whole numbers.

Joining and sorting by names costs the engine more than all sums after it; so it does that once, and everything that
follows deals from stage to stage works on compact arrays. Their order is that of the names, on any engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vunnet.analysis.clock import NEVER, Whole, moments
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.schema import OUTCOMES

Real = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int32]
NAMED = ("pipeline", "product", "segment", "source", "owner")
NONE = -1  # the code of what is not filled in


@dataclass(frozen=True)
class Named:
    """A column of text as codes into `names` (in order of the alphabet), NONE where it is not filled in."""

    codes: Codes
    names: tuple[str, ...]

    def code(self, name: str | None) -> int:
        """The code of a name; beyond all codes for one that no deal has."""
        if name is None:
            return NONE
        return self.names.index(name) if name in self.names else len(self.names)


@dataclass(frozen=True)
class Roster:
    """All visible deals, in the order of their names, in which the deal with a number of `table` has its `place`.

    `outcome`: place in OUTCOMES; `created`, `closed`: microseconds since 1970 in UTC, NEVER where there is none;
    `born`, `ended`: as prepared; `amount`: nan where there is none; `kept`: opened, and not closed before it was.
    """

    table: ir.Table
    place: Codes
    outcome: NDArray[np.int8]
    created: Whole
    closed: Whole
    born: Whole
    ended: Whole
    amount: Real
    kept: Flags
    _named: dict[str, Named] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.outcome)

    def named(self, column: str) -> Named:
        """A column of NAMED; nothing is filled in where the source lacks it."""
        if column not in self._named:
            self._named[column] = self._read(column)
        return self._named[column]

    def _read(self, column: str) -> Named:
        if column not in self.table.columns:
            return Named(np.full(len(self), NONE, np.int32), ())
        return self._placed(self.table.select("number", member=self.table[column]))

    def members(self, table: ir.Table) -> Named:
        """The column `member` of a table of deals by deal_id; NONE for deals it lacks."""
        found = table.select("deal_id", member=table.member.cast("string"))
        return self._placed(self.table.select("number", "deal_id").join(found, "deal_id").select("number", "member"))

    def _placed(self, table: ir.Table) -> Named:
        read = table.to_pyarrow()
        named = coded(read["member"])
        codes = np.full(len(self), NONE, np.int32)
        codes[self.places(read["number"])] = named.codes
        return Named(codes, named.names)

    def among(self, deals: ir.Table) -> Flags:
        """Which deals are rows of a table of deals."""
        chosen = self.table.select("number", "deal_id").semi_join(deals, "deal_id").select("number").to_pyarrow()
        found = np.zeros(len(self), bool)
        found[self.places(chosen["number"])] = True
        return found

    def places(self, numbers: Any) -> Codes:
        """The places of deals in the arrays, by their numbers in the table."""
        return np.asarray(self.place[np.asarray(numbers)])


def coded(column: Any) -> Named:
    """A column of text as codes by the alphabet, the same whatever the order of the rows."""
    whole = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
    read = whole.dictionary_encode()
    found: list[str] = [str(name) for name in read.dictionary.to_pylist()]
    order = sorted(range(len(found)), key=found.__getitem__)
    place = np.full(len(found) + 1, NONE, np.int32)  # the last: not filled in
    place[order] = np.arange(len(found), dtype=np.int32)
    codes = place[np.asarray(read.indices.fill_null(len(found)))]
    return Named(codes, tuple(found[at] for at in order))


def roster(prepared: Prepared) -> Roster:
    """The visible deals of a source, numbered once and shared by all its questions."""
    if "roster" not in prepared.kept:
        prepared.kept["roster"] = _roster(prepared.every)
    found: Roster = prepared.kept["roster"]
    return found


def plain(deals: ir.Table) -> ir.Table:
    """What the arrays are made of: outcomes as codes, amounts as floats."""
    outcome = ibis.cases(*((deals.outcome == name, code) for code, name in enumerate(OUTCOMES)), else_=0)
    return deals.select(
        "deal_id",
        "number",
        "created_at",
        "closed_at",
        "born",
        "ended",
        is_now=outcome.cast("int8"),
        worth=deals.amount.cast("float64"),
        kept=deals.opened & ~deals.refused,
    )


def _roster(table: ir.Table) -> Roster:
    read = plain(table).to_pyarrow()
    order = np.asarray(pc.sort_indices(read["deal_id"]), np.int64)
    place = np.empty(len(order), np.int32)
    place[np.asarray(read["number"])[order]] = np.arange(len(order), dtype=np.int32)

    def whole(name: str) -> Whole:
        return np.asarray(read[name].fill_null(NEVER), np.int64)[order]

    return Roster(
        table=table,
        place=place,
        outcome=np.asarray(read["is_now"], np.int8)[order],
        created=moments(read["created_at"])[order],
        closed=moments(read["closed_at"])[order],
        born=whole("born"),
        ended=whole("ended"),
        amount=_amounts(read["worth"])[order],
        kept=np.asarray(read["kept"].fill_null(False), bool)[order],
    )


def _amounts(column: Any) -> Real:
    return np.asarray(column.fill_null(float("nan")), np.float64)
