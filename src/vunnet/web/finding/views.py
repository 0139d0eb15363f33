"""Search as a page, and the palette over every page: the same groups, drawn the same."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vunnet.web.asking import Request
from vunnet.web.finding.groups import Group, found, offered, seen_lately

PLACE = re.compile(r"(deal|company|person):([1-9]\d{0,17})")


def _words(request: Request) -> str:
    return request.GET.get("q", "").replace("\0", "")[:200]


def _places(text: str) -> list[tuple[str, int]]:
    """`deal:12,person:3`; what is not written so names nothing."""
    matched = (PLACE.fullmatch(part) for part in text.split(",")[:20])
    return [(place[1], int(place[2])) for place in matched if place]


@require_GET
def search(request: Request) -> HttpResponse:
    """Deals, companies and people by any of their words."""
    words = _words(request)
    groups = found(request.member, words) if words.strip() else []
    template = "finding/found.html" if request.htmx else "finding/search.html"
    return render(request, template, {"section": "search", "q": words, "groups": groups})


@require_GET
def palette(request: Request) -> HttpResponse:
    """Rows by their words, else those seen lately; then what can be done here, and where one can go."""
    words, by = _words(request), request.member
    on = _places(request.GET.get("on", ""))[:1]
    rows = found(by, words) if words.strip() else [seen_lately(by, _places(request.GET.get("recent", "")))]
    groups: list[Group] = [group for group in rows if group.items]
    groups += offered(request, words, on[0] if on else None)
    return render(request, "finding/found.html", {"q": words, "groups": groups, "is_palette": True})
