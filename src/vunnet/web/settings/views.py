"""The workspace's settings: its name, its people, its custom fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, find_if_given
from vunnet.web.errors import says_why
from vunnet.web.settings.forms import FieldForm, InvitationForm, WorkspaceForm
from vunnet.workspaces import actions, inviting
from vunnet.workspaces.models import FieldDefinition, Invitation, Member, Role, Sees, Team


def back(request: Request, page: str, said: str = "", *which: object) -> HttpResponse:
    """To a page of the settings, which then says that it is done."""
    messages.success(request, said or _("Saved."))
    return redirect(page, request.member.workspace.slug, *which)


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
        return back(request, "settings", _("Saved."))
    return render(request, "settings/workspace.html", {"form": form, "section": "settings", "tab": "settings"})


@require_http_methods(["GET", "POST"])
@says_why
def members(request: Request) -> HttpResponse:
    """Who is here, who is invited; inviting someone shows the link once, to be sent by whatever way one likes."""
    if "withdraw" in request.POST:
        inviting.withdraw_invitation(find(request, Invitation, request.POST["withdraw"]), by=request.member)
        return back(request, "members", _("The invitation is withdrawn; its link leads nowhere now."))
    here = Member.objects.visible_to(request.member)
    seats, link = here.filter(user=None, is_active=True).order_by("name"), ""
    form = InvitationForm(seats, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: inviting.invite(request.member, **form.cleaned_data))
        if made:
            link = site.PUBLIC_URL + address_of("join", request.member.workspace_id, made[1])
            form = InvitationForm(seats)
    context: dict[str, Any] = {
        "form": form,
        "link": link,
        "members": here.select_related("user", "team").order_by("-is_active", "name"),
        "invitations": Invitation.objects.visible_to(request.member)
        .filter(accepted_at__isnull=True)
        .select_related("seat"),
        "roles": Role.choices,
        "sights": Sees.choices,
        "teams": Team.objects.visible_to(request.member).order_by("name"),
        "section": "settings",
        "tab": "members",
    }
    return render(request, "settings/members.html", context)


@require_POST
@says_why
def member(request: Request, member_id: int) -> HttpResponse:
    """Give a member another role, team or sight, or close their door."""
    row, given = find(request, Member, member_id), request.POST
    if given.get("do") == "deactivate":
        actions.deactivate(row, by=request.member)
    else:
        if row.user_id and given.get("role") != row.role:
            actions.change_role(row, given.get("role", ""), by=request.member)
        team = find_if_given(request, Team, given.get("team"))
        actions.place(row, by=request.member, team=team, sees=given.get("sees") or row.sees)
    return back(request, "members", _("Saved."))


@require_http_methods(["GET", "POST"])
@says_why
def fields(request: Request) -> HttpResponse:
    """Custom fields: add one, or save, move, archive the one a row names."""
    if "row" in request.POST:
        _do_with_field(request, find(request, FieldDefinition, request.POST["row"]))
        return back(request, "fields")
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "choices": form.cleaned_data["choices"].splitlines()}
        if form.try_to(lambda: actions.define_field(request.member, **given)):
            return back(request, "fields", _("Saved."))
    rows = FieldDefinition.objects.visible_to(request.member).order_by("is_archived", "position", "pk")
    groups = [(words, [row for row in rows if row.table == table]) for table, words in FieldDefinition.Table.choices]
    return render(
        request, "settings/fields.html", {"form": form, "groups": groups, "section": "settings", "tab": "fields"}
    )


def _do_with_field(request: Request, field: FieldDefinition) -> None:
    given, by = request.POST, request.member
    does: dict[str, Callable[[], object]] = {
        "save": lambda: actions.change_field(
            field, by=by, label=given.get("name", ""), choices=given.get("choices", "").splitlines()
        ),
        "up": lambda: actions.move_field(field, by=by, steps=-1),
        "down": lambda: actions.move_field(field, by=by, steps=1),
        "archive": lambda: actions.archive_field(field, by=by),
        "restore": lambda: actions.archive_field(field, by=by, is_archived=False),
    }
    if given.get("do") not in does:
        raise Http404
    does[given["do"]]()


@require_GET
def more(request: Request) -> HttpResponse:
    """What the phone's bottom bar has no room for."""
    return render(request, "settings/more.html", {"section": "more"})
