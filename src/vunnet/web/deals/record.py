"""A deal's own page: its path, facts, next step, timeline, and what belongs to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.contacts.models import Person
from vunnet.deals import actions
from vunnet.deals.models import Deal, DealLine, DealPerson, StageChange
from vunnet.lib.money import Money
from vunnet.web.asking import Request, find_if_given
from vunnet.web.deals import cards, path
from vunnet.web.deals.forms import NewDealForm
from vunnet.web.deals.stays import stays as stays_of
from vunnet.web.errors import says_why
from vunnet.web.records import pages
from vunnet.web.records.forms import LogForm
from vunnet.web.records.subject import Subject, find_subject
from vunnet.web.records.writing import company_named
from vunnet.workspaces.worded import worded

UNDO_FOR = timedelta(seconds=10)


@require_http_methods(["GET", "POST"])
@says_why
def new(request: Request) -> HttpResponse:
    """Create a deal from one field; `person`: somebody at the customer who takes part in it from the beginning."""
    person = find_if_given(request, Person, request.POST.get("person") or request.GET.get("person"))
    begun = {name: request.GET.get(name, "")[:300] for name in ("name", "company")}
    begun["company"] = begun["company"] or str(person.company or "" if person else "")
    form = NewDealForm(request, request.POST or None, begun)
    if request.method == "POST" and form.is_valid() and (made := form.try_to(lambda: _open(request, form, person))):
        return redirect("deal", request.member.workspace.slug, made.pk)
    context = {"form": form, "person": person, "section": "deals"}
    return render(request, "deals/new.html", context, status=422 if form.errors else 200)


def _open(request: Request, form: NewDealForm, person: Person | None) -> Deal:
    given = dict(form.cleaned_data)
    company = company_named(request, given.pop("company"))
    currency = getattr(form.fields["amount"], "currency", "")
    made = actions.open_deal(
        request.member, workspace=request.member.workspace, company=company, currency=currency, **given
    )
    if person:
        actions.add_person(made, person, by=request.member)
    return made


@require_GET
@says_why
def deal(request: Request, deal_id: int) -> HttpResponse:
    """The whole page; of htmx going on in the timeline only its next lines."""
    subject = find_subject(request, "deal", deal_id)
    return pages.more(request, subject) if pages.is_more(request) else show(request, subject)


def find_deal(request: Request, deal_id: int) -> Deal:
    row: Deal = find_subject(request, "deal", deal_id).row
    return row


def show(request: Request, subject: Subject, form: LogForm | None = None, status: int = 200) -> HttpResponse:
    """The page, also with what was typed into a form that was refused."""
    return render(request, "deals/deal.html", shown(request, subject, form), status=status)


def shown(request: Request, subject: Subject, form: LogForm | None = None) -> dict[str, Any]:
    """All that the page shows."""
    row = subject.row
    lines, people = _lines(row.pk), _people(row.pk)
    reached = next((part.person for part in people if part.person.phone), None)
    return {
        **pages.page(request, subject, form),
        **head(request, subject),
        "path": path.rooms(row, subject.changes, stays_of(request)),
        "people": people,
        "lines": [(line, Money(line.amount, row.currency)) for line in lines],
        "lines_total": Money(sum((line.amount for line in lines), Decimal(0)), row.currency),
        "link": subject.changes[-1].link,
        "undo": _undoable(request, subject.changes[-1]),
        "call": reached.phone if reached and row.is_open else "",
        "reached": reached,
    }


def head(request: Request, subject: Subject) -> dict[str, Any]:
    """What the page's head shows. `mates`: the team; where none was set, the owner."""
    row = subject.row
    team = cards.mates_of([row.pk]).get(row.pk, [])
    owner = [cards.Mate(row.owner.pk, row.owner.name)] if row.owner else []
    return {"deal": row, "team": team, "mates": team or owner, "head": "deals/deal_head.html"}


@worded
def _lines(deal_id: int) -> QuerySet[Any]:
    return DealLine.objects.filter(deal_id=deal_id).select_related("product")


@worded
def _people(deal_id: int) -> QuerySet[Any]:
    seen = DealPerson.objects.filter(deal_id=deal_id, person__deleted_at__isnull=True)
    return seen.select_related("person").order_by("pk")


def _undoable(request: Request, last: StageChange) -> StageChange | None:
    """One's own move of just now, which a click takes back."""
    is_fresh = timezone.now() - last.recorded_at < UNDO_FOR
    return last if is_fresh and last.link > 1 and last.changed_by_id == request.member.pk else None
