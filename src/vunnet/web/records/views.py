"""What can be done on any record's page: change a fact, log what happened, look into its history."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.activities.models import Activity
from vunnet.contacts.models import Person
from vunnet.web.asking import Request, find_if_given
from vunnet.web.contacts import record as contacts
from vunnet.web.deals import record as deals
from vunnet.web.errors import says_why
from vunnet.web.forms import VunnetForm
from vunnet.web.records import history as past
from vunnet.web.records.facts import fact_form, facts_of
from vunnet.web.records.forms import LogForm
from vunnet.web.records.pages import KINDS
from vunnet.web.records.subject import Subject, find_subject, subject_of
from vunnet.web.records.writing import change_fact, go_on, write_log

# Each table's page, and the context of its head, which a changed fact may have changed.
PAGES: dict[str, Any] = {"deal": deals.show, "company": contacts.show_company, "person": contacts.show_person}
HEADS: dict[str, Any] = {"deal": deals.head, "company": contacts.head, "person": contacts.head}


@require_http_methods(["GET", "POST"])
@says_why
def change(request: Request, table: str, field: str, **numbers: int) -> HttpResponse:
    """One fact: its form (GET), its new value (POST)."""
    subject = subject_of(request, table, numbers)
    form = fact_form(request, subject, field, request.POST or None)
    if form is None:
        raise Http404
    if request.method == "POST" and form.is_valid() and _change(request, subject, field, form):
        return _changed(request, table, subject.row.pk, field)
    template = "records/fact_form.html" if request.htmx else "records/fact_page.html"
    context = {"subject": subject, "form": form, "field": field, "section": subject.section}
    return render(request, template, context, status=422 if form.errors else 200)


def _change(request: Request, subject: Subject, field: str, form: VunnetForm) -> Any:
    # An amount may be written with another currency; both change then, together.
    currency = getattr(form.fields["value"], "currency", "")
    also = {"currency": currency} if currency else {}
    return form.try_to(lambda: change_fact(request, subject, field, form.cleaned_data["value"], **also))


def _changed(request: Request, table: str, pk: int, field: str) -> HttpResponse:
    """The fact with its new value in the place of its form, and the head beside it; nothing else, so that nothing typed is lost."""
    subject = find_subject(request, table, pk)
    if not request.htmx:
        return redirect(subject.address)
    facts = facts_of(request, subject)
    fact = next((fact for fact in [*facts["known"], *facts["empty"]] if fact.field == field), None)
    context = {"subject": subject, "fact": fact, **HEADS[table](request, subject)}
    if (table, field) == ("deal", "owner"):
        # With the deal its owner's seat and steps went along.
        context |= deals.shown(request, subject) | {"is_handed_over": True}
    return render(request, "records/changed.html", context)


@require_http_methods(["GET", "POST"])
@says_why
def log(request: Request, table: str, **numbers: int) -> HttpResponse:
    """Write down what happened, with its files, the next step, and the step it was (ticked off with it)."""
    subject = subject_of(request, table, numbers)
    step = find_if_given(request, Activity, request.POST.get("step") or request.GET.get("step"))
    called = find_if_given(request, Person, request.POST.get("person") or request.GET.get("person"))
    form = LogForm(request.POST or None, initial={"kind": "call"} if "call" in request.GET else _first_of(step))
    is_apart = request.method == "GET" or request.POST.get("next") in ("today", "call")
    if request.method == "POST" and form.is_valid() and _write(request, subject, form, step, called):
        return go_on(request, subject.address)
    if is_apart:
        return _log_apart(request, subject, form, step, called)
    answer: HttpResponse = PAGES[table](request, subject, form, status=422)
    return answer


def _write(request: Request, subject: Subject, form: LogForm, step: Activity | None, called: Person | None) -> Any:
    return form.try_to(lambda: write_log(request, subject, form.cleaned_data, step, called))


def _first_of(step: Activity | None) -> dict[str, str]:
    """What a step was is what happened, unless somebody says otherwise."""
    return {"kind": step.kind if step and step.kind in dict(LogForm.base_fields["kind"].choices) else "note"}  # type: ignore[attr-defined]


def _log_apart(
    request: Request, subject: Subject, form: LogForm, step: Activity | None, called: Person | None
) -> HttpResponse:
    """The form by itself: a dialog over Today, after a call, or a page."""
    is_call = "call" in request.GET or request.POST.get("next") == "call"
    context = {
        "subject": subject, "section": "today", "log_form": form, "step": step, "kinds": KINDS,
        "call": (str(called) if called else subject.name) if is_call else "", "called": called,
    }  # fmt: skip
    template = "records/log_dialog.html" if request.htmx else "records/log_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
def history(request: Request, table: str, **numbers: int) -> HttpResponse:
    """Who changed what and when: of the whole record, or of one field."""
    subject = subject_of(request, table, numbers)
    field = request.GET.get("field", "")[:100]
    context = {"subject": subject, "section": subject.section, **past.page(request, subject, field)}
    return render(request, "records/history_dialog.html" if request.htmx else "records/history.html", context)
