"""Salesforce: objects as Data Loader and the weekly export write them (API names), and report exports (labels)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.activity_table import activity_kinds, done_times
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part, deal_columns, deals_of, derive_deal_ids, direct, finish, records
from vunnet.exchange.files import Parts
from vunnet.exchange.headers import COMPANY_NUMBER, Layout, columns, marks, names
from vunnet.exchange.links import derived_ids, ids_by_name
from vunnet.exchange.salesforce_history import FIELD_HISTORY, HISTORY, HISTORY_REPORT, changes_of, deals_of_history
from vunnet.exchange.sentences import said

SOURCE = "salesforce"
_SYSTEM = (
    "systemmodstamp|lastmodifieddate|lastmodifiedbyid|lastviewedddate|lastvieweddate|lastreferenceddate|createdbyid"
    "|lastamountchangedhistoryid|lastclosedatechangedhistoryid|fiscal|fiscalquarter|fiscalyear|fiscal period"
    "|hasopportunitylineitem|hasopenactivity|hasoverduetask|pricebook2id|isprivate|age|jigsaw|masterrecordid"
    "|photourl|attributes|_|ownerid|owner.id"
)
DEALS = Layout(
    SOURCE,
    "deals",
    marks("id|stagename", "opportunity name|stage", "opportunity id|stage", "name|stagename|closedate"),
    columns(
        deal_id="id|opportunity id|opportunity id (18)|opportunity id 18|case safe id",
        name="name|opportunity name",
        stage_now="stagename|stage",
        stage_entered_at="laststagechangedate|last stage change date",
        amount="amount|total amount|amount (converted)",
        currency="currencyisocode|amount currency|total amount currency|opportunity currency|currency",
        close="closedate|close date",
        created_at="createddate|created date",
        is_won="iswon|won",
        is_closed="isclosed|closed",
        is_deleted="isdeleted|deleted",
        probability="probability|probability (%)",
        owner="owner.name|opportunity owner|owner name|owner: full name|ownerid|owner id",
        owner_email="owner.email|opportunity owner: email|opportunity owner email|owner email",
        team="owner role display|owner role|opportunity owner: role",
        company_id="accountid|account id",
        company="account.name|account name",
        person_ids="contactid|contact id|primary contact id",
        person="contact.name|primary contact|contact name",
        product="product2.name|product name|product",
        source="leadsource|lead source",
        pipeline="recordtype.name|opportunity record type|record type|sales process|recordtypeid",
        next_step="nextstep|next step|next steps|opportunity next steps",
        description="description|opportunity description",
        loss_reason="loss_reason__c|lost_reason__c|closed_lost_reason__c|loss reason|lost reason|closed lost reason",
        win_reason="win_reason__c|won_reason__c|closed_won_reason__c|win reason|won reason|closed won reason",
    ),
    noise=names(_SYSTEM),
    never=names("opportunityid|to stage|from stage|old value|new value|oldvalue|newvalue|opportunity: id"),
)
COMPANIES = Layout(
    SOURCE,
    "companies",
    marks(
        "id|name|billingcountry",
        "id|name|billingcity",
        "id|name|numberofemployees",
        "id|name|industry",
        "id|name|annualrevenue",
        "account id|account name",
        "account name|billing city",
        "account name|industry",
        "account name|account owner",
    ),
    columns(
        external_id="id|account id",
        name="name|account name",
        website="website",
        phone="phone",
        industry="industry",
        company_number=COMPANY_NUMBER,
        city="billingcity|billing city",
        country="billingcountry|billing country",
        employees="numberofemployees|employees",
        owner="owner.name|account owner|ownerid",
        created_at="createddate|created date",
        is_deleted="isdeleted",
    ),
    noise=names(_SYSTEM),
    never=names("stagename|stage|opportunity name|lastname|last name|subject|whatid|to stage"),
)
PEOPLE = Layout(
    SOURCE,
    "contacts",
    marks("id|lastname", "contact id|last name", "last name|account name", "last name|first name|account id"),
    columns(
        external_id="id|contact id",
        first_name="firstname|first name",
        last_name="lastname|last name",
        email="email",
        phone="phone|mobilephone|mobile",
        title="title",
        company_id="accountid|account id",
        company="account.name|account name",
        owner="owner.name|contact owner|ownerid",
        created_at="createddate|created date",
        is_deleted="isdeleted",
    ),
    noise=names(_SYSTEM),
    never=names("stagename|stage|opportunity name|subject"),
)
ACTIVITIES = Layout(
    SOURCE,
    "tasks",
    marks("id|subject|whatid", "id|subject|activitydate", "subject|assigned|due date", "id|subject|whoid"),
    columns(
        external_id="id|activity id",
        subject="subject",
        body="description|comments|full comments",
        what="whatid|related to id",
        who="whoid|contact id",
        account="accountid|account id",
        type="tasksubtype|task subtype|type|eventsubtype",
        call_type="calltype|call type",
        due_on="activitydate|due date|date",
        status="status",
        is_closed="isclosed|closed",
        done="completeddatetime|completed date|completed date/time",
        starts="startdatetime|activitydatetime|start",
        created_at="createddate|created date",
        member="owner.name|assigned|assigned to|ownerid",
        is_deleted="isdeleted",
    ),
    noise=names(_SYSTEM),
)
LAYOUTS = (DEALS, HISTORY, FIELD_HISTORY, HISTORY_REPORT, COMPANIES, PEOPLE, ACTIVITIES)


def read(found: Found) -> Parts:
    """Opportunities with their history, accounts, contacts and tasks."""
    parts = found.parts
    parts.companies = records(found, "companies", tables.COMPANIES, _company)
    parts.people = records(found, "contacts", tables.PEOPLE, _person)
    parts.activities = records(found, "tasks", tables.ACTIVITIES, _activity)
    deals = deals_of(found, lambda part: _deal(found, part))
    if deals is None and (found.has("stage history") or found.has("field history")):
        deals = deals_of_history(found)
    if deals is None:
        return finish(found, None, None)
    if not found.has("stage history") and not found.has("field history"):
        parts.missing(
            said(
                "When each deal entered its stages is not in these files: add the OpportunityHistory or OpportunityFieldHistory object, or the Opportunity History report."
            )
        )
    return finish(found, deals, changes_of(found, deals))


def _deal(found: Found, part: Part) -> dict[str, Any]:
    built = deal_columns(part)
    if "company" in built and "company_id" not in built:
        built["company_id"] = ids_by_name(built["company"], found.parts.companies, "company")
        found.parts.missing(said("Deals name their company without its identifier: they are linked by name."))
    if "company_id" in built and "company" not in built and found.parts.companies is not None:
        built["company"] = _name_of(built["company_id"], found.parts.companies)
    if "deal_id" not in built:
        derive_deal_ids(found, part, built, "Opportunity ID")
    return built


def _name_of(ids: Any, companies: Any) -> Any:
    place = pc.index_in(ids, value_set=companies["external_id"].combine_chunks())
    return companies["name"].combine_chunks().take(place)


def _company(part: Part) -> dict[str, Any]:
    built = direct(part, tables.COMPANIES, attributes=True)
    if "external_id" not in built:
        built["external_id"] = derived_ids("company", part.rows.text("name"))
    return built


def _person(part: Part) -> dict[str, Any]:
    built = direct(part, tables.PEOPLE)
    if "external_id" not in built:
        email = part.rows.text("email")
        built["external_id"] = derived_ids("person", part.rows.text("last_name"), part.rows.text("first_name"), email)
    return built


def _activity(part: Part) -> dict[str, Any]:
    rows = part.rows
    what, who = rows.text("what"), rows.text("who")
    built = direct(part, tables.ACTIVITIES)
    if "external_id" not in built:
        built["external_id"] = derived_ids("task", rows.text("subject"), rows.text("due_on"), rows.text("member"))
    built["kind"] = activity_kinds(rows.text("type"), rows.text("subject"), calls=rows.text("call_type"))
    if rows.has("starts"):
        built["kind"] = pc.if_else(rows.text("starts").is_valid(), "meeting", built["kind"])
    built["deal_id"] = _with_prefix(what, "006")
    built["company_id"] = pc.coalesce(_with_prefix(what, "001"), rows.text("account"))
    built["person_id"] = _with_prefix(who, "003")
    built |= done_times(rows)
    built["x_direction"] = pc.utf8_lower(rows.text("call_type"))
    return built


def _with_prefix(ids: Any, prefix: str) -> Any:
    """Salesforce identifiers say by their first three characters what they identify."""
    return pc.if_else(pc.fill_null(pc.starts_with(ids, prefix), False), ids, pa.scalar(None, pa.string()))
