"""What became of the deals of each stage: deals alike are counted together in the engine, then stage by stage here.

Deals that entered the same stages, stand in the same one and ended alike add the same to every number of a funnel; a
million deals are a few hundred such groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vunnet.analysis.journeys import Journeys
from vunnet.analysis.prepare import Horizon
from vunnet.analysis.question import Period

PARTS = ("advanced", "won", "lost", "cancelled", "moved_back", "open")
COUNTED = ("entered", *PARTS, "skipped", "re_entered")
WORD = 60  # stages in one whole number, a bit each
ON, LEFT = 1, 2

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Flow:
    """Expressions over the journeys for one stage: in the period at all, tick of entry, ticks until going on, closing
    or as_of, and which of them it was."""

    here: ir.Value
    start: ir.Value
    lived: ir.Value
    cause: ir.Value


@dataclass(frozen=True)
class Tallies:
    """For each member of the split (one, None, without a split) and each name of COUNTED: the deals by stage."""

    members: tuple[str | None, ...]
    counts: dict[str, Whole]

    def total(self, name: str, k: int) -> int:
        return int(self.counts[name][:, k].sum())


def flow(journeys: Journeys, horizon: Horizon, k: int, period: Period | None) -> Flow:
    deals = journeys.deals
    entered, later = deals[f"entered_{k}"], _later(journeys, k)
    here = entered.notnull() if period is None else horizon.holds(period, entered, journeys.ticks)
    still = deals.outcome == "open"
    closed = ibis.ifelse(still, horizon.now(journeys.ticks), deals.done)
    lived = ibis.ifelse(later.notnull(), ibis.greatest(later - entered, 0), closed - entered)
    return Flow(
        here, entered, lived, ibis.cases((later.notnull() | (deals.outcome == "won"), ON), (~still, LEFT), else_=0)
    )


def _later(journeys: Journeys, k: int) -> ir.Value:
    """When a later stage was first entered."""
    entries = [journeys.deals[f"entered_{j}"] for j in range(k + 1, len(journeys.stages))]
    if not entries:
        return ibis.null("int64")
    return ibis.least(*entries) if len(entries) > 1 else entries[0]


def tallies(journeys: Journeys, horizon: Horizon, period: Period | None, member: str | None) -> Tallies:
    """All counts of all stages, by the column `member` of the journeys."""
    groups = _groups(journeys, horizon, period, member)
    n = groups["n"].to_numpy()
    names = sorted(set(groups["member"].to_pylist()), key=lambda name: (name is None, name or ""))
    places = {name: place for place, name in enumerate(names)}
    row = np.array([places[name] for name in groups["member"].to_pylist()], dtype=np.int64)
    counts = {}
    for name, flags in _fates(groups, len(journeys.stages)).items():
        found = np.zeros((len(names), len(journeys.stages)), np.int64)
        np.add.at(found, row, flags * n[:, None])
        counts[name] = found
    return Tallies(tuple(names), counts)


def _groups(journeys: Journeys, horizon: Horizon, period: Period | None, member: str | None) -> pa.Table:
    """Deals alike, and how many: stages as bits (reached; again; in the period: here and missed), outcome, place."""
    deals, stages = journeys.deals, range(len(journeys.stages))
    entries = [deals[f"entered_{k}"] for k in stages]
    keys = _words("reached", [entered.notnull() for entered in entries])
    keys |= _words("again", [deals[f"again_{k}"] for k in stages])
    if period:
        passed = [ibis.coalesce(_later(journeys, k), deals.done) for k in stages]
        keys |= _words("here", [horizon.holds(period, entered, journeys.ticks) for entered in entries])
        keys |= _words("timely", [horizon.holds(period, moment, journeys.ticks) for moment in passed])
        keys["closed_then"] = horizon.holds(period, deals.done, journeys.ticks)
    named = deals[member] if member else ibis.null("string")
    alike = deals.select(**keys, outcome=deals.outcome, place=deals.place, dated=deals.done.notnull(), member=named)
    groups: pa.Table = alike.group_by(*alike.columns).aggregate(n=alike.count()).to_pyarrow()
    return groups


def _words(name: str, flags: Sequence[ir.Value]) -> dict[str, ir.Value]:
    """Flags as bits of whole numbers."""
    found = {}
    for first in range(0, len(flags), WORD):
        bits = [ibis.ifelse(flag, 1 << bit, 0) for bit, flag in enumerate(flags[first : first + WORD])]
        found[f"{name}_{first // WORD}"] = sum(bits[1:], bits[0]).cast("int64")
    return found


def _flags(groups: pa.Table, name: str, stages: int) -> Flags:
    """The bits again: a row a group, a column a stage."""
    words = [groups[f"{name}_{word}"].to_numpy() for word in range((stages - 1) // WORD + 1)]
    return np.stack([(words[k // WORD] >> (k % WORD)) & 1 for k in range(stages)], axis=1).astype(bool)


def _fates(groups: pa.Table, stages: int) -> dict[str, Flags]:
    """For each name of COUNTED: does a deal of the group count there, stage by stage?"""
    reached = _flags(groups, "reached", stages)
    in_period = "here_0" in groups.column_names
    here = _flags(groups, "here", stages) if in_period else reached
    later = np.flip(np.logical_or.accumulate(np.flip(reached, 1), axis=1), 1)
    later = np.concatenate((later[:, 1:], np.zeros((len(reached), 1), bool)), axis=1)
    outcome = np.array(groups["outcome"].to_pylist(), dtype=object)[:, None]
    back = groups["place"].to_numpy()[:, None] < np.arange(stages)[None, :]
    timely = _flags(groups, "timely", stages) if in_period else later | groups["dated"].to_numpy()[:, None]
    stayed, still = here & ~later, outcome == "open"
    # The last room is entered by winning: counted once a deal, wherever it stood, and kept at the first stage.
    won_then = (outcome == "won") & (groups["closed_then"].to_numpy()[:, None] if in_period else True)
    return {
        "wins": won_then & (np.arange(stages) == 0)[None, :],
        "entered": here,
        "advanced": here & later,
        **{name: stayed & (outcome == name) for name in ("won", "lost", "cancelled")},
        "moved_back": stayed & still & back,
        "open": stayed & still & ~back,
        "skipped": ~reached & (later | (outcome == "won")) & timely,
        "re_entered": here & _flags(groups, "again", stages),
    }
