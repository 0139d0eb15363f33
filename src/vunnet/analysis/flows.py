"""What became of the deals of each stage: counted stage by stage over the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vunnet.analysis.clock import NEVER, Whole
from vunnet.analysis.journeys import OPEN, WON, Journeys
from vunnet.analysis.prepare import Horizon
from vunnet.analysis.question import Period
from vunnet.analysis.roster import Flags, Named
from vunnet.analysis.schema import OUTCOMES

PARTS = ("advanced", "won", "lost", "cancelled", "moved_back", "open")
COUNTED = ("entered", *PARTS, "skipped", "re_entered")
ON, LEFT = 1, 2


@dataclass(frozen=True)
class Flow:
    """The journeys at stage `k`: in the period at all, tick of a later stage, ticks until going on, closing or as_of
    (below 0: not known), and which of them it was."""

    k: int
    here: Flags
    later: Whole
    lived: Whole
    cause: Whole


@dataclass(frozen=True)
class Tallies:
    """For each member of the split (one, None, without a split) and each name of COUNTED: the deals by stage."""

    members: tuple[str | None, ...]
    counts: dict[str, Whole]

    def total(self, name: str, k: int) -> int:
        return int(self.counts[name][:, k].sum())


def flows(journeys: Journeys, horizon: Horizon, period: Period | None) -> Iterator[Flow]:
    """Stage by stage, from the last to the first."""
    still, won = journeys.outcome == OPEN, journeys.outcome == WON
    closed = np.where(still, horizon.now(journeys.ticks), journeys.done)
    for k, later in journeys.later():
        entered, on = journeys.entered[k], later < NEVER
        here = entered < NEVER if period is None else horizon.holds(period, entered, journeys.ticks)
        lived = np.where(on, np.maximum(later - entered, 0), np.where(closed < NEVER, closed - entered, -1))
        yield Flow(k, here, later, lived, np.where(on | won, ON, np.where(still, 0, LEFT)))


def tallies(journeys: Journeys, horizon: Horizon, period: Period | None, split: Named | None) -> Tallies:
    """All counts of all stages, by the members of the split."""
    counts: dict[str, Whole] = {}
    members, row = _rows(journeys, split)
    for name in ("wins", *COUNTED):
        counts[name] = np.zeros((len(members), len(journeys.stages)), np.int64)
    for flow in flows(journeys, horizon, period):
        for name, inside in _fates(journeys, horizon, period, flow):
            own = np.count_nonzero(inside) if row is None else np.bincount(row[inside], minlength=len(members))
            counts[name][:, flow.k] = own
    return Tallies(members, counts)


def _rows(journeys: Journeys, split: Named | None) -> tuple[tuple[str | None, ...], Whole | None]:
    """The members that the deals belong to, "not filled in" last, and which of them each deal is of."""
    if split is None:
        return (None,), None
    codes = split.codes[journeys.deals].astype(np.int64)
    codes = np.where(codes < 0, len(split.names), codes)
    there, row = np.unique(codes, return_inverse=True)
    return tuple(None if code == len(split.names) else split.names[code] for code in there.tolist()), row


def _fates(journeys: Journeys, horizon: Horizon, period: Period | None, flow: Flow) -> Iterator[tuple[str, Flags]]:
    """For each name of COUNTED: does a deal count there, at the flow's stage?"""
    k, on, still = flow.k, flow.later < NEVER, journeys.outcome == OPEN
    reached = journeys.entered[k] < NEVER
    stayed = flow.here & ~on
    back = journeys.place < k
    passed = np.where(on, flow.later, journeys.done)
    timely = passed < NEVER if period is None else horizon.holds(period, passed, journeys.ticks)
    if k == 0:
        # The last room is entered by winning: counted once a deal, wherever it stood, and kept at the first stage.
        won, done = journeys.outcome == WON, journeys.done
        yield "wins", won if period is None else won & horizon.holds(period, done, journeys.ticks)
    yield "entered", flow.here
    yield "advanced", flow.here & on
    for code, name in enumerate(OUTCOMES):
        if code != OPEN:
            yield name, stayed & (journeys.outcome == code)
    yield "moved_back", stayed & still & back
    yield "open", stayed & still & ~back
    yield "skipped", ~reached & (on | (journeys.outcome == WON)) & timely
    yield "re_entered", flow.here & journeys.again[k]
