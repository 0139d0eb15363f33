"""The workspace's settings: its name, its people, its custom fields and pipelines."""

from __future__ import annotations

from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.deals.models import Pipeline
from vunnet.deals.pipelines import make_pipeline
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.settings.forms import FieldForm, InvitationForm, PipelineForm, WorkspaceForm
from vunnet.workspaces import actions
from vunnet.workspaces.models import FieldDefinition, Invitation, Member, Role


def _back(request: Request, page: str, said: str = "") -> HttpResponse:
    if said:
        messages.success(request, said)
    return redirect(page, request.member.workspace.slug)


@require_http_methods(["GET", "POST"])
@says_why
def settings(request: Request) -> HttpResponse:
    """Name, time zone, language and base currency."""
    room = request.member.workspace
    initial = {
        "name": room.name,
        "time_zone": room.time_zone,
        "language": room.language,
        "currency": room.base_currency,
    }
    form = WorkspaceForm(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.try_to(lambda: actions.change_workspace(room, by=request.member, **form.cleaned_data))
    ):
        return _back(request, "settings", _("Saved."))
    return render(request, "settings/workspace.html", {"form": form, "section": "settings", "tab": "settings"})


@require_http_methods(["GET", "POST"])
@says_why
def members(request: Request) -> HttpResponse:
    """Who is here, who is invited; inviting someone shows the link once, to be sent by whatever way one likes."""
    form, link = InvitationForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: actions.invite(request.member, **form.cleaned_data))
        if made:
            link = site.PUBLIC_URL + reverse("join", args=[request.member.workspace_id, made[1]])
    context: dict[str, Any] = {
        "form": form,
        "link": link,
        "members": Member.objects.visible_to(request.member).select_related("user").order_by("-is_active", "name"),
        "invitations": Invitation.objects.visible_to(request.member).filter(accepted_at__isnull=True),
        "roles": Role.choices,
        "section": "settings",
        "tab": "members",
    }
    return render(request, "settings/members.html", context)


@require_POST
@says_why
def member(request: Request, member_id: int) -> HttpResponse:
    """Give a member another role, or close their door."""
    row = find(request, Member, member_id)
    if request.POST.get("do") == "deactivate":
        actions.deactivate(row, by=request.member)
    else:
        actions.change_role(row, request.POST.get("role", ""), by=request.member)
    return _back(request, "members", _("Saved."))


@require_http_methods(["GET", "POST"])
@says_why
def fields(request: Request) -> HttpResponse:
    """Custom fields."""
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "choices": form.cleaned_data["choices"].splitlines()}
        if form.try_to(lambda: actions.define_field(request.member, **given)):
            return _back(request, "fields", _("Saved."))
    rows = FieldDefinition.objects.visible_to(request.member).order_by("table", "position", "pk")
    return render(
        request, "settings/fields.html", {"form": form, "fields": rows, "section": "settings", "tab": "fields"}
    )


@require_http_methods(["GET", "POST"])
@says_why
def pipelines(request: Request) -> HttpResponse:
    """Pipelines and their stages."""
    form = PipelineForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.try_to(lambda: _make_pipeline(request, form)):
        return _back(request, "pipelines", _("Saved."))
    rows = Pipeline.objects.visible_to(request.member).prefetch_related("stages")
    return render(
        request, "settings/pipelines.html", {"form": form, "pipelines": rows, "section": "settings", "tab": "pipelines"}
    )


def _make_pipeline(request: Request, form: PipelineForm) -> Pipeline:
    return make_pipeline(request.member, request.member.workspace, form.cleaned_data["name"])


@require_GET
def more(request: Request) -> HttpResponse:
    """What the phone's bottom bar has no room for."""
    return render(request, "settings/more.html", {"section": "more"})
