"""Saved views: keeping one, and what may be done with one."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vunnet.lib.errors import RuleBroken
from vunnet.lists import actions
from vunnet.lists.models import DefaultView, SavedView
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.lists.asked import Asked, ask

OWN = ("on",)


def _path(request: Request, table: str, on: str) -> str:
    name = "board" if on == "board" and table == "deals" else table
    return address_of(name, request.member.workspace.slug)


def _query(asked: Asked) -> str:
    return urlencode([*asked.selection.pairs(), *asked.board.items()])


@require_http_methods(["GET", "POST"])
@says_why
def save(request: Request, table: str) -> HttpResponse:
    """Ask for a name; keep what the address asks under it."""
    asked = ask(request, table, OWN)
    context: dict[str, Any] = {"section": table, "asked": asked, "audiences": SavedView.Audience.choices, "title": asked.table.noun}  # fmt: skip
    if request.method == "POST":
        try:
            view = actions.save_view(
                request.member,
                table=table,
                name=request.POST.get("name", ""),
                query=_query(asked),
                audience=request.POST.get("audience", SavedView.Audience.OWN),
            )
            if request.POST.get("default"):
                actions.choose_default(request.member, table, view)
            return _go(request, f"{_path(request, table, request.GET.get('on', ''))}?view={view.pk}")
        except RuleBroken as refusal:
            context |= {"refusal": refusal.message, "name": request.POST.get("name", "")}
    template = "lists/save_view.html" if request.htmx else "lists/save_view_page.html"
    return render(request, template, context, status=422 if "refusal" in context else 200)


@require_http_methods(["GET", "POST"])
@says_why
def view(request: Request, view_id: int) -> HttpResponse:
    """What may be done with a view: rename, share, update, open with it, delete."""
    row = find(request, SavedView, view_id)
    context: dict[str, Any] = {"section": row.table, "view": row, "audiences": SavedView.Audience.choices}
    context["is_default"] = DefaultView.objects.filter(member=request.member, table=row.table, view=row).exists()
    context["is_own"] = row.owner_id == request.member.pk or (request.member.may_administer and row.audience != "own")
    if request.method == "POST":
        try:
            return _go(request, _done(request, row))
        except RuleBroken as refusal:
            context["refusal"] = refusal.message
    template = "lists/view.html" if request.htmx else "lists/view_page.html"
    return render(request, template, context, status=422 if "refusal" in context else 200)


def _done(request: Request, row: SavedView) -> str:
    """Do what was asked; returns where to go."""
    by, do = request.member, request.POST.get("do", "")
    path = _path(request, row.table, request.POST.get("on", ""))
    if do == "delete":
        actions.delete_view(row, by=by)
        return path
    if do == "update":
        pairs = ask(request, row.table, pairs=_pairs(request.POST.get("query", "")))
        actions.update_view(row, _query(pairs), by=by)
    elif do == "change":
        if request.POST.get("name", row.name) != row.name:
            actions.rename_view(row, request.POST["name"], by=by)
        if request.POST.get("audience", row.audience) != row.audience:
            actions.share_view(row, request.POST["audience"], by=by)
    elif do in ("default", "no_default"):
        actions.choose_default(by, row.table, row if do == "default" else None)
    else:
        raise RuleBroken(_("Say what shall be done with the view."))
    return f"{path}?view={row.pk}"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query)


def _go(request: Request, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
