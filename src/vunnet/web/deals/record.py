"""A deal's own page: facts, next step, timeline."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.activities.actions import finish_step, log_activity, plan_step, postpone_step
from vunnet.activities.models import Activity
from vunnet.contacts.actions import add_company
from vunnet.contacts.models import Company
from vunnet.deals import actions
from vunnet.deals.models import Deal, DealPerson, StageChange
from vunnet.lib.money import Money
from vunnet.web.asking import Request, find
from vunnet.web.deals import cards, path, timeline
from vunnet.web.deals.facts import facts, value_shown
from vunnet.web.deals.forms import LogForm, NewDealForm, fact_form
from vunnet.web.deals.stays import stays as stays_of
from vunnet.web.errors import says_why
from vunnet.web.inputs import read_day

UNDO_FOR = timedelta(seconds=10)
KINDS = [
    (Activity.Kind.NOTE.value, Activity.Kind.NOTE.label, "sticky-note"),
    (Activity.Kind.CALL.value, Activity.Kind.CALL.label, "phone"),
    (Activity.Kind.MAIL.value, Activity.Kind.MAIL.label, "mail"),
    (Activity.Kind.MEETING.value, Activity.Kind.MEETING.label, "calendar"),
]


@require_http_methods(["GET", "POST"])
@says_why
def new(request: Request) -> HttpResponse:
    """Create a deal from one field."""
    begun = {name: request.GET.get(name, "")[:300] for name in ("name", "company")}
    form = NewDealForm(request, request.POST or None, begun)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        company = _company(request, given.pop("company"))
        made = form.try_to(
            lambda: actions.open_deal(request.member, workspace=request.member.workspace, company=company, **given)
        )
        if made:
            return redirect("deal", request.member.workspace.slug, made.pk)
    return render(request, "deals/new.html", {"form": form, "section": "deals"})


def _company(request: Request, name: str) -> Company | None:
    """A company by its name; a new name makes a new company."""
    if not name.strip():
        return None
    known = Company.objects.visible_to(request.member).filter(name__iexact=name.strip()).first()
    return known or add_company(request.member, request.member.workspace, name)


@require_GET
def deal(request: Request, deal_id: int) -> HttpResponse:
    """The whole page."""
    row = find_deal(request, deal_id)
    kind = request.GET.get("kind", "")
    if kind not in ("", *timeline.KINDS):
        raise Http404
    return render(
        request, "deals/deal.html", {**_page(request, row), "kind": kind, "timeline": timeline.of_deal(row, kind)}
    )


def find_deal(request: Request, deal_id: int) -> Deal:
    deals = Deal.objects.visible_to(request.member).select_related(
        "company", "owner", "stage", "pipeline", "product", "origin", "close_reason"
    )
    row: Deal | None = deals.filter(pk=deal_id).first()
    if row is None:
        raise Http404
    return row


def _page(request: Request, row: Deal) -> dict[str, Any]:
    stays = stays_of(request)
    lines = list(row.lines.select_related("product"))
    people = list(DealPerson.objects.filter(deal=row).select_related("person").order_by("pk"))
    return {
        "section": "deals",
        "deal": row,
        "card": cards.cards_of([row], stays.stale_after)[0],
        "path": path.rooms(row, stays),
        "facts": facts(request, row),
        "people": people,
        "lines": [(line, Money(line.amount, row.currency)) for line in lines],
        "lines_total": Money(sum((line.amount for line in lines), Decimal(0)), row.currency),
        "counts": timeline.counts(row),
        "undo": _undoable(request, row),
        "log_form": LogForm(),
        "kinds": KINDS,
        "call": next((part.person.phone for part in people if part.person.phone), "") if row.is_open else "",
    }


def _undoable(request: Request, row: Deal) -> StageChange | None:
    """One's own move of just now, which a click takes back."""
    last = StageChange.objects.filter(deal=row).select_related("to_stage").latest("link")
    is_fresh = timezone.now() - last.recorded_at < UNDO_FOR
    return last if is_fresh and last.link > 1 and last.changed_by_id == request.member.pk else None


@require_GET
def earlier(request: Request, deal_id: int) -> HttpResponse:
    """Older lines of the timeline."""
    row = find_deal(request, deal_id)
    before = parse_datetime(request.GET.get("before", ""))
    if before is None:
        raise Http404
    kind = request.GET.get("kind", "")
    return render(
        request, "deals/log.html", {"deal": row, "kind": kind, "timeline": timeline.of_deal(row, kind, before)}
    )


@require_http_methods(["GET", "POST"])
@says_why
def change(request: Request, deal_id: int, field: str) -> HttpResponse:
    """One fact: its form (GET), its new value (POST)."""
    row = find_deal(request, deal_id)
    form = fact_form(request, field, request.POST or None, value_shown(row, field))
    if form is None:
        raise Http404
    if (
        request.method == "POST"
        and form.is_valid()
        and form.try_to(lambda: _change(request, row, field, form.cleaned_data["value"]))
    ):
        return _changed(request, row)
    template = "deals/fact_form.html" if request.htmx else "deals/fact_page.html"
    context = {"deal": row, "form": form, "field": field, "section": "deals"}
    return render(request, template, context, status=422 if form.errors else 200)


def _change(request: Request, row: Deal, field: str, value: Any) -> Deal:
    if field.startswith("x_"):
        return actions.change_deal(row, by=request.member, custom={field[2:]: value})
    if field == "company":
        value = _company(request, value)
    if field == "competitor":
        value = value or ""
    return actions.change_deal(row, by=request.member, **{field: value})


def _changed(request: Request, row: Deal) -> HttpResponse:
    if not request.htmx:
        return redirect("deal", request.member.workspace.slug, row.pk)
    fresh = find_deal(request, row.pk)
    return render(
        request,
        "deals/changed.html",
        {"deal": fresh, "facts": facts(request, fresh), "card": cards.cards_of([fresh], {})[0]},
    )


@require_POST
@says_why
def log(request: Request, deal_id: int) -> HttpResponse:
    """Write down what happened, and the next step with it."""
    row = find_deal(request, deal_id)
    form = LogForm(request.POST)
    if form.is_valid() and form.try_to(lambda: _log(request, row, form.cleaned_data)):
        return redirect("deal", request.member.workspace.slug, row.pk)
    context = {**_page(request, row), "kind": "", "timeline": timeline.of_deal(row), "log_form": form}
    return render(request, "deals/deal.html", context, status=422)


def _log(request: Request, row: Deal, given: dict[str, Any]) -> bool:
    room = request.member.workspace
    if given["next_step"]:
        day = given["due_on"] or timezone.localdate()
        due_at = datetime.combine(day, time(), timezone.get_current_timezone())
        plan_step(request.member, room, given["next_step"], due_at=due_at, deal=row)
    if given["body"] or not given["next_step"]:
        log_activity(request.member, room, given["kind"], body=given["body"], deal=row)
    return True


@require_POST
@says_why
def done(request: Request, step_id: int) -> HttpResponse:
    """Tick a step off."""
    step = find(request, Activity, step_id)
    finish_step(step, by=request.member)
    return _back(request, step)


@require_POST
@says_why
def postpone(request: Request, step_id: int) -> HttpResponse:
    """Move a step to another day."""
    step = find(request, Activity, step_id)
    day = read_day(request.POST.get("due_on", ""))
    postpone_step(step, datetime.combine(day, time(), timezone.get_current_timezone()), by=request.member)
    return _back(request, step)


def _back(request: Request, step: Activity) -> HttpResponse:
    slug = request.member.workspace.slug
    return redirect("deal", slug, step.deal_id) if step.deal_id else redirect("board", slug)
