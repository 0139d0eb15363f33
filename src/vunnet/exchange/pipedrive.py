"""Pipedrive: deals, organizations, people, activities and notes, under both sets of headers.

The status stands beside the stage: a lost deal keeps the stage it was lost from. Files hold no stage history.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.activity_table import activity_kinds, done_times
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import (
    DELETED,
    Found,
    Part,
    deal_columns,
    deals_of,
    derive_deal_ids,
    direct,
    finish,
    records,
)
from vunnet.exchange.files import Parts
from vunnet.exchange.headers import COMPANY_NUMBER, Layout, columns, marks, names
from vunnet.exchange.links import completed_companies, completed_people, derived_ids, ids_by_name, numbered, split_name
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import one

SOURCE = "pipedrive"
NO_HISTORY = said(
    "Pipedrive's files hold no stage history: the funnel over time and the time in each stage are not recorded; a deal shows the stage it is in, or was won or lost from, and since when."
)
BY_NAME = said("Organizations and people are linked to deals by name where the file has no identifiers for them.")
DEALS = Layout(
    SOURCE,
    "deals",
    marks("deal - title"),
    columns(
        deal_id="deal - id|deal - pipedrive system id",
        name="deal - title",
        amount="deal - value",
        currency="deal - currency of value|deal - currency",
        owner="deal - owner",
        company_id="deal - organization id|organization - id|organization - pipedrive system id",
        company="deal - organization|organization|organization - name",
        person_ids="deal - contact person id|person - id|person - pipedrive system id",
        person="deal - contact person|contact person|person - name",
        pipeline="deal - pipeline",
        stage_now="deal - stage|deal - stage (pipeline)",
        stage_entered_at="deal - last stage change",
        status="deal - status",
        created_at="deal - deal created|deal - creation date|deal - created",
        won_at="deal - won time",
        lost_at="deal - lost time",
        ended_at="deal - deal closed on|deal - closed on",
        expected_close_on="deal - expected close date",
        probability="deal - probability",
        loss_reason="deal - lost reason",
        source="deal - source channel|deal - source origin",
        product="deal - product name",
    ),
    noise=names(
        "deal - weighted value|deal - currency of weighted value|deal - update time|deal - next activity date"
        "|deal - last activity date|deal - visible to|deal - total activities|deal - done activities"
        "|deal - activities to do|deal - email messages count|deal - last email received|deal - last email sent"
        "|deal - archive status|deal - source origin id"
    ),
)
COMPANIES = Layout(
    SOURCE,
    "companies",
    marks("organization - name"),
    columns(
        external_id="organization - id|organization - pipedrive system id",
        name="organization - name",
        website="organization - website",
        phone="organization - phone",
        industry="organization - industry",
        company_number="|".join(f"organization - {name}" for name in COMPANY_NUMBER.split("|")),
        city=(
            "organization - city/town/village/locality of address"
            "|organization - address - city/town/village/locality of address"
        ),
        country="organization - country of address|organization - address - country of address",
        employees="organization - number of employees|organization - employee count",
        owner="organization - owner",
        created_at="organization - organization created|organization - creation date",
    ),
    never=names("deal - title|person - name|deal - id"),
)
PEOPLE = Layout(
    SOURCE,
    "contacts",
    marks("person - name", "person - last name"),
    columns(
        external_id="person - id|person - pipedrive system id",
        name="person - name",
        first_name="person - first name",
        last_name="person - last name",
        email=(
            "person - email - work|person - email (work)|person - email|person - email - other|person - email - home"
            "|person - email (home)"
        ),
        phone=(
            "person - phone - work|person - phone (work)|person - phone - mobile|person - phone (mobile)|person - phone"
            "|person - phone - home|person - phone - other"
        ),
        title="person - title|person - job title",
        company_id="person - organization id|organization - id",
        company="person - organization|organization name|organization|organization - name",
        owner="person - owner",
        created_at="person - person created|person - creation date",
    ),
    never=names("deal - title|deal - id"),
)
ACTIVITIES = Layout(
    SOURCE,
    "activities",
    marks("activity - subject", "subject|type|done", "subject|assigned to user|due date", "deal id|subject|type"),
    columns(
        external_id="activity - id|activity - pipedrive system id|id",
        subject="activity - subject|subject",
        type="activity - type|type",
        body="activity - note|note",
        due_on="activity - due date|due date",
        status="activity - done|done",
        done="activity - marked as done time|marked as done time",
        created_at="activity - creation date|activity - add time|add time|creation date",
        member="activity - assigned to user|assigned to user",
        deal_id="activity - deal id|deal id",
        deal="activity - deal|deal|deal - title|deal title",
        company_id="organization id|activity - organization id",
        company="activity - organization|organization|organization - name",
        person_id="contact person id|person id|activity - contact person id",
        person="activity - contact person|contact person|person - name|person",
    ),
    never=names("call start time|whatid|task owner|call owner"),
)
NOTES = Layout(
    SOURCE,
    "notes",
    marks("note - content", "content|deal id", "content|deal title"),
    columns(
        external_id="note - id|note - pipedrive system id|id",
        body="note - content|content",
        created_at="add time|note - add time|note - creation date",
        member="user|note - user",
        deal_id="deal id",
        deal="deal title|deal|deal - title",
        company="organization",
        person="person|contact person",
    ),
)
LAYOUTS = (DEALS, COMPANIES, PEOPLE, ACTIVITIES, NOTES)
STATUSES = {"open": "open", "won": "won", "lost": "lost", "åpen": "open", "vunnet": "won", "tapt": "lost"}
NOT_A_STATUS = said("This is not a status of Pipedrive's; write Open, Won or Lost.")


def read(found: Found) -> Parts:
    """Deals, organizations, people and activities; links by name where no identifiers are in the files."""
    parts = found.parts
    parts.companies = records(found, "companies", tables.COMPANIES, _company)
    parts.people = records(found, "contacts", tables.PEOPLE, lambda part: _person(found, part))
    deals = deals_of(found, lambda part: _deal(found, part))
    if deals is not None:
        parts.people = completed_people(parts.people, deals)
        parts.companies = completed_companies(parts.companies, deals, parts.people)
    made = [
        records(found, kind, tables.ACTIVITIES, lambda part: _activity(found, part, deals))
        for kind in ("activities", "notes")
    ]
    some = [table for table in made if table is not None]
    parts.activities = pa.concat_tables(some, promote_options="default") if some else None
    if deals is not None:
        parts.missing(NO_HISTORY)
    return finish(found, deals, None, stages_close=False)


def _deal(found: Found, part: Part) -> dict[str, Any]:
    rows = part.rows
    if rows.has("stage_now") and not rows.has("pipeline"):
        _part_stage_from_pipeline(part)
    if not rows.has("status"):
        raise CannotRead(
            "{name} has no column Deal - Status, so won and lost are unknown; add it and export again.",
            name=rows.sheet.name,
        )
    _refuse_statuses(part)
    built = deal_columns(part)
    coded = pc.utf8_lower(rows.text("status"))
    outcome = pa.array(list(STATUSES.values())).take(pc.index_in(coded, value_set=pa.array(list(STATUSES))))
    built["outcome"] = pc.fill_null(outcome, "open")
    built["closed_at"] = _closed(part, built["outcome"])
    _link(found, built)
    if "deal_id" not in built:
        derive_deal_ids(found, part, built, "Deal - ID")
    return built


def _refuse_statuses(part: Part) -> None:
    rows = part.rows
    coded = pc.fill_null(pc.utf8_lower(rows.text("status")), "")
    gone = np.flatnonzero(pc.equal(coded, "deleted").to_numpy(zero_copy_only=False))
    rows.refusals.rows(rows.sheet, rows.names["status"], gone, [DELETED] * len(gone))
    known = pc.is_in(coded, pa.array([*STATUSES, "deleted"]))
    odd = np.flatnonzero(pc.invert(known).to_numpy(zero_copy_only=False))
    rows.refusals.rows(rows.sheet, rows.names["status"], odd, [NOT_A_STATUS] * len(odd))


def _closed(part: Part, outcome: Any) -> Any:
    """Won time for won deals, lost time for lost ones, else the day the deal was closed on."""
    rows = part.rows
    nothing = pa.nulls(rows.sheet.count, pa.timestamp("us"))
    won, lost, ended = (rows.moment(name) if rows.has(name) else nothing for name in ("won_at", "lost_at", "ended_at"))
    by_status = pc.if_else(pc.equal(outcome, "won"), won, pc.if_else(pc.equal(outcome, "lost"), lost, nothing))
    for name in ("ended_at", "lost_at", "won_at"):
        if rows.has(name):
            rows.names = {**rows.names, "closed_at": rows.names[name]}
    closed = pc.coalesce(by_status, ended)
    return pc.if_else(pc.equal(outcome, "open"), nothing, closed)


def _part_stage_from_pipeline(part: Part) -> None:
    """`Proposal (Nordic pipeline)` in one column: the sample workbook's `Stage (pipeline)`."""
    rows = part.rows
    header = rows.names["stage_now"]
    pattern = re.compile(r"^(.*\S)\s*\(([^()]+)\)$")
    texts = [text for text in rows.text("stage_now").unique().to_pylist() if text]
    if texts and all(pattern.match(text) for text in texts):
        parts = pc.extract_regex(rows.text("stage_now"), r"^(?P<stage>.*\S)\s*\((?P<pipeline>[^()]+)\)$")
        rows.sheet.columns[header] = pc.struct_field(parts, "stage")
        rows.sheet.columns[f"{header}: pipeline"] = pc.struct_field(parts, "pipeline")
        rows.names = {**rows.names, "pipeline": f"{header}: pipeline"}


def _link(found: Found, built: dict[str, Any]) -> None:
    parts = found.parts
    if "company" in built and "company_id" not in built:
        built["company_id"] = ids_by_name(built["company"], parts.companies, "company")
        parts.missing(BY_NAME)
    if "person" in built and "person_ids" not in built:
        ids = ids_by_name(built["person"], _named(parts.people), "person")
        built["person_ids"] = as_lists(ids)
        parts.missing(BY_NAME)


def as_lists(ids: Any) -> Any:
    """Each identifier as a list of one; null stays null."""
    lengths = np.r_[0, np.cumsum(ids.is_valid().to_numpy(zero_copy_only=False))].astype(np.int32)
    made = pa.ListArray.from_arrays(pa.array(lengths), ids.drop_null())
    return pc.if_else(ids.is_valid(), made, pa.scalar(None, made.type))


def _named(people: Any | None) -> Any | None:
    if people is None:
        return None
    names_ = pc.utf8_trim_whitespace(
        pc.binary_join_element_wise(pc.fill_null(people["first_name"], ""), pc.fill_null(people["last_name"], ""), " ")
    )
    return pa.table({"external_id": people["external_id"], "name": one(names_)})


def _company(part: Part) -> dict[str, Any]:
    built = direct(part, tables.COMPANIES, attributes=True)
    if "external_id" not in built:
        built["external_id"] = derived_ids("company", part.rows.text("name"))
    return built


def _person(found: Found, part: Part) -> dict[str, Any]:
    rows = part.rows
    built = direct(part, tables.PEOPLE)
    if rows.has("name"):
        split = split_name(rows.text("name"))
        for name in ("first_name", "last_name"):
            built[name] = pc.coalesce(built.get(name, pa.nulls(rows.sheet.count, pa.string())), split[name])
    full = (
        rows.text("name")
        if rows.has("name")
        else pc.binary_join_element_wise(
            pc.fill_null(built.get("first_name", rows.text("last_name")), ""), pc.fill_null(built["last_name"], ""), " "
        )
    )
    if "company" in built and "company_id" not in built:
        built["company_id"] = ids_by_name(built["company"], found.parts.companies, "company")
    for name in ("email", "phone"):
        if name in built:
            built[name] = _first_value(built[name])
    built.setdefault("external_id", derived_ids("person", full))
    return built


def _first_value(column: Any) -> Any:
    """Several addresses or numbers come in one cell, parted by commas; the first is the main one."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(column, r",.*$", ""))


def _activity(found: Found, part: Part, deals: Any) -> dict[str, Any]:
    rows = part.rows
    built = direct(part, tables.ACTIVITIES)
    if "external_id" not in built:
        said = rows.text("subject") if rows.has("subject") else rows.text("body")
        built["external_id"], _ = numbered(derived_ids("activity", said, rows.text("due_on"), rows.text("deal")))
    if rows.has("deal") and "deal_id" not in built and deals is not None and "name" in deals.column_names:
        titles = pa.table({"external_id": deals["deal_id"], "name": deals["name"]})
        linked = ids_by_name(rows.text("deal"), titles, "deal")
        built["deal_id"] = pc.if_else(pc.is_in(linked, one(deals["deal_id"])), linked, pa.scalar(None, pa.string()))
        found.parts.missing(BY_NAME)
    if rows.has("company") and "company_id" not in built:
        built["company_id"] = ids_by_name(rows.text("company"), found.parts.companies, "company")
    if rows.has("person") and "person_id" not in built:
        built["person_id"] = ids_by_name(rows.text("person"), _named(found.parts.people), "person")
    if part.layout.kind == "notes":
        built["kind"] = pa.array(["note"] * rows.sheet.count, pa.string())
    else:
        built["kind"] = activity_kinds(rows.text("type"))
    return built | done_times(rows)
