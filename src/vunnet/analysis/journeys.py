"""For each deal: when it first entered each stage of a ladder, when it left it, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np

from vunnet.analysis.clock import DAYS, EXACT, NEVER, Ticks, Whole, tells_times
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.roster import Codes, Flags, Roster, roster
from vunnet.analysis.schema import OUTCOMES
from vunnet.analysis.stages import Ladder, ladders
from vunnet.analysis.trail import Trail, trail

PLACES = 512  # more than stages.MOST_STAGES: the place of a stage in the lowest bits of a key that orders stays by time
OPENED = "opened"
OPEN, WON = OUTCOMES.index("open"), OUTCOMES.index("won")


@dataclass(frozen=True)
class Journeys:
    """Deals by number with, for stage k of `stages`: `entered[k]` (ticks of first entry since 1970), `begun[k]` and
    `over[k]` (the first stay, in stay ticks; over NEVER while it lasts), `again[k]` (entered more than once); `place`:
    the stage of the last stay; `done`: tick of closing; `outcome`: place in OUTCOMES. NEVER for what has not come.

    `ticks` count from entry to going on or closing, `stay_ticks` the stays themselves.
    """

    pipeline: str | None
    stages: tuple[str, ...]
    deals: Whole
    outcome: Codes
    done: Whole
    place: Whole
    entered: tuple[Whole, ...]
    begun: tuple[Whole, ...]
    over: tuple[Whole, ...]
    again: tuple[Flags, ...]
    ticks: Ticks
    stay_ticks: Ticks
    recorded: bool

    def only(self, chosen: Flags) -> Journeys:
        """Those of some deals; `chosen` by number."""
        inside = chosen[self.deals]
        return replace(
            self,
            deals=self.deals[inside],
            outcome=self.outcome[inside],
            done=self.done[inside],
            place=self.place[inside],
            entered=tuple(each[inside] for each in self.entered),
            begun=tuple(each[inside] for each in self.begun),
            over=tuple(each[inside] for each in self.over),
            again=tuple(each[inside] for each in self.again),
        )

    def later(self) -> Iterator[tuple[int, Whole]]:
        """From the last stage to the first: its place, and when a later one was first entered."""
        found = np.full(len(self.deals), NEVER, np.int64)
        for k in reversed(range(len(self.stages))):
            yield k, found
            found = np.minimum(found, self.entered[k])


def all_journeys(prepared: Prepared) -> tuple[Journeys, ...]:
    """The journeys through each pipeline's ladder, the pipeline with most deals first; without recorded stays one stay of
    each deal, from opening to closing."""
    if prepared.visits is None:
        return (derived_journeys(prepared),)
    return tuple(recorded_journeys(prepared, prepared.visits, ladder) for ladder in ladders(prepared))


def recorded_journeys(prepared: Prepared, visits: ir.Table, ladder: Ladder) -> Journeys:
    """The journeys through a ladder, from the recorded stays."""
    name = f"journeys {ladder.pipeline}"
    if name not in prepared.kept:
        prepared.kept[name] = _journeys(roster(prepared), trail(prepared, visits), ladder)
    found: Journeys = prepared.kept[name]
    return found if prepared.deals is prepared.every else found.only(chosen(prepared))


def chosen(prepared: Prepared) -> Flags:
    """The deals the question is about, by number."""
    deals = roster(prepared)
    return np.ones(len(deals), bool) if prepared.deals is prepared.every else deals.among(prepared.deals)


def derived_journeys(prepared: Prepared) -> Journeys:
    """Without recorded stays: one stay of each deal, from opening to closing."""
    deals = roster(prepared)
    there = np.flatnonzero((deals.born < NEVER) & chosen(prepared))
    born, outcome = deals.born[there], deals.outcome[there]
    done = np.where(outcome == OPEN, NEVER, deals.ended[there])
    nothing = np.zeros(len(there), np.int64)
    return Journeys(
        pipeline=None,
        stages=(OPENED,),
        deals=there,
        outcome=outcome.astype(np.int32),
        done=done,
        place=nothing,
        entered=(born,),
        begun=(born,),
        over=(done,),
        again=(nothing.astype(bool),),
        ticks=prepared.ticks,
        stay_ticks=prepared.ticks,
        recorded=False,
    )


def _ticks(deals: Roster, stays: Trail) -> Ticks:
    """Calendar days where entering a stage or closing has no time of day throughout."""
    dated = not stays.tells_entry or tells_times(deals.closed, stays.changes) is False
    return DAYS if dated else EXACT


def _journeys(deals: Roster, stays: Trail, ladder: Ladder) -> Journeys:
    deal, place, entered, left = _on(deals, stays, ladder)
    there = np.flatnonzero(np.bincount(deal, minlength=len(deals)))
    row = np.zeros(len(deals), np.int64)
    row[there] = np.arange(len(there))
    ticks, shape = _ticks(deals, stays), (len(ladder.stages), len(there))
    own = row[deal]
    cell = place * len(there) + own
    closed, outcome = deals.closed[there], deals.outcome[there].astype(np.int32)
    first = _first(cell, stays.ticks(entered, ticks), shape)
    begun = first if ticks == stays.stay_ticks else _first(cell, stays.ticks(entered, stays.stay_ticks), shape)
    out = _first(cell, stays.ticks(left, stays.stay_ticks), shape)
    over = np.where((out == NEVER) & (begun < NEVER), stays.ticks(closed, stays.stay_ticks), out)
    last = np.zeros(len(there), np.int64)
    np.maximum.at(last, own, (entered // 1_000 * 2 + (left == NEVER)) * PLACES + place)
    again = (np.bincount(cell, minlength=shape[0] * shape[1]) > 1).reshape(shape)
    return Journeys(
        pipeline=ladder.pipeline,
        stages=ladder.stages,
        deals=there,
        outcome=outcome,
        done=stays.ticks(closed, ticks),
        place=last % PLACES,
        entered=tuple(first),
        begun=tuple(begun),
        over=tuple(over),
        again=tuple(again),
        ticks=ticks,
        stay_ticks=stays.stay_ticks,
        recorded=True,
    )


def _on(deals: Roster, stays: Trail, ladder: Ladder) -> tuple[Codes, Whole, Whole, Whole]:
    """Deal, place, entry and leaving of the stays on a ladder."""
    places = np.full(len(stays.stages), -1, np.int64)
    for at, name in enumerate(ladder.stages):
        if name in stays.stages:
            places[stays.stages.index(name)] = at
    place = places[stays.stage]
    inside = place >= 0
    if ladder.pipeline is not None:
        pipeline = deals.named("pipeline")
        inside &= pipeline.codes[stays.deal] == pipeline.code(ladder.pipeline)
    if inside.all():
        return stays.deal, place, stays.entered, stays.left
    return stays.deal[inside], place[inside], stays.entered[inside], stays.left[inside]


def _first(cell: Whole, at: Whole, shape: tuple[int, int]) -> Whole:
    """The earliest of the ticks in each cell (stage, deal)."""
    found = np.full(shape[0] * shape[1], NEVER, np.int64)
    np.minimum.at(found, cell, at)
    return found.reshape(shape)
