"""A company's and a person's own page: facts, next step, timeline, and what belongs to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from vunnet.contacts.models import Person
from vunnet.deals.models import Deal, DealPerson, Kind
from vunnet.lib.money import Money
from vunnet.web.asking import Request
from vunnet.web.deals.cards import Card, cards_of
from vunnet.web.errors import says_why
from vunnet.web.records import pages
from vunnet.web.records.forms import LogForm
from vunnet.web.records.hints import like
from vunnet.web.records.subject import TABLES, Subject, find_subject
from vunnet.workspaces.models import Member
from vunnet.workspaces.worded import AnyOf, worded

SHOWN = 50


@require_GET
@says_why
def company(request: Request, company_id: int) -> HttpResponse:
    """A company's page; of htmx going on in the timeline only its next lines."""
    return _page(request, "company", company_id)


@require_GET
@says_why
def person(request: Request, person_id: int) -> HttpResponse:
    """A person's page, likewise."""
    return _page(request, "person", person_id)


def _page(request: Request, table: str, pk: int) -> HttpResponse:
    try:
        subject = find_subject(request, table, pk)
    except Http404:
        return _to_the_kept_one(request, table, pk)
    if pages.is_more(request):
        return pages.more(request, subject)
    return show_company(request, subject) if table == "company" else show_person(request, subject)


def _to_the_kept_one(request: Request, table: str, pk: int) -> HttpResponse:
    """An old address of a merged record leads to the one it lives on in; any other is missing."""
    rows = TABLES[table].objects
    into = rows.deleted_visible_to(request.member).filter(pk=pk).values_list("merged_into", flat=True).first()
    if into is None or not rows.visible_to(request.member).filter(pk=into).exists():
        raise Http404
    return redirect(table, request.member.workspace.slug, into)


def head(request: Request, subject: Subject) -> dict[str, Any]:
    """What the page's head shows."""
    return {"head": "contacts/head.html"}


def show_company(request: Request, subject: Subject, form: LogForm | None = None, status: int = 200) -> HttpResponse:
    """A company's page, also with what was typed into a form that was refused."""
    people = [(person, person.title) for person in _people(request.member, subject.row.pk)]
    context = {**_common(request, subject, form), "people": people, "call": subject.row.phone}
    return render(request, "contacts/record.html", context, status=status)


def show_person(request: Request, subject: Subject, form: LogForm | None = None, status: int = 200) -> HttpResponse:
    """A person's page, likewise."""
    context = {**_common(request, subject, form), "call": subject.row.phone, "roles": _roles(subject)}
    return render(request, "contacts/record.html", context, status=status)


def _common(request: Request, subject: Subject, form: LogForm | None) -> dict[str, Any]:
    sums, (ongoing, closed) = _sums(subject.deals), _cards(subject.deals)
    return {
        **pages.page(request, subject, form),
        **head(request, subject),
        "open_cards": ongoing,
        "closed_cards": closed,
        "open_count": sum(n for n, _money in sums.get(Kind.OPEN, [])),
        "open_sums": [money for _n, money in sums.get(Kind.OPEN, [])],
        "won_count": sum(n for n, _money in sums.get(Kind.WON, [])),
        "won_sums": [money for _n, money in sums.get(Kind.WON, [])],
        "lost_count": sum(n for n, _money in sums.get(Kind.LOST, [])),
        "alike": like(subject),
    }


def _cards(deals: list[int]) -> tuple[list[Card], list[Card]]:
    """The newest open deals, and those closed last."""
    ongoing, closed = _ongoing(deals), _closed(deals)
    cards = cards_of([*ongoing, *closed], {})
    return cards[: len(ongoing)], cards[len(ongoing) :]


@worded
def _ongoing(deals: list[int]) -> Any:
    return Deal.objects.filter(AnyOf("pk", deals)).open().with_names().order_by("-created_at", "-pk")[:SHOWN]


@worded
def _closed(deals: list[int]) -> Any:
    closed = Deal.objects.filter(AnyOf("pk", deals), stage__kind__in=[Kind.WON, Kind.LOST, Kind.CANCELLED])
    return closed.with_names().order_by(F("closed_at").desc(nulls_last=True), "-pk")[:SHOWN]


@worded
def _people(member: Member, company_id: int) -> QuerySet[Any]:
    seen: QuerySet[Any] = Person.objects.visible_to(member)
    return seen.filter(company_id=company_id).order_by("name", "pk")[:SHOWN]


def _sums(deals: list[int]) -> dict[str, list[tuple[int, Money]]]:
    """By kind of stage: how many deals and how much, one sum a currency."""
    found: dict[str, list[tuple[int, Money]]] = {}
    for kind, currency, n, total in _totals(deals):
        found.setdefault(kind, []).append((n, Money(total or Decimal(0), currency)))
    return found


@worded
def _totals(deals: list[int]) -> Any:
    rows = Deal.objects.filter(AnyOf("pk", deals)).order_by().values_list("stage__kind", "currency")
    return rows.annotate(n=Count("pk"), total=Sum("amount"))


def _roles(subject: Subject) -> dict[int, str]:
    """What the person is in each deal, where somebody said so."""
    parts = DealPerson.objects.filter(person=subject.row, deal__in=subject.deals).exclude(role="")
    return dict(parts.values_list("deal_id", "role"))
