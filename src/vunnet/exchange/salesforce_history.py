"""Salesforce's stage history: the OpportunityHistory and OpportunityFieldHistory objects, and the two history reports.

OpportunityHistory has a row for every change of stage, amount, probability or close date; rows that leave the stage as
it was are folded into the stay. Field history has From and To, and nothing for a deal that never moved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import outcomes, tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part, refuse_deleted
from vunnet.exchange.deal_table import required_why
from vunnet.exchange.headers import Layout, columns, marks, names
from vunnet.exchange.histories import first_of_each, last_of_each, looked_up
from vunnet.exchange.links import derived_ids
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import PIPELINE, one

SOURCE = "salesforce"
HISTORY = Layout(
    SOURCE,
    "stage history",
    marks("opportunityid|stagename"),
    columns(
        deal_id="opportunityid",
        stage="stagename",
        entered_at="createddate|systemmodstamp",
        amount="amount",
        probability="probability",
        is_deleted="isdeleted",
    ),
    never=names("field|newvalue"),
)
FIELD_HISTORY = Layout(
    SOURCE,
    "field history",
    marks(
        "opportunityid|field|newvalue",
        "field / event|new value",
        "field/event|new value",
        "old value|new value|edit date",
    ),
    columns(
        deal_id="opportunityid|opportunity id|opportunity: id",
        name="opportunity name",
        company="account name",
        field="field|field / event|field/event",
        old="oldvalue|old value",
        stage="newvalue|new value",
        entered_at="createddate|edit date",
        is_deleted="isdeleted",
    ),
)
HISTORY_REPORT = Layout(
    SOURCE,
    "stage history",
    marks("to stage|opportunity name", "to stage|opportunity id", "to stage|last modified"),
    columns(
        deal_id="opportunity id|opportunity: id|opportunity id (18)",
        name="opportunity name",
        company="account name",
        owner="opportunity owner|owner",
        old="from stage",
        stage="to stage",
        entered_at="last modified|last modified date|last modified date/time|edit date",
        amount="amount",
        probability="probability (%)|probability",
        created_at="created date",
    ),
)
STAGE_FIELDS = ("stagename", "stage", "opportunity.stagename")
CREATED = ("created", "created.", "opportunity created", "opportunity created.")


def changes_of(found: Found, deals: Any) -> Any | None:
    """All stage changes of all history files: deal_id, stage, entered_at, amount and probability where given."""
    made = [_recorded(found, part, deals) for part in found.each("stage history")]
    made += [_of_fields(found, part, deals) for part in found.each("field history")]
    return pa.concat_tables(made, promote_options="default") if made else None


def _recorded(found: Found, part: Part, deals: Any) -> Any:
    rows = part.rows
    refuse_deleted(rows)
    for meaning in ("stage", "entered_at"):
        rows.require(meaning, required_why("visits", meaning))
    found_columns = {"deal_id": _ids(part, deals), "stage": rows.text("stage"), "entered_at": rows.moment("entered_at")}
    if rows.has("amount"):
        found_columns["amount"] = rows.money("amount")
    if rows.has("probability"):
        found_columns["probability"] = rows.percent("probability")
    table = pa.table(found_columns)
    return table.filter(pc.and_(pc.and_(rows.alive, table["entered_at"].is_valid()), table["deal_id"].is_valid()))


def _of_fields(found: Found, part: Part, deals: Any) -> Any:
    """Stage changes of a field history, each deal's first stage entered when it was created."""
    rows = part.rows
    refuse_deleted(rows)
    rows.require("entered_at", required_why("visits", "entered_at"))
    field = pc.utf8_lower(rows.text("field"))
    of_stage = pc.fill_null(pc.is_in(field, pa.array(STAGE_FIELDS)), False)
    table = pa.table(
        {
            "deal_id": _ids(part, deals),
            "old": rows.text("old"),
            "stage": rows.text("stage"),
            "entered_at": rows.moment("entered_at"),
        }
    )
    usable = pc.and_(rows.alive, pc.and_(table["entered_at"].is_valid(), table["deal_id"].is_valid()))
    moved = table.filter(pc.and_(pc.and_(usable, of_stage), table["stage"].is_valid())).sort_by("entered_at")
    born = table.filter(pc.and_(usable, pc.fill_null(pc.is_in(field, pa.array(CREATED)), False)))
    return pa.concat_tables([_first_stages(deals, moved, born), moved.select(["deal_id", "stage", "entered_at"])])


def _first_stages(deals: Any, moved: Any, born: Any) -> Any:
    """One row a deal: the stage its first change left, or the one it still stands in, entered at its creation."""
    ids = one(deals["deal_id"])
    stage = pc.coalesce(
        looked_up(ids, *first_of_each(one(moved["deal_id"]), one(moved["old"]))), one(deals["stage_now"])
    )
    created = looked_up(ids, *first_of_each(one(born["deal_id"]), one(born["entered_at"])))
    if "created_at" in deals.column_names:
        created = pc.coalesce(created, one(deals["created_at"]))
    # A closed deal of which the history says nothing moved before the history begins.
    said = pc.or_(pc.is_in(ids, one(moved["deal_id"])), pc.is_in(ids, one(born["deal_id"])))
    told = pc.or_(said, one(pc.equal(deals["outcome"], "open")))
    table = pa.table({"deal_id": ids, "stage": stage, "entered_at": created})
    return table.filter(pc.and_(told, pc.and_(stage.is_valid(), created.is_valid())))


def _ids(part: Part, deals: Any) -> Any:
    """The deal of each row; in a report without ids by name (and company), where that names exactly one deal."""
    rows = part.rows
    if rows.has("deal_id"):
        rows.require("deal_id", required_why("deals", "deal_id"))
        return rows.text("deal_id")
    rows.require("name", said("The row names no deal, so it cannot be linked to one; add the column Opportunity ID."))
    if "name" not in deals.column_names:
        raise CannotRead(
            "{name} goes by names, but the opportunities have none; add Opportunity ID to it.", name=rows.sheet.name
        )
    keys = ["name"] + (["company"] if rows.has("company") and "company" in deals.column_names else [])
    wanted = _joined([rows.text(key) for key in keys])
    known = _joined([one(deals[key]) for key in keys])
    counts = known.value_counts()
    shared = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    twice = np.flatnonzero(pc.is_in(wanted, shared).to_numpy(zero_copy_only=False))
    why = said("Several deals have this name, so it is unknown whose stage changed; add the column Opportunity ID.")
    rows.refusals.rows(rows.sheet, rows.names.get("name", "name"), twice, [why] * len(twice))
    return looked_up(wanted, known, one(deals["deal_id"]))


def _joined(texts: list[Any]) -> Any:
    return pc.binary_join_element_wise(*[pc.fill_null(text, "") for text in texts], "\x1f")


def deals_of_history(found: Found) -> Any:
    """Deals from an Opportunity History report alone: opened at their first row, standing where the last one says."""
    parts = [part for part in found.each("stage history") if part.rows.has("name")]
    if not parts:
        raise CannotRead("There is a stage history but no file of opportunities; add the Opportunity export.")
    made = [_deals_of_report(found, part) for part in parts]
    found.parts.missing(
        said("There is no file of opportunities: deals, amounts and outcomes were read from their history.")
    )
    return pa.concat_tables(made, promote_options="default").combine_chunks()


def _deals_of_report(found: Found, part: Part) -> Any:
    rows = part.rows
    rows.require("stage", required_why("visits", "stage"))
    rows.require("entered_at", required_why("visits", "entered_at"))
    ids = rows.text("deal_id") if rows.has("deal_id") else derived_ids("deal", rows.text("name"), rows.text("company"))
    rows.require("deal_id" if rows.has("deal_id") else "name", required_why("deals", "deal_id"))
    if not rows.has("deal_id"):
        found.parts.missing(said("The report has no column Opportunity ID: deals are known by their name and company."))
        _refuse_shared_names(rows, ids)
    columns = {
        "deal_id": ids,
        "stage_now": rows.text("stage"),
        "at": rows.moment("entered_at"),
        "name": rows.text("name"),
    }
    for name in ("company", "owner", "amount", "probability"):
        if rows.has(name):
            columns[name] = rows.typed(name, tables.DEALS.field(name).type)
    table = pa.table(columns).filter(pc.and_(rows.alive, columns["at"].is_valid())).sort_by("at").combine_chunks()
    keys, opened = first_of_each(one(table["deal_id"]), one(table["at"]))
    found_columns: dict[str, Any] = {"deal_id": keys, "external_id": keys, "created_at": opened}
    for name in table.column_names:
        if name not in ("deal_id", "at"):
            found_columns[name] = looked_up(keys, *last_of_each(one(table["deal_id"]), one(table[name])))
    kinds = outcomes.kinds_by_name(found_columns["stage_now"], found_columns.get("probability"))
    found_columns["outcome"] = outcomes.by_stage(found_columns["stage_now"], kinds)
    found_columns["pipeline"] = pa.array([PIPELINE] * len(keys), pa.string())
    found.parts.missing(outcomes.BY_NAME)
    return tables.shaped(found_columns, tables.DEALS)


def _refuse_shared_names(rows: Any, ids: Any) -> None:
    """A deal begins once, with an empty From Stage; a name that begins twice is two deals nobody can tell apart."""
    if not rows.has("old"):
        return
    starts = ids.filter(rows.text("old").is_null()).value_counts()
    shared = starts.field("values").filter(pc.greater(starts.field("counts"), 1))
    twice = np.flatnonzero(pc.is_in(ids, shared).to_numpy(zero_copy_only=False))
    why = said(
        "Two deals of this name begin in the report, so their rows cannot be told apart; add the column Opportunity ID."
    )
    rows.refusals.rows(rows.sheet, rows.names["name"], twice, [why] * len(twice))
