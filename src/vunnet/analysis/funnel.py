"""How many deals, and which, come how far; where do they leave, how long do they stay?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded, Share, wilson
from vunnet.analysis.bands import band_of
from vunnet.analysis.customers import unknown_status, with_status
from vunnet.analysis.journeys import Journeys, derived_journeys, recorded_journeys
from vunnet.analysis.lives import by_stage
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.stages import ladders
from vunnet.analysis.survival import Curve
from vunnet.analysis.time_to_close import not_timed

PARTS = ("advanced", "won", "lost", "cancelled", "moved_back", "open")
ON, LEFT = 1, 2
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
class Funnel:
    """The stages of one pipeline in order; `won` the deals of it that were won, `won_by` and `members` by the split.

    `note` says where the stays were derived.
    """

    pipeline: str | None
    stages: tuple[StageFlow, ...]
    split: str | None
    members: tuple[str | None, ...]
    won_by: dict[str | None, int]
    note: NotRecorded | None = None

    @property
    def won(self) -> int:
        return sum(flow.won for flow in self.stages)

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
    visits = prepared.visits
    if visits is None:
        why_not = not_timed(prepared)
        return why_not or (_funnel(prepared, derived_journeys(prepared), entered_in, split, size_edges),)
    found = ladders(prepared)
    if not found:
        return NotRecorded("no stage is recorded")
    return tuple(
        _funnel(prepared, recorded_journeys(prepared, visits, ladder), entered_in, split, size_edges)
        for ladder in found
    )


def _funnel(
    prepared: Prepared, journeys: Journeys, period: Period | None, split: str | None, edges: tuple[float, ...] | None
) -> Funnel:
    flows = [_flow(prepared, journeys, k, period) for k in range(len(journeys.stages))]
    tallies = _tallies(_split(prepared, prepared.deals, split, edges), journeys, flows)
    members = _members(tallies)
    totals = (
        {name: sum(row[name] or 0 for row in tallies) for name in tallies[0] if name != "member"} if tallies else {}
    )
    lives = _curves(prepared, journeys, flows)
    stages = tuple(
        _stage(name, k, totals, lives[k], _by_member(tallies, members, f"entered_{k}"))
        for k, name in enumerate(journeys.stages)
    )
    won_by = {
        member: sum(_by_member(tallies, members, f"won_{k}")[member] for k in range(len(stages))) for member in members
    }
    note = None if journeys.recorded else NO_HISTORY
    return Funnel(journeys.pipeline, stages, split, members, won_by, note)


def _flow(prepared: Prepared, journeys: Journeys, k: int, period: Period | None) -> dict[str, ir.Value]:
    """Expressions of stage k over the journeys: who is in it, what became of them, and for how long."""
    deals = journeys.deals
    entered = deals[f"entered_{k}"]
    later = _earliest([deals[f"entered_{j}"] for j in range(k + 1, len(journeys.stages))])
    in_period = partial(prepared.horizon.holds, period, ticks=journeys.ticks) if period else ir.Value.notnull
    here, advanced, still = in_period(entered), later.notnull(), deals.outcome == "open"
    stayed = here & ~advanced
    on = advanced | (deals.outcome == "won")
    missed = entered.isnull() & on & in_period(ibis.coalesce(later, deals.done))
    closed = ibis.ifelse(still, prepared.horizon.now(journeys.ticks), deals.done)
    return {
        "entered": here,
        "advanced": here & advanced,
        **{outcome: stayed & (deals.outcome == outcome) for outcome in ("won", "lost", "cancelled")},
        "moved_back": stayed & still & (deals.place < k),
        "open": stayed & still & (deals.place >= k),
        "skipped": missed,
        "re_entered": here & deals[f"again_{k}"],
        "start": entered,
        "lived": ibis.ifelse(advanced, ibis.greatest(later - entered, 0), closed - entered),
        "cause": ibis.cases((on, ON), (~still, LEFT), else_=0),
    }


def _earliest(entries: list[ir.Value]) -> ir.Value:
    if not entries:
        return ibis.null("int64")
    return ibis.least(*entries) if len(entries) > 1 else entries[0]


def _tallies(deals: ir.Table, journeys: Journeys, flows: list[dict[str, ir.Value]]) -> list[dict[str, Any]]:
    """One row a member of the split: all counts of all stages, in one query."""
    names = ("entered", *PARTS, "skipped", "re_entered")
    flags = {f"{name}_{k}": flow[name].fill_null(False) for k, flow in enumerate(flows) for name in names}
    flagged = journeys.deals.select("deal_id", **flags)
    if "member" not in deals.columns:
        return engine.rows(
            flagged.aggregate(**{name: flagged[name].sum() for name in flags}).mutate(member=ibis.null("string"))
        )
    flagged = journeys.deals.mutate(**flags).join(deals, "deal_id")
    return engine.rows(flagged.group_by("member").aggregate(**{name: flagged[name].sum() for name in flags}))


def _split(prepared: Prepared, deals: ir.Table, split: str | None, edges: tuple[float, ...] | None) -> ir.Table:
    """deal_id and the member of the split it belongs to: the three largest and the rest."""
    if split is None:
        return deals.select("deal_id")
    if split == "size":
        return deals.select("deal_id", member=band_of(deals.amount, edges or ()).cast("string"))
    if split == "customer" and not unknown_status(prepared):
        return with_status(prepared, deals.select("deal_id")).select("deal_id", member="status")
    if split not in deals.columns:
        return deals.select("deal_id")
    return deals.select("deal_id", member=deals[split].cast("string"))


def _members(tallies: list[dict[str, Any]]) -> tuple[str | None, ...]:
    if len(tallies) < 2:
        return ()
    ordered = sorted(tallies, key=lambda row: (row["member"] is None, -(row["entered_0"] or 0), row["member"] or ""))
    largest = [row["member"] for row in ordered]
    return tuple(largest) if len(largest) <= SPLIT_INTO + 1 else (*largest[:SPLIT_INTO], OTHER)


def _by_member(tallies: list[dict[str, Any]], members: tuple[str | None, ...], column: str) -> dict[str | None, int]:
    found: dict[str | None, int] = dict.fromkeys(members, 0)
    for row in tallies if members else ():
        member = row["member"] if row["member"] in found else OTHER
        found[member] = found.get(member, 0) + int(row[column] or 0)
    return found


def _stage(
    name: str, k: int, totals: dict[str, int], lives: tuple[Curve, Curve], by: dict[str | None, int]
) -> StageFlow:
    part = {key: int(totals.get(f"{key}_{k}", 0)) for key in ("entered", *PARTS, "skipped", "re_entered")}
    went_on, left = part["advanced"] + part["won"], part["lost"] + part["cancelled"]
    return StageFlow(
        stage=name,
        **part,
        reached_next=_share(went_on, part["entered"]),
        resolved=_share(went_on, went_on + left),
        conversion=lives[0].final(ON),
        median_days=lives[1].median_days(),
        by=by,
    )


def _share(some: int, every: int) -> Share | None:
    found = wilson(some, every)
    return None if found.rate is None else Share(found.rate, found.low, found.high)


def _curves(prepared: Prepared, journeys: Journeys, flows: list[dict[str, ir.Value]]) -> list[tuple[Curve, Curve]]:
    """For each stage: from entry to going on, losing or cancelling; and the first stay."""
    deals, horizon = journeys.deals, prepared.horizon
    now = ibis.ifelse(deals.outcome == "open", horizon.now(journeys.stay_ticks), ibis.null("int64"))
    onward, stays = [], []
    for k, flow in enumerate(flows):
        onward.append(
            _lives(deals, k, flow, flow["start"], flow["lived"], flow["cause"], horizon.start(journeys.ticks))
        )
        begin, end = deals[f"from_{k}"], deals[f"to_{k}"]
        stay = ibis.coalesce(end, now) - begin
        stays.append(
            _lives(deals, k, flow, begin, stay, end.notnull().ifelse(1, 0), horizon.start(journeys.stay_ticks))
        )
    observed = horizon.observed_from is not None
    first = by_stage(onward, (ON, LEFT), journeys.ticks, observed)
    second = by_stage(stays, (1,), journeys.stay_ticks, observed)
    return list(zip(first, second, strict=True))


def _lives(
    deals: ir.Table,
    k: int,
    flow: dict[str, ir.Value],
    begin: ir.Value,
    lived: ir.Value,
    cause: ir.Value,
    start: int | None,
) -> ir.Table:
    """One row a deal in the stage: stage, time, cause, entry. Negative and unknown spans are left out."""
    entry = ibis.literal(0, "int64") if start is None else ibis.greatest(start - begin, 0).cast("int64")
    table = deals.select(
        here=flow["entered"], stage=ibis.literal(k, "int64"), time=lived, cause=cause.cast("int64"), entry=entry
    )
    return table.filter(table.here & (table.time >= 0) & (table.entry <= table.time)).drop("here")
