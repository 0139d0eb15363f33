"""What became of the deals of each stage: counted stage by stage over the journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.clock import NEVER, Whole
from vunnet.analysis.journeys import OPEN, WON, Journeys
from vunnet.analysis.prepare import Horizon
from vunnet.analysis.question import Period
from vunnet.analysis.roster import Flags, Named
from vunnet.analysis.schema import OUTCOMES

PARTS = ("advanced", "won", "lost", "cancelled", "moved_back", "open")
COUNTED = ("entered", *PARTS, "skipped", "re_entered")
ON, LEFT = 1, 2
MANY = 200_000  # deals from which several threads work: below, a funnel is soon done, and a server answers others too
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Flow:
    """The journeys at stage `k`: in the period at all, tick of a later stage, ticks until going on, closing or as_of
    (below 0: not known), and which of them it was."""

    k: int
    here: Flags
    later: Whole
    lived: Whole
    cause: NDArray[np.int8]


@dataclass(frozen=True)
class Tallies:
    """Stage by stage, by each name of COUNTED (and `wins` at the first): the deals of each member of the split (one,
    None, without a split)."""

    members: tuple[str | None, ...]
    stages: tuple[dict[str, Whole], ...]

    def total(self, name: str, k: int) -> int:
        return int(self.stages[k][name].sum())


def by_stage(
    journeys: Journeys, horizon: Horizon, period: Period | None, ask: Callable[[Flow], Answer], threads: int = 1
) -> list[Answer]:
    """What `ask` finds at each stage, in order; on several threads where the deals are many, since numpy lets others work
    beside it."""
    still, won = journeys.outcome == OPEN, journeys.outcome == WON
    closed = np.where(still, horizon.now(journeys.ticks), journeys.done)
    closed = np.where(closed < NEVER, closed, -NEVER)  # below 0 as a duration: not known
    ended = np.where(won, ON, np.where(still, 0, LEFT)).astype(np.int8)

    def found(stage: tuple[int, Whole]) -> Answer:
        k, later = stage
        entered, on = journeys.entered[k], later < NEVER
        here = entered < NEVER if period is None else horizon.holds(period, entered, journeys.ticks)
        lived = np.where(on, later, closed)
        lived -= entered
        np.maximum(lived, 0, out=lived, where=on)
        return ask(Flow(k, here, later, lived, np.where(on, np.int8(ON), ended)))

    if threads == 1 or len(journeys.deals) < MANY:
        return [*map(found, journeys.later())][::-1]
    with ThreadPoolExecutor(threads) as pool:
        return [*pool.map(found, journeys.later())][::-1]


def count(
    journeys: Journeys, horizon: Horizon, period: Period | None, flow: Flow, members: int, row: Whole | None
) -> dict[str, Whole]:
    """All counts of a stage, by the members of the split; `row`: which of them each deal is of."""
    return {
        name: np.array([np.count_nonzero(inside)]) if row is None else np.bincount(row[inside], minlength=members)
        for name, inside in _fates(journeys, horizon, period, flow)
    }


def memberships(journeys: Journeys, split: Named | None) -> tuple[tuple[str | None, ...], Whole | None]:
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
