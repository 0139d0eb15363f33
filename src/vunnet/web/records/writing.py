"""Writing on a record: one fact, what happened with the next step, and mending or deleting an entry."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.activities.actions import change_activity, finish_step, log_activity, plan_step, postpone_step, reopen_step
from vunnet.activities.attaching import Upload, attach_files
from vunnet.activities.handing_over import give_deal
from vunnet.activities.models import Activity
from vunnet.activities.removal import delete_activity
from vunnet.activities.rules import all_day
from vunnet.activities.sending import is_first
from vunnet.contacts.actions import add_company, change_company, change_person
from vunnet.contacts.models import Company, Person
from vunnet.lib.errors import RuleBroken
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, moment
from vunnet.web.errors import says_why
from vunnet.web.inputs import read_day_and_time
from vunnet.web.records.deletion import offer_undo
from vunnet.web.records.forms import EntryForm
from vunnet.web.records.subject import TABLES, Subject, choices, find_subject, subject_of_activity
from vunnet.web.templatetags.show import due as due_words
from vunnet.workspaces.models import Member

CHANGES = {"deal": give_deal, "company": change_company, "person": change_person}


def change_fact(request: Request, subject: Subject, field: str, value: Any, **also: Any) -> Any:
    """Give one field a new value by the action of its table; `also`: fields that change with it."""
    act: Any = CHANGES[subject.table]
    if field.startswith("x_"):
        return act(subject.row, by=request.member, custom={field[2:]: value})
    if field == "company":
        value = company_named(request, value)
    if subject.table == "person" and field == "name":
        return act(subject.row, by=request.member, **split_name(value))
    return act(subject.row, by=request.member, **{field: value}, **also)


def split_name(name: str) -> dict[str, str]:
    """First and last names of a whole one; a single word is a first name.

    >>> split_name("Anne Marie Lie"), split_name("Cher")
    ({'first_name': 'Anne Marie', 'last_name': 'Lie'}, {'first_name': 'Cher', 'last_name': ''})
    """
    first, _space, last = name.strip().rpartition(" ")
    return {"first_name": first.strip(), "last_name": last} if first else {"first_name": last, "last_name": ""}


def company_named(request: Request, name: str) -> Company | None:
    """A company by its name; a new name makes a new company."""
    if not name.strip():
        return None
    known = Company.objects.visible_to(request.member).filter(name__iexact=name.strip()).first()
    return known or add_company(request.member, request.member.workspace, name)


def write_log(
    request: Request,
    subject: Subject,
    given: dict[str, Any],
    step: Activity | None = None,
    called: Person | None = None,
) -> bool:
    """What happened with its files, and what comes next: either or both. `step`: the planned one it was, ticked off with it.

    An entry that waited on a device bears a number; sent a second time it is there already.
    """
    with transaction.atomic():
        if given["once"] is None or is_first(request.member, given["once"]):
            _write_both(request, subject, given, step, called)
    return True


def say_who_is_not_told(request: Request, activity: Activity) -> None:
    """Whoever was mentioned but may not see it hears nothing; the writer must know."""
    members = [mention.member for mention in activity.mentions.select_related("member__workspace")]
    blind = [m.name for m in members if not Activity.objects.visible_to(m).filter(pk=activity.pk).exists()]
    if blind:
        said = ngettext("%(names)s cannot see this and is not told.", "%(names)s cannot see this and are not told.", len(blind))  # fmt: skip
        messages.warning(request, said % {"names": ", ".join(blind)})


def _write_both(
    request: Request, subject: Subject, given: dict[str, Any], step: Activity | None, called: Person | None
) -> None:
    by, room = request.member, request.member.workspace
    about = subject.belongs() | ({"person": called} if called and subject.table != "person" else {})
    if given["next_step"]:
        due_at, has_time = due(given["due_on"], given["due_time"])
        kind = given["next_kind"] or "task"
        step_made = plan_step(by, room, given["next_step"], due_at=due_at, due_has_time=has_time, kind=kind, **about)
        say_who_is_not_told(request, step_made)
    files = _uploads(request)
    if given["body"] or files or not given["next_step"]:
        _write(request, about, given, files)
    if step and step.is_planned:
        finish_step(step, by=by)


def _write(request: Request, about: dict[str, Any], given: dict[str, Any], files: list[Upload]) -> None:
    is_file = bool(files) and not given["body"].strip()
    kind = "file" if is_file and given["kind"] == "note" else given["kind"]
    title = _("File") if is_file else ""
    written = log_activity(
        request.member, request.member.workspace, kind,
        body=given["body"], subject=title, minutes=given["minutes"], **about,
    )  # fmt: skip
    say_who_is_not_told(request, written)
    if files:
        attach_files(
            written, files, by=request.member, limit=settings.FILE_LIMIT_BYTES, total=settings.FILES_TOTAL_BYTES
        )


def _uploads(request: Request) -> list[Upload]:
    return [(file.name or "", file.size or 0, file) for file in request.FILES.getlist("files")]


def due(day: Any, at: time | None) -> tuple[datetime, bool]:
    """When a step is due: today where no day is given, some time that day where no time is."""
    day = day or timezone.localdate()
    return (all_day(day), False) if at is None else (datetime.combine(day, at, timezone.get_current_timezone()), True)


@require_http_methods(["GET", "POST"])
@says_why
def entry(request: Request, activity_id: int) -> HttpResponse:
    """Mend an entry of one's own."""
    row = find(request, Activity, activity_id)
    form = EntryForm(request.POST or None, initial={"subject": row.subject, "body": row.body, "minutes": row.minutes})
    if (
        request.method == "POST"
        and form.is_valid()
        and form.try_to(lambda: change_activity(row, by=request.member, **form.cleaned_data))
    ):
        say_who_is_not_told(request, row)
        return back(request, row)
    context = {"activity": row, "form": form, "subject": subject_of_activity(request, row), "section": ""}
    template = "records/entry_form.html" if request.htmx else "records/entry_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@says_why
def delete_entry(request: Request, activity_id: int) -> HttpResponse:
    """Delete an entry of one's own; the answer offers it back."""
    row = find(request, Activity, activity_id)
    delete_activity(row, by=request.member)
    offer_undo(request, "activity", row.pk, _("The entry was deleted."))
    return back(request, row)


@require_POST
@says_why
def done(request: Request, step_id: int) -> HttpResponse:
    """Tick a step off."""
    step = find(request, Activity, step_id)
    finish_step(step, by=request.member)
    undo = address_of("step_undone", request.member.workspace.slug, step.pk)
    home = "?next=today" if request.POST.get("next") == "today" else ""
    messages.success(request, _("Done: %(step)s") % {"step": str(step)[:80]}, extra_tags=undo + home)
    return back(request, step)


@require_POST
@says_why
def undone(request: Request, step_id: int) -> HttpResponse:
    """Take the tick back."""
    step = find(request, Activity, step_id)
    reopen_step(step, by=request.member)
    return back(request, step)


@require_POST
@says_why
def postpone(request: Request, step_id: int) -> HttpResponse:
    """Move a step to another day: tomorrow, next week, or one picked. Its time of day stays."""
    step = find(request, Activity, step_id)
    before, had_time = step.due_at, step.due_has_time
    day, at = _later_day(request)
    if at is None and had_time and before:
        at = timezone.localtime(before).time()
    due_at, has_time = due(day, at)
    moved = postpone_step(step, due_at, by=request.member, due_has_time=has_time)
    if before and moved.due_at != before:
        asked = {"to": before.isoformat()} | ({"timed": "1"} if had_time else {})
        asked |= {"next": "today"} if request.POST.get("next") == "today" else {}
        undo = f"{address_of('step_back', request.member.workspace.slug, step.pk)}?{urlencode(asked)}"
        said = _("Moved to %(day)s: %(step)s") % {"day": due_words(moved.due_at), "step": str(step)[:80]}
        messages.success(request, said, extra_tags=undo)
    return back(request, step)


@require_POST
@says_why
def moved_back(request: Request, step_id: int) -> HttpResponse:
    """A step to the moment it was moved from."""
    step = find(request, Activity, step_id)
    to = moment(request.GET.get("to", ""))
    if to is None:
        raise Http404
    postpone_step(step, to, by=request.member, due_has_time=bool(request.GET.get("timed")))
    return back(request, step)


def _later_day(request: Request) -> tuple[date, time | None]:
    """The day asked for, with its time where one stands behind it. Next week begins on its Monday, whatever day it is today."""
    today, later = timezone.localdate(), request.POST.get("later", "")
    known = {"tomorrow": today + timedelta(days=1), "next_week": today + timedelta(days=7 - today.weekday())}
    if later in known:
        return known[later], None
    try:
        return read_day_and_time(request.POST.get("due_on", ""))
    except ValidationError as wrong:
        raise RuleBroken(wrong.messages[0], "due_on") from None


def back(request: Request, activity: Activity) -> HttpResponse:
    """To the page one came from by name, else to the record the activity is read on."""
    subject = subject_of_activity(request, activity)
    return go_on(request, subject.address if subject else address_of("today", request.member.workspace.slug))


def go_on(request: Request, address: str) -> HttpResponse:
    """To an address, or to Today when one came from there. A dialog cannot follow: the whole page goes."""
    to_today = "today" in (request.POST.get("next"), request.GET.get("next"))
    target = address_of("today", request.member.workspace.slug) if to_today else address
    if request.htmx and request.htmx.target == "dialog":
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)


@require_GET
def mention(request: Request) -> HttpResponse:
    """Colleagues whose name begins as what is typed behind an @, and which of them may not see the record it is written on."""
    words = request.GET.get("q", "").replace("\0", "")[:60].casefold()
    members = Member.objects.filter(workspace_id=request.member.workspace_id, is_active=True).order_by("name")
    fit = [m for m in members if any(part.casefold().startswith(words) for part in (m.name, *m.name.split()))]
    table = choices(("", *TABLES), request.GET.get("table", ""))
    rows = (
        TABLES[table].objects.filter(pk=find_subject(request, table, request.GET.get("about")).row.pk)
        if table
        else None
    )
    offered = [(one, rows is None or one.sees_all or rows.visible_to(one).exists()) for one in fit[:8]]
    return render(request, "records/mentions.html", {"members": offered})
