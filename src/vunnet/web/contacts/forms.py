"""Forms about companies and people."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from vunnet.web.forms import VunnetForm
from vunnet.web.records.forms import company_input


class CompanyForm(VunnetForm):
    """A company; only the name is needed."""

    is_begun = True
    name = forms.CharField(label=_("Name"), max_length=300)
    company_number = forms.CharField(label=_("Company number"), required=False, max_length=50)
    domain = forms.CharField(label=_("Domain"), required=False, max_length=200)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50)
    industry = forms.CharField(label=_("Industry"), required=False, max_length=200)
    city = forms.CharField(label=_("City"), required=False, max_length=200)
    country = forms.CharField(label=_("Country"), required=False, max_length=200)
    employees = forms.IntegerField(label=_("Employees"), required=False, min_value=0, max_value=10_000_000)


class PersonForm(VunnetForm):
    """A person; a name or an address is needed."""

    is_begun = True
    first_name = forms.CharField(label=_("First name"), required=False, max_length=200)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=200)
    company = forms.CharField(label=_("Company"), required=False, max_length=300, widget=company_input())
    title = forms.CharField(label=_("Title"), required=False, max_length=200)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50)
