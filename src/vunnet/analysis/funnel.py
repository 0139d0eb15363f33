"""How many deals, and which, come how far; where do they leave, how long do they stay?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vunnet.analysis.answers import TOO_FEW, NotRecorded, Share, wilson
from vunnet.analysis.bands import band_of
from vunnet.analysis.clock import NEVER, Whole
from vunnet.analysis.customers import statuses, unknown_status
from vunnet.analysis.evidence import LEVEL
from vunnet.analysis.flows import COUNTED, LEFT, ON, PARTS, Flow, Tallies, by_stage, count, memberships
from vunnet.analysis.journeys import OPEN, Journeys, all_journeys
from vunnet.analysis.outlook import final_share, median_days
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.roster import NAMED, Flags, Named, roster
from vunnet.analysis.shown import Shown
from vunnet.analysis.survival import Codes, Endings, apart, pack
from vunnet.analysis.time_to_close import not_timed

SPLIT_INTO = 3
OTHER = "other"
NO_HISTORY = NotRecorded("stage history is not recorded: each deal is one stay, from opening to closing")


@dataclass(frozen=True)
class StageFlow:
    """Deals that entered a stage, each once, and what became of them: `entered` is the sum of the six PARTS.

    `reached_next`: went on / entered, a lower bound. `resolved`: went on / (went on, lost or cancelled), biased to
    the fast.
    `conversion`: Aalen–Johansen share that ever goes on, from entry. Going on: to a later open stage, or won.
    `median_days`: Kaplan–Meier median of the first stay. `by`: entered, by the members of the split.
    """

    stage: str
    entered: int
    advanced: int
    won: int
    lost: int
    cancelled: int
    moved_back: int
    open: int
    skipped: int
    re_entered: int
    reached_next: Share | None
    resolved: Share | None
    conversion: Share | None
    median_days: float | None
    by: dict[str | None, int]

    def to_json(self) -> dict[str, object]:
        names = ("stage", "entered", *PARTS, "skipped", "re_entered")
        shares = {name: _json(getattr(self, name)) for name in ("reached_next", "resolved", "conversion")}
        return (
            {name: getattr(self, name) for name in names}
            | shares
            | {"median_days": self.median_days, "by": _named(self.by)}
        )


def _json(share: Share | None) -> dict[str, object]:
    return share.to_json() if share else {"share": None, "low": None, "high": None}


def _named(by: dict[str | None, int]) -> dict[str, int]:
    return {"" if value is None else value: n for value, n in by.items()}


@dataclass(frozen=True)
class Funnel(Shown):
    """The stages of one pipeline in order; `won` the deals of it that entered the last room in the period, wherever they
    stood before it; `won_by` and `members` by the split.

    `note` says where the stays were derived.
    """

    pipeline: str | None
    stages: tuple[StageFlow, ...]
    split: str | None
    members: tuple[str | None, ...]
    won_by: dict[str | None, int]
    won: int
    note: NotRecorded | None = None

    @cached_property
    def narrowest(self) -> StageFlow | None:
        """The stage fewest go on from, where its share is told apart from every other's (p < 0.05 each); else None."""
        told = [flow for flow in self.stages if flow.conversion and flow.entered >= TOO_FEW]
        told.sort(key=lambda flow: flow.conversion.share if flow.conversion else 1.0)
        chances = [
            apart(told[0].conversion, flow.conversion) for flow in told[1:] if told[0].conversion and flow.conversion
        ]
        return told[0] if chances and all(p is not None and p < LEVEL for p in chances) else None

    def to_json(self) -> list[dict[str, object]]:
        return [{"pipeline": self.pipeline} | flow.to_json() for flow in self.stages]


def funnel(
    prepared: Prepared,
    entered_in: Period | None = None,
    split: str | None = None,
    size_edges: tuple[float, ...] | None = None,
) -> tuple[Funnel, ...] | NotRecorded:
    """The funnel of each pipeline, the one with most deals first, of deals that first entered a stage in the period.

    Each deal once a stage: advanced if it ever reached a later open stage; else by its outcome; else moved back if it
    stands in an earlier stage, else open. `split`: a column of deals, "size" (needs `size_edges`) or "customer".
    """
    if prepared.visits is None and (why_not := not_timed(prepared)):
        return why_not
    found = all_journeys(prepared)
    if not found:
        return NotRecorded("no stage is recorded")
    members = _split(prepared, split, size_edges)
    return tuple(_funnel(prepared, journeys, entered_in, split, members) for journeys in found)


def _funnel(
    prepared: Prepared, journeys: Journeys, period: Period | None, split: str | None, by: Named | None
) -> Funnel:
    names, row = memberships(journeys, by)
    times = _Times(prepared, journeys)

    def at(flow: Flow) -> tuple[dict[str, Whole], tuple[Share | None, float | None]]:
        return count(journeys, prepared.horizon, period, flow, len(names), row), times.at(flow)

    met = by_stage(journeys, prepared.horizon, period, at, prepared.tables.threads)
    found = Tallies(names, tuple(counted for counted, _ in met))
    members = _members(found)
    stages = tuple(
        _stage(name, k, found, met[k][1], _by_member(found, members, "entered", k))
        for k, name in enumerate(journeys.stages)
    )
    won, won_by = found.total("wins", 0), _by_member(found, members, "wins", 0)
    return Funnel(journeys.pipeline, stages, split, members, won_by, won, None if journeys.recorded else NO_HISTORY)


def _split(prepared: Prepared, split: str | None, edges: tuple[float, ...] | None) -> Named | None:
    """The member each deal belongs to; None where there is nothing to split by."""
    deals = prepared.every
    if split in NAMED and prepared.has(split):
        return roster(prepared).named(split)
    if split == "size":
        return roster(prepared).members(
            deals.select("deal_id", member=band_of(deals.amount, edges or ()).cast("string"))
        )
    if split == "customer" and not unknown_status(prepared):
        return roster(prepared).members(statuses(prepared).select("deal_id", member="status"))
    if split is None or split not in deals.columns:
        return None
    return roster(prepared).members(deals.select("deal_id", member=deals[split]))


def _members(found: Tallies) -> tuple[str | None, ...]:
    """The three members with most deals in the first stage, and the rest."""
    if len(found.members) < 2:
        return ()
    entered = dict(zip(found.members, found.stages[0]["entered"].tolist(), strict=True))
    largest = sorted(entered, key=lambda member: (member is None, -entered[member], member or ""))
    return tuple(largest) if len(largest) <= SPLIT_INTO + 1 else (*largest[:SPLIT_INTO], OTHER)


def _by_member(found: Tallies, members: tuple[str | None, ...], name: str, k: int) -> dict[str | None, int]:
    summed: dict[str | None, int] = dict.fromkeys(members, 0)
    if members:
        for member, n in zip(found.members, found.stages[k][name].tolist(), strict=True):
            into = member if member in summed else OTHER
            summed[into] = summed.get(into, 0) + n
    return summed


def _stage(
    name: str, k: int, found: Tallies, times: tuple[Share | None, float | None], by: dict[str | None, int]
) -> StageFlow:
    part = {counted: found.total(counted, k) for counted in COUNTED}
    went_on, left = part["advanced"] + part["won"], part["lost"] + part["cancelled"]
    return StageFlow(
        stage=name,
        **part,
        reached_next=_share(went_on, part["entered"]),
        resolved=_share(went_on, went_on + left),
        conversion=times[0],
        median_days=times[1],
        by=by,
    )


def _share(some: int, every: int) -> Share | None:
    found = wilson(some, every)
    return None if found.rate is None else Share(found.rate, found.low, found.high)


def going_on(prepared: Prepared, journeys: Journeys, period: Period | None) -> list[Endings]:
    """For each stage: ticks from entry until the deal went on, losing and cancelling competing."""
    times = _Times(prepared, journeys)
    return by_stage(journeys, prepared.horizon, period, times.onward, prepared.tables.threads)


class _Times:
    """The times at each stage, of the deals that entered it in the period."""

    def __init__(self, prepared: Prepared, journeys: Journeys) -> None:
        self.journeys, self.horizon = journeys, prepared.horizon
        self.now = np.where(journeys.outcome == OPEN, prepared.horizon.now(journeys.stay_ticks), NEVER)

    def at(self, flow: Flow) -> tuple[Share | None, float | None]:
        """The share that ever goes on, and the median of the first stay."""
        days = median_days(self._stay(flow), (1,), self.journeys.stay_ticks.per_day)
        return final_share(self.onward(flow), (ON, LEFT), ON), days

    def onward(self, flow: Flow) -> Endings:
        start = self.horizon.start(self.journeys.ticks)
        return _endings(flow.here, flow.lived, flow.cause, start, self.journeys.entered[flow.k])

    def _stay(self, flow: Flow) -> Endings:
        begun, over = self.journeys.begun[flow.k], self.journeys.over[flow.k]
        end, start = np.minimum(over, self.now), self.horizon.start(self.journeys.stay_ticks)
        return _endings(flow.here & (end < NEVER), end - begun, over <= end, start, begun)


def _endings(here: Flags, lived: Whole, cause: Codes, start: int | None, begun: Whole) -> Endings:
    """The lives that count: here, of a known time; under delayed entry, observed before they ended."""
    here = here & (lived >= 0)
    if start is None:
        return Endings(pack(lived, cause, here))
    entry = np.maximum(start - begun, 0)
    here &= entry <= lived
    return Endings(pack(lived, cause, here), entries=np.sort(entry[here]))
