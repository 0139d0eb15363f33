"""A board as a page draws it, and the parts of it that a change touched."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render

from vunnet.deals.models import Deal, StageChange
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.deals import board as shown
from vunnet.web.deals import record
from vunnet.web.deals.last_room import last_room
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.records.subject import find_subject


def laid_out(asked: Asked, pipeline: Any, only: tuple[int, ...] = ()) -> dict[str, Any]:
    """The board's columns (with the cards of all, or of `only` some), lanes where they are asked for, sums, and the last room."""
    by = asked.board.get("by")
    counts = shown_cards(asked.request)
    stages = shown.open_stages(pipeline)
    columns = shown.choice_columns(asked, pipeline) if by else shown.stage_columns(asked, stages, only, counts)
    return {
        "asked": asked,
        "pipeline": pipeline,
        "columns": columns,
        "lanes": shown.lanes(asked, columns, pipeline) if asked.board.get("lanes") else [],
        "by": by or "stage",
        "totals": shown.totals(columns),
        "room": None if by else last_room(asked, pipeline),
        "pipelines": shown.pipelines(asked),
    }


def moved(request: Request, deal: Deal, before: int, change: StageChange) -> HttpResponse:
    """After a move ten seconds to undo, and what it touched: parts of the deal's own page, so that nothing typed there is lost,
    or two columns of the board. Without a script, and from anywhere else, the deal's page."""
    slug = request.member.workspace.slug
    address, page = address_of("deal", slug, deal.pk), urlsplit(request.headers.get("HX-Current-URL", "")).path
    if not request.htmx:
        return redirect(address)
    if page == address:
        context = record.shown(request, find_subject(request, "deal", deal.pk)) | {"change": change}
        return render(request, "deals/moved_here.html", context)
    if page != address_of("board", slug):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    deal.refresh_from_db()
    context = {**touched(request, (before, change.to_stage_id)), "deal": deal, "change": change}
    return render(request, "deals/moved.html", context)


def touched(request: Request, stages: tuple[int, ...]) -> dict[str, Any]:
    """The board that the page shows, with the columns of some stages; all of it where it is laid out otherwise."""
    asked = ask(request, "deals", pairs=parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query))
    pipeline = shown.pipeline_of(asked)
    if pipeline is None:
        return {"columns": [], "asked": asked}
    context = laid_out(asked, pipeline, stages)
    whole = bool(asked.board)
    columns = [c for c in context["columns"] if c.stage and c.stage.pk in stages]
    return {**context, "whole": whole, "columns": context["columns"] if whole else columns}


def shown_cards(request: Request) -> dict[int, int]:
    """How many cards of a stage the page shows already: `12:70,13:20`; a fresh column shows as many."""
    pairs = [pair.partition(":") for pair in request.headers.get("X-Shown", "")[:500].split(",")]
    return {int(stage): int(count) for stage, _colon, count in pairs if stage.isdigit() and count.isdigit() and len(stage + count) < 22}  # fmt: skip
