"""What one has to do: late, today and tomorrow, and the deals that would be forgotten."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from vunnet.lib.formats import present
from vunnet.web.asking import Request
from vunnet.web.deals.stays import stays
from vunnet.web.errors import says_why
from vunnet.web.today import agenda
from vunnet.web.today.beginnings import beginnings


@require_GET
@says_why
def today(request: Request) -> HttpResponse:
    """One's own day. The same number of questions to the database however full it is."""
    now = timezone.localtime()
    parts, deals = agenda.parts(request.member, now), agenda.open_deals(request.member)
    context: dict[str, Any] = {
        "section": "today",
        "today": now.date(),
        "week": present().week(now.date()),
        "parts": parts,
        "beginnings": beginnings(request.member),
        "late": next((part.count for part in parts if part.name == "late"), 0),
        "due": next((part.count for part in parts if part.name == "today"), 0),
        "meeting": agenda.next_meeting(parts, now),
        "forgotten": agenda.without_step(deals),
        "stale": agenda.going_stale(deals, stays(request).stale_after, now),
        # The same in each step's menu: drawn once.
        "snooze": render_to_string("today/snooze.html", request=request),
        "month": agenda.month(request.member, deals, now),
    }
    return render(request, "today/today.html", context)
