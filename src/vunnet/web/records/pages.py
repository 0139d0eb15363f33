"""What every record page shows beside its own: next step, composer, timeline with its filter."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.web.asking import Request
from vunnet.web.records import tags, timeline
from vunnet.web.records.facts import facts_of
from vunnet.web.records.forms import LogForm
from vunnet.web.records.steps import planned
from vunnet.web.records.subject import Subject, choices

KINDS = [
    (Activity.Kind.NOTE.value, Activity.Kind.NOTE.label, "sticky-note"),
    (Activity.Kind.CALL.value, Activity.Kind.CALL.label, "phone"),
    (Activity.Kind.MAIL.value, Activity.Kind.MAIL.label, "mail"),
    (Activity.Kind.MEETING.value, Activity.Kind.MEETING.label, "calendar"),
]


def page(request: Request, subject: Subject, form: LogForm | None = None) -> dict[str, Any]:
    """The common context of a record page."""
    steps = planned(subject.steps())
    shown = lines(request, subject)
    whole = shown["timeline"] if not shown["kind"] and shown["timeline"].is_whole else None
    return {
        "section": subject.section,
        "subject": subject,
        "facts": facts_of(request, subject),
        **tags.shown(subject),
        "step": steps[0] if steps else None,
        "steps": steps[1:],
        "kinds": KINDS,
        "log_form": form or LogForm(),
        "filters": _filters(timeline.counted(whole) if whole else timeline.counts(subject)),
        **shown,
    }


def lines(request: Request, subject: Subject) -> dict[str, Any]:
    """The part of the timeline the address asks for."""
    kind = choices(("", *timeline.KINDS), request.GET.get("kind", ""))
    before = timeline.Place.read(request.GET.get("before", ""))
    return {"subject": subject, "kind": kind, "timeline": timeline.of(subject, kind, before)}


def is_more(request: Request) -> bool:
    """Whether htmx asks only for the lines behind a place."""
    return bool(request.htmx and request.GET.get("before"))


def more(request: Request, subject: Subject) -> HttpResponse:
    return render(request, "records/log.html", lines(request, subject))


def _filters(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    words = {
        "mail": _("Mail"),
        "call": _("Calls"),
        "meeting": _("Meetings"),
        "note": _("Notes"),
        "task": _("Tasks"),
        "file": _("Files"),
        "stage": _("Stages"),
    }
    some = [(kind, said, counts[kind]) for kind, said in words.items() if counts[kind]]
    return [("", _("Everything"), counts["all"]), *some]
