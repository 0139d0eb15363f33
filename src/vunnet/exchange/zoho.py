"""Zoho CRM: Deals and their stage history (`Deals__…csv`), Accounts, Contacts, Calls, Tasks, Meetings and Notes.

Every look-up is two columns, `<Label>.id` and `<Label>`. Bigin's files are the same with other labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.activity_table import done_times
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part, deal_columns, deals_of, derive_deal_ids, direct, finish, records
from vunnet.exchange.deal_table import required_why
from vunnet.exchange.files import Parts
from vunnet.exchange.headers import COMPANY_NUMBER, Layout, columns, marks, names
from vunnet.exchange.histories import first_of_each, looked_up
from vunnet.exchange.links import derived_ids, ids_by_name
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import one

SOURCE = "zoho"
_SYSTEM = (
    "created by.id|created by|modified by.id|modified by|modified time|last activity time|expected revenue"
    "|change log time|change log time__s|locked|locked__s|layout.id|layout|user modified time|system modified time"
    "|user related activity time|system related activity time|record approval status|is record duplicate"
    "|unsubscribed mode|unsubscribed time|sales cycle duration|overall sales duration"
    "|lead conversion time|exchange rate"
)
DEALS = Layout(
    SOURCE,
    "deals",
    marks(
        "record id|deal name|stage",
        "deal id|deal name|stage",
        "record id|potential name|stage",
        "deal name|stage|closing date",
    ),
    columns(
        deal_id="record id|deal id",
        name="deal name|potential name",
        stage_now="stage",
        amount="amount",
        currency="currency",
        close="closing date",
        created_at="created time",
        owner="deal owner|potential owner",
        company_id="account name.id|company name.id",
        company="account name|company name",
        person_ids="contact name.id",
        person="contact name",
        source="lead source",
        pipeline="pipeline|sub-pipeline",
        next_step="next step",
        description="description",
        probability="probability (%)|probability",
        loss_reason="reason for loss|reason for loss__s|loss reason",
        product="product name|product",
    ),
    noise=names(_SYSTEM + "|deal owner.id|pipeline.id|tag|lead conversion time"),
    never=names("moved to|stage duration (calendar days)|deal name.id|deal stage|subject"),
)
HISTORY = Layout(
    SOURCE,
    "stage history",
    marks(
        "deal name.id|stage|modified time",
        "stage|moved to|modified time",
        "stage|stage duration (calendar days)|modified time",
    ),
    columns(
        deal_id="deal name.id|potential name.id|deal id",
        name="deal name|potential name",
        stage="stage|stage (stage history)",
        days="stage duration (calendar days)",
        moved_to="moved to",
        amount="amount|amount (stage history)",
        probability="probability (%)",
        changed_at="modified time|modified time (stage history)",
    ),
)
COMPANIES = Layout(
    SOURCE,
    "companies",
    marks(
        "record id|account name|account owner",
        "record id|account name|account owner.id",
        "record id|company name|company owner",
    ),
    columns(
        external_id="record id|company id",
        name="account name|company name",
        website="website",
        phone="phone",
        industry="industry",
        company_number=COMPANY_NUMBER,
        city="billing city|city",
        country="billing country|country",
        employees="employees|no. of employees",
        owner="account owner|company owner",
        created_at="created time",
    ),
    noise=names(_SYSTEM + "|account owner.id|company owner.id|tag"),
    never=names("deal name|stage|subject|company domain name"),
)
PEOPLE = Layout(
    SOURCE,
    "contacts",
    marks(
        "record id|last name|contact owner",
        "record id|last name|contact owner.id",
        "record id|last name|account name.id",
    ),
    columns(
        external_id="record id|contact id",
        first_name="first name",
        last_name="last name|contact name",
        email="email",
        phone="phone|mobile",
        title="title",
        company_id="account name.id|company name.id",
        company="account name|company name",
        owner="contact owner.name|contact owner",
        created_at="created time",
    ),
    never=names("deal name|stage|subject"),
)
_LINKS = {"related": "related to.id|parent id.id|what id.id|deal name.id", "person_id": "contact name.id|who id.id"}


def _activities(kind: str, *groups: str, **more: str) -> Layout:
    return Layout(SOURCE, kind, marks(*groups), columns(external_id="record id", **_LINKS, **more), names(_SYSTEM))


CALLS = _activities(
    "calls",
    "record id|subject|call start time",
    subject="subject",
    body="description",
    starts="call start time",
    direction="call type",
    status="call status",
    member="call owner",
)
TASKS = _activities(
    "tasks",
    "record id|subject|due date",
    subject="subject",
    body="description",
    due_on="due date",
    status="status",
    done="closed time",
    created_at="created time",
    member="task owner",
)
MEETINGS = _activities(
    "meetings",
    "record id|title|from|to",
    "record id|event title|start datetime",
    subject="title|event title",
    body="description",
    starts="from|start datetime",
    member="host|event owner|meeting owner",
)
NOTES = _activities(
    "notes",
    "record id|note content",
    subject="note title",
    body="note content",
    starts="created time",
    member="note owner",
)
LAYOUTS = (DEALS, HISTORY, COMPANIES, PEOPLE, CALLS, TASKS, MEETINGS, NOTES)
KINDS = {"calls": "call", "tasks": "task", "meetings": "meeting", "notes": "note"}
DAY = 86_400_000_000


def read(found: Found) -> Parts:
    """Deals with their stage history, accounts, contacts and what was done about them."""
    parts = found.parts
    parts.companies = records(found, "companies", tables.COMPANIES, lambda part: _record(part, tables.COMPANIES))
    parts.people = records(found, "contacts", tables.PEOPLE, lambda part: _record(part, tables.PEOPLE))
    deals = deals_of(found, lambda part: _deal(found, part))
    known = pa.array([], pa.string()) if deals is None else one(deals["deal_id"])
    made = [records(found, kind, tables.ACTIVITIES, lambda part: _activity(part, known)) for kind in KINDS]
    some = [table for table in made if table is not None]
    parts.activities = pa.concat_tables(some, promote_options="default") if some else None
    if deals is not None and not found.has("stage history"):
        parts.missing(
            said("When each deal entered its stages is not in these files: add the stage history (Deals__….csv).")
        )
    return finish(found, deals, None if deals is None else _changes(found, deals))


def _record(part: Part, schema: pa.Schema) -> dict[str, Any]:
    """A company or person; without an identifier it is known by its name."""
    rows = part.rows
    named = rows.text("name" if rows.has("name") else "last_name")
    made = derived_ids(part.layout.kind, named, rows.text("first_name"))
    return {"external_id": made} | direct(part, schema, attributes=schema is tables.COMPANIES)


def _deal(found: Found, part: Part) -> dict[str, Any]:
    built = deal_columns(part)
    if "company" in built and "company_id" not in built:
        built["company_id"] = ids_by_name(built["company"], found.parts.companies, "company")
        found.parts.missing(said("Deals name their company without its identifier: they are linked by name."))
    if "deal_id" not in built:
        derive_deal_ids(found, part, built, "Record Id")
    return built


def _activity(part: Part, known: Any) -> dict[str, Any]:
    rows = part.rows
    built = direct(part, tables.ACTIVITIES)
    built["kind"] = pa.array([KINDS[part.layout.kind]] * rows.sheet.count, pa.string())
    related = rows.text("related")
    of_deal = pc.fill_null(pc.is_in(related, known), False)
    nothing = pa.scalar(None, pa.string())
    built["deal_id"] = pc.if_else(of_deal, related, nothing)
    built["company_id"] = pc.if_else(of_deal, nothing, related)
    built |= done_times(rows)
    if rows.has("direction"):
        built["x_direction"] = pc.utf8_lower(rows.text("direction"))
    return built


def _changes(found: Found, deals: Any) -> Any | None:
    made = [_history(found, part, deals) for part in found.each("stage history")]
    return pa.concat_tables(made, promote_options="default") if made else None


def _history(found: Found, part: Part, deals: Any) -> Any:
    """Rows of the history as entries. `Modified Time` is when a stay began or when it ended: the durations tell."""
    rows = part.rows
    for meaning in ("deal_id", "stage", "changed_at"):
        rows.require(meaning, required_why("visits", "entered_at" if meaning == "changed_at" else meaning))
    columns = {"deal_id": rows.text("deal_id"), "stage": rows.text("stage"), "at": rows.moment("changed_at")}
    columns["days"] = rows.number("days")
    columns["moved_to"] = rows.text("moved_to")
    for name in ("amount", "probability"):
        if rows.has(name):
            columns[name] = rows.typed(name, tables.DEALS.field(name).type)
    table = pa.table(columns).filter(pc.and_(rows.alive, columns["at"].is_valid()))
    codes = one(table["deal_id"]).dictionary_encode().indices.to_numpy()
    moments = one(table["at"]).cast(pa.int64()).to_numpy()
    order: np.ndarray = np.lexsort((moments, codes))
    table = table.take(pa.array(order.tolist(), pa.int64())).combine_chunks()
    if written_at_exit(table):
        found.parts.missing(
            said(
                "The times of Zoho's stage history fit the moments a stage was left, not entered: entries are the exit before, and for a deal's first stage its creation or the exit less the duration in whole days."
            )
        )
        table = _entered(table, deals)
    return table.rename_columns({"at": "entered_at"}).drop_columns(["days", "moved_to"])


def written_at_exit(table: Any) -> bool:
    """Does a row's duration fit the time since the deal's row before it better than the time until the one after?"""
    codes = one(table["deal_id"]).dictionary_encode().indices.to_numpy()
    at = one(table["at"]).cast(pa.int64()).to_numpy() / DAY
    days = pc.fill_null(one(table["days"]), np.nan).to_numpy(zero_copy_only=False)
    same = codes[1:] == codes[:-1]
    gap = np.diff(at)[same]
    since, until = np.abs(gap - days[1:][same]), np.abs(gap - days[:-1][same])
    both = ~np.isnan(since) & ~np.isnan(until)
    return bool(both.any() and since[both].sum() < until[both].sum())


def _entered(table: Any, deals: Any) -> Any:
    """Exit times into entry times; a deal's last stay, still open, begins at its last exit into `Moved To`."""
    codes = one(table["deal_id"]).dictionary_encode().indices.to_numpy()
    first = np.r_[True, codes[1:] != codes[:-1]]
    last = np.r_[codes[1:] != codes[:-1], True]
    at = one(table["at"])
    before = at.take(pa.array(np.maximum(np.arange(len(codes)) - 1, 0)))
    ids = one(table["deal_id"])
    days = (
        pc.multiply(pc.fill_null(one(table["days"]), 0.0), float(DAY))
        .cast(pa.int64(), safe=False)
        .cast(pa.duration("us"))
    )
    born = pc.subtract(at, days)
    if "created_at" in deals.column_names:
        born = pc.coalesce(looked_up(ids, *first_of_each(one(deals["deal_id"]), one(deals["created_at"]))), born)
    entered = pc.if_else(pa.array(first), born, before)
    stays = table.set_column(table.column_names.index("at"), "at", entered)
    moved = pc.and_(pa.array(last), one(table["moved_to"]).is_valid())
    onward = table.set_column(table.column_names.index("stage"), "stage", table["moved_to"]).filter(moved)
    return pa.concat_tables([stays, onward])
