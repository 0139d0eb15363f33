"""Companies and people: lists, pages, and the one search over all."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.contacts import actions
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, Kind
from vunnet.web.asking import Request
from vunnet.web.contacts.forms import CompanyForm, PersonForm
from vunnet.web.errors import says_why
from vunnet.web.records.writing import company_named
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import best_found, rows_found

PAGE = 50
FOUND = 8


def _page(request: Request, rows: Any, table: str) -> dict[str, Any]:
    """Rows by name, page by page along (name, number); `q` finds, `after` goes on."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    rows = rows.filter(rows_found(words, table)) if words.strip() else rows
    after_name, _bar, after = request.GET.get("after", "").rpartition("|")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(Q(name__gt=after_name) | Q(name=after_name, pk__gt=int(after)))
    found = list(rows.order_by("name", "pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return {"rows": found[:PAGE], "q": words, "next": f"{last.name}|{last.pk}" if last else ""}


@require_GET
def companies(request: Request) -> HttpResponse:
    """All companies, with what is open and won with each."""
    context = _page(request, Company.objects.visible_to(request.member), "company")
    numbers = _deal_counts(request.member, [row.pk for row in context["rows"]])
    context["rows"] = [(row, *numbers.get(row.pk, (0, 0))) for row in context["rows"]]
    template = "contacts/company_rows.html" if request.htmx and request.GET.get("after") else "contacts/companies.html"
    return render(request, template, {**context, "section": "companies"})


def _deal_counts(by: Member, ids: list[int]) -> dict[int, tuple[int, int]]:
    rows = Deal.objects.visible_to(by).filter(company__in=ids).order_by().values("company_id").annotate(
        n_open=Count("pk", filter=Q(stage__kind=Kind.OPEN)), n_won=Count("pk", filter=Q(stage__kind=Kind.WON))
    )  # fmt: skip
    return {row["company_id"]: (row["n_open"], row["n_won"]) for row in rows}


@require_GET
def people(request: Request) -> HttpResponse:
    """All people with their companies."""
    context = _page(request, Person.objects.visible_to(request.member).select_related("company"), "person")
    template = "contacts/person_rows.html" if request.htmx and request.GET.get("after") else "contacts/people.html"
    return render(request, template, {**context, "section": "people"})


@require_GET
def suggest(request: Request) -> HttpResponse:
    """Names of companies while one is typed."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    by = request.member
    found = _best(by, Company.objects.visible_to(by), words, "company")
    return render(request, "contacts/suggestions.html", {"names": sorted(row.name for row in found)})


def _best(by: Member, rows: Any, words: str, table: str) -> list[Any]:
    """The few rows that fit the words best, in that order, among those the member sees."""
    numbers = best_found(words, table, FOUND, None if by.sees_all else rows)
    found = {row.pk: row for row in rows.filter(pk__in=numbers)}
    return [found[number] for number in numbers if number in found]


@require_http_methods(["GET", "POST"])
@says_why
def new_company(request: Request) -> HttpResponse:
    form = CompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: actions.add_company(request.member, request.member.workspace, **form.cleaned_data))
        if made:
            return redirect("company", request.member.workspace.slug, made.pk)
    return render(request, "contacts/form.html", {"form": form, "section": "companies", "title": "company"})


def _with_company(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """The company by its name; a new name makes a new one."""
    name = given.pop("company")
    return {**given, "company": company_named(request, name)}


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


@require_GET
def search(request: Request) -> HttpResponse:
    """Deals, companies and people by any of their words."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    context: dict[str, Any] = {"section": "search", "q": words}
    if words.strip():
        by = request.member
        context |= {
            "deals": _best(by, Deal.objects.visible_to(by).with_names(), words, "deal"),
            "companies": _best(by, Company.objects.visible_to(by), words, "company"),
            "people": _best(by, Person.objects.visible_to(by).select_related("company"), words, "person"),
        }
    return render(request, "contacts/found.html" if request.htmx else "contacts/search.html", context)
