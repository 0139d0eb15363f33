"""Insight: what the won deals teach. One question, asked of analysis through reports, drawn by charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vunnet.charts import Language, words
from vunnet.deals.models import Deal
from vunnet.lib import rates
from vunnet.reports import annotating, asking, latest, reader
from vunnet.reports.answers import NotRecorded, Report
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.insight import asked as asking_for
from vunnet.web.insight import files
from vunnet.web.insight.annotating import listed
from vunnet.web.insight.figures import Drawing, Shown, Whisker
from vunnet.web.insight.links import DealLinks
from vunnet.web.insight.rooms import ROOMS, Room

BY = ("owner", "team", "product", "source", "customer")


@dataclass(frozen=True)
class Drawn:
    """Everything a room shows of one answer in one language. `source`: the answer as it was found, without annotations."""

    source: Report
    report: Report
    figures: list[Shown]
    sentences: dict[str, str]
    tiles: Mapping[str, Shown]

    def figure(self, key: str) -> Shown | None:
        """What hangs in the room under this name."""
        return next((one for one in (*self.tiles.values(), *self.figures) if one.key == key), None)


@require_GET
@says_why
def insight(request: Request, room: str) -> HttpResponse:
    """A room of Insight. Its address holds the whole question."""
    here = _room(room)
    asked = asking_for.read(request)
    found = _found(request, asked, here, _patience(request))
    if found.before and not asked.other:
        # The days of the answer that is shown: of yesterday, where it was last asked for then.
        asked = replace(asked, question=found.report.question)
    drawn = _drawn(request, asked, here, found.report)
    if drawn.report.counts.deals == 0 and not asked.values:
        return render(request, "insight/empty.html", {"section": "insight"})
    context = {
        "section": "insight",
        "room": here,
        "rooms": ROOMS.values(),
        "query": request.GET.urlencode(),
        **files.offered(),
        "asked": asked,
        "before": found.before,
        "conditions": asking_for.sentence(asked, request.member, here.parts),
        "report": drawn.report,
        "rates": _converted(request),
        "figures": drawn.figures,
        "sentences": drawn.sentences,
        "tiles": drawn.tiles,
        "annotations": listed(request.member) if here.is_annotated else [],
        **_heads(drawn.report, _links(request, asked, drawn.report)),
    }
    return render(request, "insight/insight.html", context)


@require_GET
@says_why
def export(request: Request, room: str, key: str, kind: str) -> HttpResponse:
    """One figure of a room as a file: its picture, its table, or its numbers."""
    asked = asking_for.read(request)
    here = _room(room)
    drawn = _drawn(request, asked, here, _found(request, asked, here, None).report)
    found = drawn.figure(key)
    figure = found.figure if found else None
    if found is None or figure is None or kind not in files.KINDS or (kind in files.PICTURES and not found.wide):
        raise Http404
    return files.answer(figure, f"{key}-{asked.question.as_of}", kind, drawn.report)


def _room(name: str) -> Room:
    if name not in ROOMS:
        raise Http404
    return ROOMS[name]


def _heads(report: Report, links: DealLinks) -> dict[str, object]:
    """The numbers over every room, and where their deals stand."""
    return {
        "won": _won_tile(report),
        "rate": Whisker(report.win_rate.by_count),
        "within": _within_tile(report, links),
        "all_closed": links({"outcome": "closed"}),
        "all_won": links({"outcome": "won"}),
    }


def _links(request: Request, asked: asking_for.Asked, report: Report) -> DealLinks:
    path = address_of("deals", request.member.workspace.slug)
    return DealLinks(
        path,
        asked,
        request.member.workspace_id,
        report.won.size_edges,
        is_converted=bool(_converted(request).of),
    )


def _converted(request: Request) -> rates.Rates:
    """The rates by which amounts were converted: none where no deal is in such a currency."""
    present = rates.present()
    rows = Deal.objects.filter(workspace_id=request.member.workspace_id, currency__in=list(present.of))
    return present if present.of and rows.exists() else rates.Rates()


def _patience(request: Request) -> float | None:
    """A page is shown soon; once it stands, it asks again for the newer numbers and has time."""
    return (
        None if latest.PATIENCE is None else 1.0 if request.headers.get("HX-Target") == "insight" else latest.PATIENCE
    )


def _found(request: Request, asked: asking_for.Asked, room: Room, patience: float | None) -> latest.Found:
    by = (*BY, *asking_for.attributes(request))
    page = (room.name, request.GET.urlencode())
    one = latest.Asking(request.member.workspace_id, page, asked.question, asked.split, by, room.parts)
    return latest.find(one, patience)


def _drawn(request: Request, asked: asking_for.Asked, room: Room, report: Report) -> Drawn:
    language = reader.language()
    said = annotating.of(request.member) if room.is_annotated else ()
    # The report is the same object until the data change, so its identity is the version; it is kept with what was drawn.
    return asking.keep(
        (
            "drawn",
            request.member.workspace_id,
            request.member.sees_all,
            language,
            room.name,
            request.GET.urlencode(),
        ),
        (id(report), said),
        lambda: _draw(request, asked, report, annotating.annotated(report, said), language, room),
    )


def _draw(
    request: Request, asked: asking_for.Asked, source: Report, report: Report, language: Language, room: Room
) -> Drawn:
    within = report.within_days
    sentences = {
        "records": words.records_sentence(report, language),
        "within": language.why(within) if isinstance(within, NotRecorded) else words.within_sentence(within, language),
    }
    other = _links(request, asked.other, report) if asked.other else None
    drawing = Drawing(report, language, _links(request, asked, report), other)
    return Drawn(source, report, room.draw(drawing), sentences, room.tiles(drawing))


def _within_tile(report: Report, links: DealLinks) -> dict[str, Any] | None:
    found = report.within_days
    if isinstance(found, NotRecorded):
        return None
    share = None if isinstance(found.told, NotRecorded) else found.told
    period = report.question.closed_in
    days = {"closed_from": period.first, "closed_to": period.last} if period else {}
    closed = {"outcome": "closed"} | {name: str(day) for name, day in days.items() if day}
    cut = str(found.cut)
    return {
        "share": share,
        "why_not": reader.language().why_sentence(found.told) if isinstance(found.told, NotRecorded) else "",
        "opened": found.opened,
        "cut": found.cut,
        "early": Whisker(found.closed_within, links(closed | {"closed_within": cut})),
        "later": Whisker(found.closed_later, links(closed | {"closed_later": cut})),
    }


def _won_tile(report: Report) -> dict[str, Any]:
    """Value and median where amounts can be added, else why not."""
    found = report.won
    told = not isinstance(found.value, NotRecorded)
    return {
        "count": found.count,
        "value": found.value if told else None,
        "median": found.median if told else None,
        "currency": found.currency,
        "why_not": reader.language().why(found.value) if isinstance(found.value, NotRecorded) else None,
    }
