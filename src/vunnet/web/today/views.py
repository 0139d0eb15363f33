"""What one has to do: late, today and tomorrow, and the deals that would be forgotten."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from vunnet.lib.formats import present
from vunnet.web.asking import Request
from vunnet.web.deals.stays import stays
from vunnet.web.errors import says_why
from vunnet.web.today import agenda
from vunnet.web.today.beginnings import beginnings
from vunnet.web.today.lines import Lines


@require_GET
@says_why
def today(request: Request) -> HttpResponse:
    """One's own day. The same number of questions to the database however full it is."""
    now = timezone.localtime()
    parts = agenda.parts(request.member, now)
    forgotten, stale = agenda.asking(agenda.open_deals(request.member), stays(request).stale_after, now)
    lines = Lines(request, now)
    context: dict[str, Any] = {
        "section": "today",
        "today": now.date(),
        "week": present().week(now.date()),
        "parts": [(part, lines.steps(part.steps)) for part in parts],
        "beginnings": beginnings(request.member),
        "late": next((part.count for part in parts if part.name == "late"), 0),
        "due": next((part.count for part in parts if part.name == "today"), 0),
        "meeting": agenda.next_meeting(parts, now),
        "forgotten": forgotten,
        "stale": stale,
        "month": agenda.month(request.member, now),
    }
    return render(request, "today/today.html", context)
