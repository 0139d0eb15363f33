"""The open stages of each pipeline, in order."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from vunnet.analysis import engine
from vunnet.analysis.prepare import Prepared

MOST_STAGES = 255


@dataclass(frozen=True)
class Ladder:
    """The open stages of one pipeline (None: the source knows only one) and how many of the deals are in it."""

    pipeline: str | None
    stages: tuple[str, ...]
    deals: int


def ladders(prepared: Prepared) -> tuple[Ladder, ...]:
    """One ladder a pipeline, the one with most deals first. Stages by their position; without a table of stages, in the
    order deals usually enter them. A pipeline that the table of stages lacks has all stages.
    """
    ordered = _positions(prepared) or {None: _usual_order(prepared)}
    everywhere = tuple(dict.fromkeys(stage for stages in ordered.values() for stage in stages))
    if not prepared.has("pipeline"):
        total = engine.rows(prepared.deals.aggregate(n=prepared.deals.count()))[0]["n"]
        return (Ladder(None, everywhere, total),) if everywhere else ()
    sizes = engine.rows(prepared.deals.group_by("pipeline").aggregate(n=prepared.deals.count()))
    sizes.sort(key=lambda row: (-row["n"], row["pipeline"] or ""))
    found = [Ladder(row["pipeline"], ordered.get(row["pipeline"], everywhere)[:MOST_STAGES], row["n"]) for row in sizes]
    return tuple(ladder for ladder in found if ladder.stages)


def _positions(prepared: Prepared) -> dict[str | None, tuple[str, ...]]:
    stages = prepared.tables.stages
    if stages is None:
        return {}
    rows = engine.rows(stages.filter(stages.kind == "open").select("pipeline", "stage", "position"))
    rows.sort(key=lambda row: (row["pipeline"] or "", row["position"], row["stage"]))
    found: dict[str | None, tuple[str, ...]] = {}
    for row in rows:
        found[row["pipeline"]] = (*found.get(row["pipeline"], ()), row["stage"])
    return {pipeline: tuple(dict.fromkeys(names)) for pipeline, names in found.items()}


def _usual_order(prepared: Prepared) -> tuple[str, ...]:
    visits = prepared.visits
    if visits is None:
        return ()
    first = visits.group_by("deal_id", "stage").aggregate(entered_at=visits.entered_at.min())
    window = ibis.window(group_by=first.deal_id, order_by=[first.entered_at, first.stage])
    placed = first.mutate(place=ibis.row_number().over(window))
    rows = engine.rows(placed.group_by("stage").aggregate(place=placed.place.mean()))
    return tuple(row["stage"] for row in sorted(rows, key=lambda row: (row["place"], row["stage"])))
