"""What may be asked of companies and of people: the allow-lists behind their lists, exports and saved views."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vunnet.contacts.models import Company, CompanyTag, Person, PersonTag
from vunnet.workspaces.fields import Field, Sort
from vunnet.workspaces.fields import Kind as Holds
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.search import rows_found
from vunnet.workspaces.selecting import Table, linked


def _company(words: str) -> Q:
    return rows_found(words, "company")


def _person(words: str) -> Q:
    return rows_found(words, "person", Person)


COMPANY_FIELDS = (
    Field("name", _("Company"), Holds.TEXT, "name", edit="name", is_empty=False),
    Field("company_number", _("Company number"), Holds.TEXT, "company_number", edit="company_number"),
    Field("domain", _("Domain"), Holds.TEXT, "domain", edit="domain"),
    Field("website", _("Website"), Holds.TEXT, "website", edit="website"),
    Field("city", _("City"), Holds.TEXT, "city", edit="city", is_group=True),
    Field("country", _("Country"), Holds.TEXT, "country", edit="country", is_group=True),
    Field("industry", _("Industry"), Holds.TEXT, "industry", edit="industry", is_group=True),
    Field("phone", _("Phone"), Holds.TEXT, "phone", edit="phone"),
    Field("employees", _("Employees"), Holds.NUMBER, "employees", edit="employees"),
    Field("customer_since", _("Customer since"), Holds.DAY, "customer_since", edit="customer_since"),
    Field("owner", _("Owner"), Holds.ROW, "owner_id", "owner__name", "owner__name", _("owned by"), model=Member, edit="owner", is_group=True),
    Field("created", _("Added"), Holds.MOMENT, "created_at", is_empty=False, is_group=True),
    Field("tags", _("Tags"), Holds.TAGS, model=Tag, lead=_("tagged"), where=linked(CompanyTag, "company")),
)  # fmt: skip

PERSON_FIELDS = (
    Field("name", _("Name"), Holds.TEXT, "name", is_empty=False),
    Field("first_name", _("First name"), Holds.TEXT, "first_name", edit="first_name"),
    Field("last_name", _("Last name"), Holds.TEXT, "last_name", edit="last_name"),
    Field("company", _("Company"), Holds.ROW, "company_id", "company__name", "company__name", _("at"), model=Company, edit="company", is_many=True, is_group=True),
    Field("title", _("Title"), Holds.TEXT, "title", edit="title", is_group=True),
    Field("email", _("E-mail"), Holds.TEXT, "email", edit="email"),
    Field("phone", _("Phone"), Holds.TEXT, "phone", edit="phone"),
    Field("owner", _("Owner"), Holds.ROW, "owner_id", "owner__name", "owner__name", _("owned by"), model=Member, edit="owner", is_group=True),
    Field("created", _("Added"), Holds.MOMENT, "created_at", is_empty=False, is_group=True),
    Field("tags", _("Tags"), Holds.TAGS, model=Tag, lead=_("tagged"), where=linked(PersonTag, "person")),
)  # fmt: skip

COMPANIES = Table(
    "companies",
    Company,
    _("Companies"),
    COMPANY_FIELDS,
    _company,
    lambda selection: ("name", "domain", "city", "phone", "owner"),
    lambda selection: Sort("name"),
    custom="company",
)
PEOPLE = Table(
    "people",
    Person,
    _("People"),
    PERSON_FIELDS,
    _person,
    lambda selection: ("name", "company", "title", "email", "phone"),
    lambda selection: Sort("name"),
    custom="person",
)
