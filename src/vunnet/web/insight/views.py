"""Insight: what the won deals teach. One question, asked of analysis through reports, drawn by charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from vunnet.charts import Language, words
from vunnet.reports import asking
from vunnet.reports.answers import NotRecorded, Report
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.insight import asked as asking_for
from vunnet.web.insight.figures import Shown, Whisker, figures
from vunnet.web.insight.links import DealLinks

BY = ("owner", "team", "product", "source")


@dataclass(frozen=True)
class Drawn:
    """Everything the page shows of one answer in one language."""

    report: Report
    parts: dict[str, list[Shown]]
    sentences: dict[str, str]


@require_GET
@says_why
def insight(request: Request) -> HttpResponse:
    """The page. Its address holds the whole question."""
    asked = asking_for.read(request)
    drawn = _drawn(request, asked)
    context = {
        "section": "insight",
        "asked": asked,
        "conditions": asking_for.sentence(asked),
        "report": drawn.report,
        "parts": drawn.parts,
        "sentences": drawn.sentences,
        "won": _won_tile(drawn.report),
        "rate": Whisker(drawn.report.win_rate.by_count),
        "within": _within_tile(drawn.report),
        "all_closed": _links(request, asked, drawn.report)({"outcome": "closed"}),
        "all_won": _links(request, asked, drawn.report)({"outcome": "won"}),
    }
    return render(request, "insight/insight.html", context)


def _links(request: Request, asked: asking_for.Asked, report: Report) -> DealLinks:
    path = reverse("deals", args=[request.member.workspace.slug])
    return DealLinks(path, asked, request.member.workspace_id, report.won.size_edges)


def _drawn(request: Request, asked: asking_for.Asked) -> Drawn:
    room = request.member.workspace_id
    by = (*BY, *asking_for.attributes(request))
    report = asking.ask(room, asked.question, asked.split, by)
    language = Language("nb" if request.LANGUAGE_CODE == "nb" else "en")
    # The report is the same object until the data change, so its identity is part of the key.
    return asking.keep(
        ("drawn", id(report), room, language.code, request.get_full_path()),
        lambda: _draw(request, asked, report, language),
    )


def _draw(request: Request, asked: asking_for.Asked, report: Report, language: Language) -> Drawn:
    within = report.within_days
    sentences = {
        "rate": words.win_rate_sentence(report.win_rate, language),
        "within": language.why(within) if isinstance(within, NotRecorded) else words.within_sentence(within, language),
    }
    return Drawn(report, figures(report, language, _links(request, asked, report)), sentences)


def _within_tile(report: Report) -> dict[str, Any] | None:
    found = report.within_days
    if isinstance(found, NotRecorded):
        return None
    share = None if isinstance(found.won_within, NotRecorded) else found.won_within
    return {
        "share": share,
        "opened": found.opened,
        "cut": found.cut,
        "early": Whisker(found.closed_within),
        "later": Whisker(found.closed_later),
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
        "why_not": None if told else str(found.value),
    }
