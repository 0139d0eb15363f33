"""Companies and people: pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.activities.models import Activity
from vunnet.contacts import actions
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.web.asking import Request, find
from vunnet.web.contacts.forms import CompanyForm, PersonForm
from vunnet.web.deals import timeline
from vunnet.web.deals.cards import cards_of
from vunnet.web.errors import says_why
from vunnet.web.finding.groups import best

PAGE = 50


@require_GET
def company(request: Request, company_id: int) -> HttpResponse:
    """A company: facts, people, deals, and what passed between us."""
    row = find(request, Company, company_id)
    deals = (
        Deal.objects.visible_to(request.member).filter(company=row).with_names().order_by("-created_at", "-pk")[:PAGE]
    )
    activities = Activity.objects.visible_to(request.member).filter(Q(company=row) | Q(deal__company=row))
    context = {
        "section": "companies",
        "company": row,
        "cards": cards_of(deals, {}),
        "people": row.people.visible_to(request.member).order_by("name", "pk")[:PAGE],
        "timeline": timeline.of_activities(activities),
    }
    return render(request, "contacts/company.html", context)


@require_GET
def person(request: Request, person_id: int) -> HttpResponse:
    """A person: facts, deals, and what passed between us."""
    row = find(request, Person, person_id)
    deals = (
        Deal.objects.visible_to(request.member)
        .filter(people__person=row)
        .with_names()
        .order_by("-created_at", "-pk")[:PAGE]
    )
    context = {
        "section": "people",
        "person": row,
        "cards": cards_of(deals, {}),
        "timeline": timeline.of_activities(Activity.objects.visible_to(request.member).filter(person=row)),
    }
    return render(request, "contacts/person.html", context)


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
    form = CompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: actions.add_company(request.member, request.member.workspace, **form.cleaned_data))
        if made:
            return redirect("company", request.member.workspace.slug, made.pk)
    return render(request, "contacts/form.html", {"form": form, "section": "companies", "title": "company"})


@require_http_methods(["GET", "POST"])
@says_why
def edit_company(request: Request, company_id: int) -> HttpResponse:
    row = find(request, Company, company_id)
    form = CompanyForm(request.POST or None, initial={name: getattr(row, name) for name in CompanyForm.base_fields})
    if (
        request.method == "POST"
        and form.is_valid()
        and form.try_to(lambda: actions.change_company(row, by=request.member, **form.cleaned_data))
    ):
        return redirect("company", request.member.workspace.slug, row.pk)
    return render(request, "contacts/form.html", {"form": form, "section": "companies", "row": row})


def _with_company(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """The company by its name; a new name makes a new one."""
    name = given.pop("company").strip()
    known = Company.objects.visible_to(request.member).filter(name__iexact=name).first() if name else None
    made = known or (actions.add_company(request.member, request.member.workspace, name) if name else None)
    return {**given, "company": made}


@require_http_methods(["GET", "POST"])
@says_why
def new_person(request: Request) -> HttpResponse:
    form = PersonForm(request.POST or None, initial={"company": request.GET.get("company", "")[:300]})
    if request.method == "POST" and form.is_valid():
        given = _with_company(request, dict(form.cleaned_data))
        made = form.try_to(lambda: actions.add_person(request.member, request.member.workspace, **given))
        if made:
            return redirect("person", request.member.workspace.slug, made.pk)
    return render(request, "contacts/form.html", {"form": form, "section": "people", "title": "person"})


@require_http_methods(["GET", "POST"])
@says_why
def edit_person(request: Request, person_id: int) -> HttpResponse:
    row = find(request, Person, person_id)
    initial = {name: getattr(row, name) for name in PersonForm.base_fields} | {
        "company": row.company.name if row.company else ""
    }
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = _with_company(request, dict(form.cleaned_data))
        if form.try_to(lambda: actions.change_person(row, by=request.member, **given)):
            return redirect("person", request.member.workspace.slug, row.pk)
    return render(request, "contacts/form.html", {"form": form, "section": "people", "row": row})
