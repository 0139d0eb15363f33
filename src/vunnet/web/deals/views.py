"""The board, and moving deals on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.deals.actions import move_deal, reopen_deal, undo_move
from vunnet.deals.gates import GateClosed
from vunnet.deals.models import Deal, Stage, StageChange
from vunnet.web.asking import Request, find, number
from vunnet.web.deals import board as shown
from vunnet.web.deals import live
from vunnet.web.deals.drawing import laid_out, moved
from vunnet.web.errors import says_why
from vunnet.web.lists.asked import Asked, ask, may_be_columns
from vunnet.web.lists.listing import frame


@require_GET
@says_why
def board(request: Request) -> HttpResponse:
    """The pipeline as rooms: open stages narrow to the last one, won. Or by another choice, or in lanes by owner."""
    asked = ask(request, "deals")
    pipeline = shown.pipeline_of(asked)
    if pipeline is None:
        return render(request, "deals/no_pipeline.html", {"section": "deals"})
    context = {"section": "deals", "table": asked.table, "view": "board", **frame(asked), **laid_out(asked, pipeline)}
    context |= {"position": live.position(), "layouts": _layouts(asked), "lane_address": _lane_address(asked)}
    new = not context["totals"].count and asked.selection.is_everything and not asked.rows.exists()
    return render(request, "deals/empty.html" if new else "deals/board.html", context)


def _layouts(asked: Asked) -> list[tuple[str, str, bool]]:
    """What the columns may be: words, address, whether they are."""
    fields = [f for f in asked.fields.by_name.values() if may_be_columns(f) and not f.is_archived]
    present = asked.board.get("by", "stage")
    path = asked.request.path
    return [
        (str(f.label), asked.address(path=path, by="" if f.name == "stage" else f.name), f.name == present)
        for f in fields
    ]


def _lane_address(asked: Asked) -> str:
    return asked.address(path=asked.request.path, lanes="" if asked.board.get("lanes") else "owner")


@require_GET
@says_why
def more(request: Request, stage_id: int) -> HttpResponse:
    """The next cards of one stage."""
    stage = find(request, Stage, stage_id)
    return _more(request, shown.Column(str(stage.pk), stage.name, stage))


@require_GET
@says_why
def more_by(request: Request) -> HttpResponse:
    """The next cards of a column that is no stage."""
    return _more(request, shown.Column(request.GET.get("place", "")[:200], ""), ("place",))


def _more(request: Request, column: shown.Column, also: tuple[str, ...] = ()) -> HttpResponse:
    asked = ask(request, "deals", also)
    if column.stage is None and "by" not in asked.board:
        return redirect("board", request.member.workspace.slug)
    cards, column.after = shown.more_cards(asked, column, asked.after)
    return render(request, "deals/more_cards.html", {"cards": cards, "column": column, "asked": asked})


@require_http_methods(["GET", "POST"])
@says_why
def move(request: Request, deal_id: int) -> HttpResponse:
    """Where a deal may go (a menu, or a page), and its going there."""
    deal = find(request, Deal, deal_id)
    if request.method == "GET":
        stages = Stage.objects.filter(pipeline=deal.pipeline_id, is_archived=False)
        context: dict[str, Any] = {"deal": deal, "stages": stages, "link": _last_link(deal), "section": "deals"}
        return render(request, "deals/move_menu.html" if request.htmx else "deals/move.html", context)
    before = deal.stage_id
    seen = request.POST.get("link")
    to = find(request, Stage, request.POST.get("to"))
    try:
        change = move_deal(deal, to, by=request.member, seen_link=number(seen) if seen else None)
    except GateClosed:
        return live.ask_at_gate(request, deal, to)
    return moved(request, deal, before, change)


@require_POST
@says_why
def undo(request: Request, deal_id: int) -> HttpResponse:
    """Take back one's last move."""
    deal = find(request, Deal, deal_id)
    before = deal.stage_id
    change = undo_move(deal, by=request.member, link=number(request.POST.get("link")))
    return moved(request, deal, before, change)


@require_POST
@says_why
def reopen(request: Request, deal_id: int) -> HttpResponse:
    """Bring a closed deal back to where it was."""
    deal = find(request, Deal, deal_id)
    before = deal.stage_id
    change = reopen_deal(deal, by=request.member)
    return moved(request, deal, before, change)


def _last_link(deal: Deal) -> int:
    return int(StageChange.objects.filter(deal=deal).latest("link").link)
