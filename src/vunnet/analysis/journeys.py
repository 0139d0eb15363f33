"""One row a deal: when it first entered each stage of a ladder, when it left it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.clock import DAYS, EXACT, Ticks, milliseconds, tells_time
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.stages import Ladder

PLACES = 512  # more than stages.MOST_STAGES: the place of a stage in the lowest bits of a key that orders stays by time
OPENED = "opened"
USUAL_SPLITS = ("segment", "product", "source", "owner")


@dataclass(frozen=True)
class Journeys:
    """Deals with, for stage k of `stages`: `entered_k` (ticks of first entry since 1970), `from_k` and `to_k` (the
    first stay, in
    stay ticks; `to_k` null while it lasts), `again_k` (entered more than once); `place`: the stage of the last stay;
    `done`: tick of closing; and deal_id, outcome.

    `ticks` count from entry to going on or closing, `stay_ticks` the stays themselves.
    """

    pipeline: str | None
    stages: tuple[str, ...]
    deals: ir.Table
    ticks: Ticks
    stay_ticks: Ticks
    recorded: bool


def recorded_journeys(prepared: Prepared, visits: ir.Table, ladder: Ladder) -> Journeys:
    """The journeys through a ladder, from the recorded stays."""
    ticks, stay_ticks = _both_ticks(prepared, visits)
    name = f"journeys {ladder.pipeline}"
    if name not in prepared.kept:
        first = _first_entries(prepared, visits, ladder, ticks, stay_ticks)
        kept = engine.keep(_journeys(prepared, first, ladder, ticks, stay_ticks))
        if ticks == stay_ticks:
            kept = kept.mutate(**{f"from_{k}": kept[f"entered_{k}"] for k in range(len(ladder.stages))})
        prepared.kept[name] = kept
    deals = prepared.kept[name]
    if prepared.deals is not prepared.every:
        deals = engine.keep(deals.semi_join(prepared.deals, "deal_id"))
    return Journeys(ladder.pipeline, ladder.stages, deals, ticks, stay_ticks, True)


def derived_journeys(prepared: Prepared) -> Journeys:
    """Without recorded stays: one stay of each deal, from opening to closing."""
    deals = prepared.deals.filter(prepared.deals.opened)
    done = ibis.ifelse(deals.outcome == "open", ibis.null("int64"), deals.ended)
    place, again = ibis.literal(0, "int64"), ibis.literal(False)
    born = deals.born
    table = deals.select(
        "deal_id",
        "outcome",
        *_carried(prepared),
        done=done,
        place=place,
        entered_0=born,
        from_0=born,
        to_0=done,
        again_0=again,
    )
    return Journeys(None, (OPENED,), table, prepared.ticks, prepared.ticks, False)


def _both_ticks(prepared: Prepared, visits: ir.Table) -> tuple[Ticks, Ticks]:
    """Calendar days where either end of a span has no time of day throughout."""
    stays = tells_time(visits, ("entered_at", "left_at"), prepared.changes)
    closing = tells_time(prepared.every, ("closed_at",), prepared.changes)
    dated = stays["entered_at"] is False
    return (
        DAYS if dated or closing["closed_at"] is False else EXACT,
        DAYS if dated or stays["left_at"] is False else EXACT,
    )


def _journeys(prepared: Prepared, first: ir.Table, ladder: Ladder, ticks: Ticks, stay_ticks: Ticks) -> ir.Table:
    deals = prepared.every
    if ladder.pipeline is not None:
        deals = deals.filter(deals.pipeline == ladder.pipeline)
    joined = deals.join(first, "deal_id")
    columns = {"done": _ticked(prepared, joined.closed_at, ticks)}
    over = _ticked(prepared, joined.closed_at, stay_ticks)
    for k in range(len(ladder.stages)):
        columns[f"entered_{k}"] = joined[f"at_{k}"]
        begun = joined[f"from_{k}"] if ticks != stay_ticks else joined[f"at_{k}"]
        if ticks != stay_ticks:
            columns[f"from_{k}"] = begun
        columns[f"to_{k}"] = ibis.coalesce(joined[f"out_{k}"], ibis.ifelse(begun.notnull(), over, ibis.null("int64")))
        columns[f"again_{k}"] = joined[f"visits_{k}"] > 1
    return joined.select("deal_id", "outcome", "place", *_carried(prepared), **columns)


def _carried(prepared: Prepared) -> tuple[str, ...]:
    """What a funnel is usually split by travels along: joining it later would cost more than the funnel."""
    return tuple(column for column in USUAL_SPLITS if prepared.has(column))


def _ticked(prepared: Prepared, utc: ir.Value, ticks: Ticks) -> ir.Value:
    return ticks.of(utc, prepared.local(utc)).cast("int64")


def _first_entries(prepared: Prepared, visits: ir.Table, ladder: Ladder, ticks: Ticks, stay_ticks: Ticks) -> ir.Table:
    """One row a deal, from one pass over the stays. A chosen value or null is several times faster to aggregate than
    an aggregate that filters."""
    visits = visits.filter(visits.stage.isin(ladder.stages))
    place = ibis.cases(*((visits.stage == stage, k) for k, stage in enumerate(ladder.stages)), else_=0).cast("int64")
    visits = visits.select(
        "deal_id",
        place=place,
        at=_ticked(prepared, visits.entered_at, ticks),
        begun=_ticked(prepared, visits.entered_at, stay_ticks),
        out=_ticked(prepared, visits.left_at, stay_ticks),
        key=_time_key(visits) + place,
    )
    columns: dict[str, ir.Value] = {"last": visits.key.max()}
    for k in range(len(ladder.stages)):
        columns[f"at_{k}"] = _where(visits, k, visits["at"]).min()
        if ticks != stay_ticks:
            columns[f"from_{k}"] = _where(visits, k, visits.begun).min()
        columns[f"out_{k}"] = _where(visits, k, visits.out).min()
        columns[f"visits_{k}"] = _where(visits, k, visits.place).count()
    first = visits.group_by("deal_id").aggregate(**columns)
    return first.mutate(place=(first["last"] % PLACES).cast("int64"))


def _where(visits: ir.Table, k: int, value: ir.Value) -> ir.Value:
    return ibis.ifelse(visits.place == k, value, ibis.null("int64"))


def _time_key(visits: ir.Table) -> ir.Value:
    """Orders stays by entry, at the same entry the one still lasting last; leaves room for the place."""
    lasting = visits.left_at.isnull().ifelse(1, 0).cast("int64")
    return (milliseconds(visits.entered_at) * 2 + lasting) * PLACES
