"""Companies and people: pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.contacts import actions
from vunnet.contacts.models import Company
from vunnet.web.asking import Request
from vunnet.web.contacts.forms import CompanyForm, PersonForm
from vunnet.web.errors import says_why
from vunnet.web.finding.groups import best
from vunnet.web.records.writing import company_named, split_name

PAGE = 50


@require_GET
def suggest(request: Request) -> HttpResponse:
    """Names of companies while one is typed."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    by = request.member
    found = best(by, Company.objects.visible_to(by), words, "company")
    return render(request, "contacts/suggestions.html", {"names": sorted(row.name for row in found)})


@require_http_methods(["GET", "POST"])
@says_why
def new_company(request: Request) -> HttpResponse:
    form = CompanyForm(request.POST or None, initial={"name": request.GET.get("name", "")[:300]})
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: actions.add_company(request.member, request.member.workspace, **form.cleaned_data))
        if made:
            return redirect("company", request.member.workspace.slug, made.pk)
    context = {"form": form, "section": "companies", "title": "company"}
    return render(request, "contacts/form.html", context, status=422 if form.errors else 200)


def _with_company(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """The company by its name; a new name makes a new one."""
    name = given.pop("company")
    return {**given, "company": company_named(request, name)}


@require_http_methods(["GET", "POST"])
@says_why
def new_person(request: Request) -> HttpResponse:
    begun = {"company": request.GET.get("company", "")[:300], **split_name(request.GET.get("name", "")[:300])}
    form = PersonForm(request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        given = _with_company(request, dict(form.cleaned_data))
        made = form.try_to(lambda: actions.add_person(request.member, request.member.workspace, **given))
        if made:
            return redirect("person", request.member.workspace.slug, made.pk)
    context = {"form": form, "section": "people", "title": "person"}
    return render(request, "contacts/form.html", context, status=422 if form.errors else 200)
