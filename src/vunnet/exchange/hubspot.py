"""HubSpot: deals, companies and contacts as exported from a list view (labels) or by the API (internal names).

Labels follow the account's language; English, and what was seen of Spanish, are known here.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part, deal_columns, deals_of, derive_deal_ids, direct, finish, records
from vunnet.exchange.files import Parts
from vunnet.exchange.headers import COMPANY_NUMBER, Layout, columns, marks, names
from vunnet.exchange.hubspot_stages import changes_of_deals, is_stage_column, stage_meaning
from vunnet.exchange.links import derived_ids, ids_by_name
from vunnet.exchange.rows import listed
from vunnet.exchange.sentences import said

__all__ = ["LAYOUTS", "SOURCE", "read", "stage_meaning"]

SOURCE = "hubspot"
DEALS = Layout(
    SOURCE,
    "deals",
    marks(
        "record id|deal name",
        "record id|deal stage",
        "deal name|deal stage",
        "dealname|dealstage",
        "deal id|deal stage",
        "id de registro|nombre del negocio",
        "id de registro|etapa del negocio",
        "hs_object_id|dealstage",
    ),
    columns(
        deal_id="record id|deal id|id de registro|hs_object_id|id",
        name="deal name|dealname|nombre del negocio",
        pipeline="pipeline|deal pipeline|pipeline del negocio",
        stage_now="deal stage|dealstage|etapa del negocio",
        stage_entered_at="date entered current stage|hs_v2_date_entered_current_stage",
        amount="amount|valor|importe|cantidad",
        currency="currency|deal_currency_code|moneda|divisa",
        close="close date|closedate|fecha de cierre",
        created_at="create date|createdate|created date|fecha de creación",
        owner="deal owner|hubspot_owner_id|propietario del negocio",
        owner_email="deal owner email|owner email",
        team="hubspot team|hubspot_team_id|equipo de hubspot",
        company_id="associated company ids (primary)|associated company ids|associated company id",
        company=(
            "associated company (primary)|associated company names (primary)|associated company"
            "|associated company names|company name|empresa asociada"
        ),
        person_ids="associated contact ids|associated contact id",
        person="associated contact|associated contacts|associated contact names",
        source=(
            "original traffic source|original source type|original source|hs_analytics_source|lead source"
            "|fuente original"
        ),
        loss_reason="closed lost reason|closed_lost_reason|motivo de cierre perdido|motivo de pérdida",
        win_reason="closed won reason|closed_won_reason|motivo de cierre ganado",
        next_step="next step|hs_next_step|siguiente paso",
        description="deal description|description|descripción del negocio",
        probability="deal probability|deal stage probability|hs_deal_stage_probability",
        is_closed="is deal closed?|is deal closed|is closed|hs_is_closed",
        is_won="is closed won|hs_is_closed_won",
        is_lost="is closed lost|hs_is_closed_lost",
        team_members="deal collaborator|deal collaborators|hs_all_collaborator_owner_ids",
    ),
    noise=names(
        "weighted amount|forecast amount|weighted amount in company currency|days to close|last modified date"
        "|hs_lastmodifieddate|amount in company currency|number of associated contacts|hs_createdate|record source"
        "|associated note ids|associated company ids|associated contact ids|updated by user id|created by user id"
    ),
    never=names("deal name.id|moved to"),
)
COMPANIES = Layout(
    SOURCE,
    "companies",
    marks(
        "record id|company name",
        "record id|company domain name",
        "record id|name|company owner",
        "id de registro|nombre de la empresa",
        "company name|company domain name",
    ),
    columns(
        external_id="record id|id de registro|hs_object_id|company id",
        name="company name|name|nombre de la empresa",
        domain="company domain name|domain|nombre de dominio de la empresa",
        website="website url|website|url del sitio web",
        phone="phone number|phone|número de teléfono",
        industry="industry|sector",
        company_number=COMPANY_NUMBER,
        city="city|ciudad",
        country="country/region|country|país/región",
        employees="number of employees|numberofemployees|número de empleados",
        owner="company owner|hubspot_owner_id|propietario de la empresa|propietario del registro de empresa",
        created_at="create date|createdate|fecha de creación",
    ),
    noise=names("days to close|last modified date|associated note ids"),
    never=names("deal name|deal stage|first name|email|nombre del negocio|correo|last name|apellidos"),
)
PEOPLE = Layout(
    SOURCE,
    "contacts",
    marks(
        "record id|email",
        "record id|first name",
        "record id|last name",
        "id de registro|correo",
        "id de registro|apellidos",
    ),
    columns(
        external_id="record id|id de registro|hs_object_id|contact id",
        first_name="first name|firstname|nombre",
        last_name="last name|lastname|apellidos",
        email="email|correo|correo electrónico",
        phone="phone number|phone|mobile phone number|número de teléfono",
        title="job title|jobtitle|cargo",
        company_id="associated company ids (primary)|associated company ids|associated company id",
        company=(
            "associated company (primary)|associated company names (primary)|associated company|company name|company"
            "|nombre de la empresa"
        ),
        owner="contact owner|hubspot_owner_id|propietario del contacto",
        created_at="create date|createdate|fecha de creación",
    ),
    never=names("deal name|deal stage|nombre del negocio"),
)
LAYOUTS = (DEALS, COMPANIES, PEOPLE)


def read(found: Found) -> Parts:
    """Deals with their first or last entry into each stage, companies and contacts."""
    parts = found.parts
    parts.companies = records(found, "companies", tables.COMPANIES, _company)
    parts.people = records(found, "contacts", tables.PEOPLE, _person)
    deals = deals_of(found, lambda part: _deal(found, part))
    return finish(found, deals, None if deals is None else changes_of_deals(found, deals))


def _deal(found: Found, part: Part) -> dict[str, Any]:
    skipped = frozenset(header for header in part.rows.sheet.headers if is_stage_column(header))
    rows = part.rows
    built = deal_columns(part, skip_headers=skipped)
    for name in ("company_id", "company"):
        if rows.has(name):
            built[name] = _first(rows.text(name)) if name == "company_id" else rows.text(name)
    if "company" in built and "company_id" not in built:
        built["company_id"] = ids_by_name(built["company"], found.parts.companies, "company")
        found.parts.missing(said("Deals name their company without its identifier: they are linked by name."))
    if "deal_id" not in built:
        derive_deal_ids(found, part, built, "Record ID")
    if "company_id" in built and "company" not in built and found.parts.companies is not None:
        place = pc.index_in(built["company_id"], value_set=found.parts.companies["external_id"].combine_chunks())
        built["company"] = found.parts.companies["name"].combine_chunks().take(place)
    return built


def _company(part: Part) -> dict[str, Any]:
    built = direct(part, tables.COMPANIES, attributes=True)
    named = pc.coalesce(part.rows.text("domain"), part.rows.text("name"))
    return {"external_id": derived_ids("company", named)} | built


def _person(part: Part) -> dict[str, Any]:
    built = {"external_id": derived_ids("person", part.rows.text("email"))} | direct(part, tables.PEOPLE)
    if "company_id" in built:
        built["company_id"] = _first(built["company_id"])
    return built


def _first(ids: Any) -> Any:
    """The first of several identifiers in a cell; HubSpot parts them by semicolons."""
    several = listed(ids, ";")
    return pc.if_else(several.is_valid(), pc.list_element(pc.fill_null(several, [""]), 0), pa.scalar(None, pa.string()))
