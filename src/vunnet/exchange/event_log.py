"""A plain log of stages: one row for each time a deal entered a stage. Deals are made from it.

Process-mining names (`case:concept:name`, `concept:name`, `time:timestamp`) and everyday ones are known; a log that
needs choosing among its events is described in a MAP.toml instead.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.exchange import outcomes, tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, finish
from vunnet.exchange.deal_table import required_why
from vunnet.exchange.files import Parts
from vunnet.exchange.headers import Layout, columns, marks, names
from vunnet.exchange.histories import first_of_each, last_of_each, looked_up
from vunnet.exchange.stages import PIPELINE, one

SOURCE = "event_log"
LOG = Layout(
    SOURCE,
    "stage history",
    marks(
        "case:concept:name|concept:name|time:timestamp",
        "case id|activity|timestamp",
        "case|activity|timestamp",
        "case_id|activity|timestamp",
        "deal id|stage|timestamp",
        "deal id|stage|date entered",
        "deal|stage|entered",
        "deal_id|stage|timestamp",
        "deal_id|stage|changed_at",
        "deal id|stage|changed at",
        "deal id|stage|date",
        "deal|stage|date",
        "opportunity id|stage|date entered",
        "opportunity_id|stage|changed_at",
        "case id|activity|complete timestamp",
    ),
    columns(
        deal_id="case:concept:name|case id|case_id|case|deal id|deal_id|deal|opportunity id|opportunity_id",
        stage="concept:name|activity|stage",
        entered_at="time:timestamp|timestamp|complete timestamp|date entered|entered|changed at|changed_at|date",
        amount="amount|value|case:amount_req|case:amount",
        owner="owner|resource|org:resource",
        name="deal name|name",
        company="company|account|account name",
        product="product",
        pipeline="pipeline",
    ),
    never=names("entered_at|deal stage|stagename"),
)
LAYOUTS = (LOG,)


def read(found: Found) -> Parts:
    """A log's deals: opened at the first event, standing where the last one says, won and lost by stage."""
    made = [_events(part.rows) for part in found.each("stage history")]
    events = pa.concat_tables(made, promote_options="default").sort_by("entered_at").combine_chunks()
    deals = _deals(events)
    found.parts.missing(outcomes.BY_NAME)
    return finish(
        found,
        deals,
        events.select([name for name in events.column_names if name in ("deal_id", "stage", "entered_at", "amount")]),
    )


def _events(rows: Any) -> Any:
    for meaning in ("deal_id", "stage", "entered_at"):
        rows.require(meaning, required_why("visits", meaning))
    known = ("deal_id", "stage", "amount", "owner", "name", "company", "product", "pipeline")
    columns = {name: rows.typed(name, tables.DEALS.field(name).type) for name in known if rows.has(name)}
    columns["entered_at"] = rows.moment("entered_at")
    return pa.table(columns).filter(pc.and_(rows.alive, columns["entered_at"].is_valid()))


def _deals(events: Any) -> Any:
    ids = one(events["deal_id"])
    keys, opened = first_of_each(ids, one(events["entered_at"]))
    built: dict[str, Any] = {"deal_id": keys, "external_id": keys, "created_at": opened}
    for name in events.column_names:
        if name not in ("deal_id", "stage", "entered_at"):
            built[name] = looked_up(keys, *last_of_each(ids, one(events[name])))
    built["stage_now"] = looked_up(keys, *last_of_each(ids, one(events["stage"])))
    kinds = outcomes.kinds_by_name(one(events["stage"]))
    built["outcome"] = outcomes.by_stage(built["stage_now"], kinds)
    built["pipeline"] = pc.fill_null(built.get("pipeline", pa.nulls(len(keys), pa.string())), PIPELINE)
    return tables.shaped(built, tables.DEALS)
