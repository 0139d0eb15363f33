"""How many deals, and which, come how far; where do they leave, how long do they stay?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from vunnet.analysis.answers import NotRecorded, Share, wilson
from vunnet.analysis.bands import band_of
from vunnet.analysis.clock import Ticks
from vunnet.analysis.customers import statuses, unknown_status
from vunnet.analysis.flows import COUNTED, LEFT, ON, PARTS, Tallies, flow, tallies
from vunnet.analysis.journeys import Journeys, derived_journeys, recorded_journeys
from vunnet.analysis.lives import Span, endings
from vunnet.analysis.outlook import final_share, median_days
from vunnet.analysis.prepare import Horizon, Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.stages import ladders
from vunnet.analysis.survival import Endings
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
    why_not = not_timed(prepared) if prepared.visits is None else None
    if why_not:
        return why_not
    found = tuple(_funnel(prepared, ways, entered_in, split, size_edges) for ways in funnel_journeys(prepared))
    return found or NotRecorded("no stage is recorded")


def funnel_journeys(prepared: Prepared) -> Iterator[Journeys]:
    """The journeys a funnel counts, pipeline by pipeline; one without recorded stays."""
    visits = prepared.visits
    if visits is None:
        yield derived_journeys(prepared)
        return
    for ladder in ladders(prepared):
        yield recorded_journeys(prepared, visits, ladder)


def _funnel(
    prepared: Prepared, journeys: Journeys, period: Period | None, split: str | None, edges: tuple[float, ...] | None
) -> Funnel:
    journeys, member = _with_member(prepared, journeys, split, edges)
    found = tallies(journeys, prepared.horizon, period, member)
    members = _members(found)
    conversions = [final_share(ended, (ON, LEFT), ON) for ended in going_on(prepared, journeys, period)]
    medians = _medians(prepared, journeys, period)
    stages = tuple(
        _stage(name, k, found, (conversions[k], medians[k]), _by_member(found, members, "entered", k))
        for k, name in enumerate(journeys.stages)
    )
    won, won_by = found.total("wins", 0), _by_member(found, members, "wins", 0)
    return Funnel(journeys.pipeline, stages, split, members, won_by, won, None if journeys.recorded else NO_HISTORY)


def _with_member(
    prepared: Prepared, journeys: Journeys, split: str | None, edges: tuple[float, ...] | None
) -> tuple[Journeys, str | None]:
    """The journeys with the column that says which member of the split a deal belongs to."""
    if split in journeys.deals.columns:
        return journeys, split
    members = _split(prepared, split, edges)
    if members is None:
        return journeys, None
    deals = journeys.deals.left_join(members, "deal_id").drop("deal_id_right")
    return replace(journeys, deals=deals), "member"


def _split(prepared: Prepared, split: str | None, edges: tuple[float, ...] | None) -> ir.Table | None:
    """deal_id and the member it belongs to; None where there is nothing to split by."""
    deals = prepared.deals
    if split == "size":
        return deals.select("deal_id", member=band_of(deals.amount, edges or ()).cast("string"))
    if split == "customer" and not unknown_status(prepared):
        return statuses(prepared).select("deal_id", member="status")
    if split is None or split not in deals.columns:
        return None
    return deals.select("deal_id", member=deals[split].cast("string"))


def _members(found: Tallies) -> tuple[str | None, ...]:
    """The three members with most deals in the first stage, and the rest."""
    if len(found.members) < 2:
        return ()
    entered = dict(zip(found.members, found.counts["entered"][:, 0].tolist(), strict=True))
    largest = sorted(entered, key=lambda member: (member is None, -entered[member], member or ""))
    return tuple(largest) if len(largest) <= SPLIT_INTO + 1 else (*largest[:SPLIT_INTO], OTHER)


def _by_member(found: Tallies, members: tuple[str | None, ...], name: str, k: int) -> dict[str | None, int]:
    summed: dict[str | None, int] = dict.fromkeys(members, 0)
    if members:
        for member, n in zip(found.members, found.counts[name][:, k].tolist(), strict=True):
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


def going_on(prepared: Prepared, journeys: Journeys, period: Period | None) -> Iterator[Endings]:
    """For each stage: ticks from entry until the deal went on, losing and cancelling competing."""
    horizon, onward = prepared.horizon, []
    for k in range(len(journeys.stages)):
        found = flow(journeys, horizon, k, period)
        entry = _entry(horizon, found.start, journeys.ticks)
        onward.append(Span(found.here, found.lived, found.cause, entry))
    return endings(journeys.deals, onward, journeys.ticks)


def _medians(prepared: Prepared, journeys: Journeys, period: Period | None) -> list[float | None]:
    """For each stage: the median of the first stay."""
    deals, horizon, stays = journeys.deals, prepared.horizon, []
    now = ibis.ifelse(deals.outcome == "open", horizon.now(journeys.stay_ticks), ibis.null("int64"))
    for k in range(len(journeys.stages)):
        here = flow(journeys, horizon, k, period).here
        begun, end = deals[f"from_{k}"], deals[f"to_{k}"]
        stay, ended = ibis.coalesce(end, now) - begun, end.notnull().ifelse(1, 0)
        stays.append(Span(here, stay, ended, _entry(horizon, begun, journeys.stay_ticks)))
    per_day = journeys.stay_ticks.per_day
    return [median_days(ended, (1,), per_day) for ended in endings(deals, stays, journeys.stay_ticks)]


def _entry(horizon: Horizon, begun: ir.Value, ticks: Ticks) -> ir.Value | None:
    """From when on a stay is observed, under delayed entry."""
    start = horizon.start(ticks)
    return None if start is None else ibis.greatest(start - begun, 0)
