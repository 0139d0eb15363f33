"""Deals, outcomes and stages out of an event log that a map describes: a deal begins with its first event."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.analysis.schema import STAGES
from vunnet.exchange import tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.files import Parts
from vunnet.exchange.histories import first_of_each, last_of_each, looked_up
from vunnet.exchange.map_file import Map
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import typical_order

PIPELINE = "Pipeline"


def _events(rows: Rows) -> Any:
    """The log's usable rows in time order, with the per-deal columns beside."""
    moment = rows.moment("entered_at")
    columns = {"deal_id": rows.text("deal_id"), "stage": rows.text("stage"), "at": moment}
    for name in rows.names:
        if name.startswith("x_"):
            columns[name] = rows.text(name)
        elif name in tables.DEALS.names and name not in ("deal_id", "stage"):
            columns[name] = rows.typed(name, tables.DEALS.field(name).type)
    table = pa.table(columns).filter(pc.and_(rows.alive, moment.is_valid()))
    return table.sort_by("at").combine_chunks()


def _ended(events: Any, map_: Map) -> tuple[Any, Any, Any]:
    """Deal, outcome and time of the last event that ends a deal."""
    outcome = {value: name for name, values in map_.outcome_from_visits.items() for value in values}
    places = pc.index_in(events["stage"].combine_chunks(), value_set=pa.array(list(outcome), pa.string()))
    closing = events.append_column("place", places).filter(places.is_valid()).combine_chunks()
    deals = closing["deal_id"].combine_chunks()
    keys, last = last_of_each(deals, closing["place"].combine_chunks())
    _, at = last_of_each(deals, closing["at"].combine_chunks())
    return keys, pa.array(list(outcome.values()), pa.string()).take(last), at


def deals_of_log(rows: Rows, map_: Map, parts: Parts) -> Any:
    """One deal for each identifier of the log: opened at its first event, closed at the last event that ends it."""
    events = _events(rows)
    ids = events["deal_id"].combine_chunks()
    keys, opened = first_of_each(ids, events["at"].combine_chunks())
    columns: dict[str, Any] = {"deal_id": keys, "external_id": keys, "created_at": opened}
    for name in events.column_names:
        if name not in ("deal_id", "stage", "at"):
            columns[name] = first_of_each(ids, events[name].combine_chunks())[1]
    ended, outcome, at = _ended(events, map_)
    columns["outcome"] = pc.fill_null(looked_up(keys, ended, outcome), "open")
    columns["closed_at"] = looked_up(keys, ended, at)
    kept, stage = last_of_each(ids, _open_stage(events, map_))
    columns["stage"] = looked_up(keys, kept, stage)
    columns["pipeline"] = pa.array([PIPELINE] * len(keys), pa.string())
    if not map_.outcome_from_visits:
        parts.missing(said("Which deals were won or lost is not in the log: say it in [outcome_from_visits]."))
    return tables.shaped(columns, tables.DEALS)


def _open_stage(events: Any, map_: Map) -> Any:
    """The stage of each event where it is one to keep and ends nothing; otherwise null."""
    stage = events["stage"].combine_chunks()
    ends = {value for values in map_.outcome_from_visits.values() for value in values}
    keep = map_.sections["visits"].keep
    standing = pc.invert(pc.is_in(stage, pa.array(sorted(ends), pa.string())))
    if keep:
        standing = pc.and_(standing, pc.is_in(stage, pa.array(keep)))
    return pc.if_else(standing, stage, pa.scalar(None, pa.string()))


def outcomes_of_log(rows: Rows, map_: Map, columns: dict[str, Any]) -> None:
    """Outcome and, where the deals do not say it, closing time from the log beside them."""
    ended, outcome, at = _ended(_events(rows), map_)
    columns["outcome"] = pc.fill_null(looked_up(columns["deal_id"], ended, outcome), "open")
    if "closed_at" not in columns:
        columns["closed_at"] = looked_up(columns["deal_id"], ended, at)


def stages_of_log(map_: Map, visits: Any) -> Any:
    """The stages in the map's order of `keep`, else by typical order of first entry; the map says which end a deal."""
    keep = map_.sections["visits"].keep
    names = list(keep) if keep else typical_order(visits)
    won = set(map_.outcome_from_visits.get("won", ()))
    lost = {value for name in ("lost", "cancelled") for value in map_.outcome_from_visits.get(name, ())}
    kinds = ["won" if name in won else "lost" if name in lost else "open" for name in names]
    columns = {
        "pipeline": pa.array([PIPELINE] * len(names), pa.string()),
        "stage": pa.array(names, pa.string()),
        "position": pa.array(range(1, len(names) + 1), pa.int32()),
        "kind": pa.array(kinds, pa.string()),
    }
    return tables.shaped(columns, STAGES.columns)
