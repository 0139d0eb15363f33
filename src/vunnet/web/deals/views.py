"""The board, and moving deals on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.deals.actions import move_deal, reopen_deal, undo_move
from vunnet.deals.filters import DealFilter
from vunnet.deals.models import Deal, Stage, StageChange
from vunnet.web.asking import Request, find, number
from vunnet.web.deals import board as shown
from vunnet.web.deals.choices import board_sentence, board_views
from vunnet.web.errors import says_why

ALSO = ("after",)


@require_GET
@says_why
def board(request: Request) -> HttpResponse:
    """The pipeline as rooms: open stages narrow to the last one, won."""
    wanted = DealFilter.read(request.GET).without("state", "stage")
    pipeline = shown.pipeline_of(request, wanted)
    if pipeline is None:
        return render(request, "deals/no_pipeline.html", {"section": "deals"})
    columns = shown.columns(request, pipeline, wanted, shown.stays(request).stale_after)
    context: dict[str, Any] = {
        "section": "deals",
        "pipeline": pipeline,
        "columns": columns,
        "room": shown.last_room(request, pipeline, wanted),
        "wanted": wanted,
        "views": board_views(request, wanted),
        "sentence": board_sentence(request, wanted, pipeline),
        "totals": shown.totals(columns),
        "queries": {"board": wanted.query_string, "list": wanted.query_string},
    }
    is_new = (
        not context["totals"].count and wanted.is_everything and not Deal.objects.visible_to(request.member).exists()
    )
    return render(request, "deals/empty.html" if is_new else "deals/board.html", context)


@require_GET
@says_why
def more(request: Request, stage_id: int) -> HttpResponse:
    """The next cards of one column."""
    wanted = DealFilter.read(request.GET, also=ALSO)
    stage = find(request, Stage, stage_id)
    after = find(request, Deal, request.GET.get("after"))
    cards, has_more = shown.more_cards(request, stage, wanted, shown.stays(request).stale_after, after)
    return render(
        request, "deals/more_cards.html", {"cards": cards, "stage": stage, "has_more": has_more, "wanted": wanted}
    )


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
    change = move_deal(
        deal, find(request, Stage, request.POST.get("to")), by=request.member, seen_link=number(seen) if seen else None
    )
    return moved(request, deal, before, change)


def moved(request: Request, deal: Deal, before: int, change: StageChange) -> HttpResponse:
    """After a move: the two columns it touched and ten seconds to undo; without a script, the page one came from."""
    if not request.htmx:
        return redirect("deal", request.member.workspace.slug, deal.pk)
    if request.POST.get("on") != "board":
        return HttpResponse(
            status=204, headers={"HX-Redirect": reverse("deal", args=[request.member.workspace.slug, deal.pk])}
        )
    deal.refresh_from_db()
    return render(
        request, "deals/moved.html", {**_columns(request, deal, before, change), "deal": deal, "change": change}
    )


def _columns(request: Request, deal: Deal, before: int, change: StageChange) -> dict[str, Any]:
    wanted = DealFilter.read(_board_query(request)).without("state", "stage")
    pipeline = shown.pipeline_of(request, wanted) or deal.pipeline
    touched = (before, change.to_stage_id)
    columns = shown.columns(request, pipeline, wanted, shown.stays(request).stale_after, only=touched)
    return {
        "columns": [column for column in columns if column.stage.pk in touched],
        "totals": shown.totals(columns),
        "room": shown.last_room(request, pipeline, wanted),
        "pipeline": pipeline,
        "wanted": wanted,
    }


def _board_query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query))


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
    reopen_deal(deal, by=request.member)
    return redirect("deal", request.member.workspace.slug, deal.pk)


def _last_link(deal: Deal) -> int:
    return int(StageChange.objects.filter(deal=deal).latest("link").link)
