"""Writing on the charts of time: what happened when. Each form is a dialog, and without scripts a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from vunnet.reports.actions import LONGEST, annotate, change_annotation, delete_annotation
from vunnet.reports.models import Annotation
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, find_if_given
from vunnet.web.errors import says_why
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import DayField
from vunnet.web.records.deletion import offer_undo
from vunnet.workspaces.models import Member


class AnnotationForm(VunnetForm):
    """A day, and what happened on it."""

    on = DayField(label=gettext_lazy("Day"))
    text = forms.CharField(label=gettext_lazy("What happened?"), max_length=LONGEST)


def listed(by: Member) -> list[tuple[Annotation, bool]]:
    """All that stands on the charts, latest first, each with whether the reader may change it."""
    rows = Annotation.objects.visible_to(by).select_related("written_by")
    return [(row, row.may_be_changed_by(by)) for row in rows]


@require_http_methods(["GET", "POST"])
@says_why
def form(request: Request, annotation_id: int | None = None) -> HttpResponse:
    """A new annotation, or one to be mended."""
    row = find_if_given(request, Annotation, annotation_id)
    filled = AnnotationForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and filled.is_valid() and filled.try_to(lambda: _save(request, row, filled)):
        return _back(request)
    context = {"annotation": row, "form": filled, "section": "insight", "query": request.GET.urlencode()}
    template = "insight/annotation_form.html" if request.htmx else "insight/annotation_page.html"
    return render(request, template, context, status=422 if filled.errors else 200)


@require_POST
@says_why
def delete(request: Request, annotation_id: int) -> HttpResponse:
    """Take an annotation off the charts; the page offers it back."""
    row = delete_annotation(find(request, Annotation, annotation_id), by=request.member)
    offer_undo(request, "annotation", row.pk, _("The annotation was deleted."))
    return _back(request)


def _initial(row: Annotation | None) -> dict[str, Any]:
    return {"on": row.on, "text": row.text} if row else {"on": timezone.localdate()}


def _save(request: Request, row: Annotation | None, filled: AnnotationForm) -> Annotation:
    on, text = filled.cleaned_data["on"], filled.cleaned_data["text"]
    return change_annotation(row, on, text, by=request.member) if row else annotate(request.member, on, text)


def _back(request: Request) -> HttpResponse:
    """To Signals as it was asked for. A dialog cannot follow: the whole page goes."""
    address = address_of("insight_room", request.member.workspace.slug, "signals")
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    if request.htmx and request.htmx.target == "dialog":
        return HttpResponse(status=204, headers={"HX-Redirect": address + asked})
    return redirect(f"{address}{asked}#annotations")
