"""A task of one's own: planned without opening a record first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from vunnet.activities.actions import plan_step
from vunnet.activities.models import Activity
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import DayField
from vunnet.web.records.forms import company_input
from vunnet.web.records.writing import company_named, due
from vunnet.workspaces.models import Member


class TaskForm(VunnetForm):
    """What, when, for whom, and about which company."""

    is_begun = True
    subject = forms.CharField(label=gettext_lazy("What is to be done?"), max_length=300)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[c for c in Activity.Kind.choices if c[0] in ("task", "call", "meeting", "mail")],
    )
    due_on = DayField(label=gettext_lazy("When"), required=False)
    due_time = forms.TimeField(
        label=gettext_lazy("Time"), required=False, input_formats=["%H:%M", "%H.%M", "%H%M", "%H"],
        widget=forms.TimeInput(attrs={"type": "time"}),
    )  # fmt: skip
    company = forms.CharField(label=gettext_lazy("Company"), required=False, max_length=300, widget=company_input())
    member = forms.ModelChoiceField(Member.objects.none(), label=gettext_lazy("For"), empty_label=None)

    def __init__(self, by: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["member"]
        members.queryset = Member.objects.visible_to(by).filter(is_active=True).order_by("name")


@require_http_methods(["GET", "POST"])
@says_why
def new_task(request: Request) -> HttpResponse:
    """Plan something; what has no day is for today."""
    by = request.member
    begun = {"subject": request.GET.get("name", "")[:300], "kind": "task", "due_on": _("today"), "member": by.pk}
    form = TaskForm(by, request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid() and form.try_to(lambda: _plan(request, dict(form.cleaned_data))):
        messages.success(request, _("Planned."))
        own = form.cleaned_data["member"] == by
        return redirect("today" if own else "activities", by.workspace.slug)
    context = {"form": form, "section": "activities"}
    return render(request, "today/task.html", context, status=422 if form.errors else 200)


def _plan(request: Request, given: dict[str, Any]) -> Activity:
    due_at, has_time = due(given["due_on"], given["due_time"])
    return plan_step(
        request.member, request.member.workspace, given["subject"], kind=given["kind"], due_at=due_at, due_has_time=has_time,
        member=given["member"], company=company_named(request, given["company"]),
    )  # fmt: skip
