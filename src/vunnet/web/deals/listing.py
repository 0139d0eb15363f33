"""The list of deals: filter, sort, search, page by page along a key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vunnet.deals.filters import DealFilter, Sort
from vunnet.deals.models import Deal
from vunnet.lib.errors import RuleBroken
from vunnet.lib.money import Money
from vunnet.web.asking import Request
from vunnet.web.deals import board, cards
from vunnet.web.deals.choices import list_sentence
from vunnet.web.errors import says_why

PAGE = 50
READ: dict[str, Callable[[str], Any]] = {"created_at": datetime.fromisoformat, "closed_at": datetime.fromisoformat, "stage_entered_at": datetime.fromisoformat,
        "expected_close_on": date.fromisoformat, "amount": Decimal, "name": str}  # fmt: skip


@require_GET
@says_why
def deals(request: Request) -> HttpResponse:
    """Deals as rows. The address holds filter, order and place, so Back and a pasted link restore the same page."""
    wanted = DealFilter.read(request.GET, also=("sort", "after"))
    sort = Sort.read(request.GET.get("sort", ""))
    found = wanted.apply(Deal.objects.visible_to(request.member), request.member, request.member.workspace.zone)
    rows = _page(found, sort, request.GET.get("after", ""))
    context = {
        "section": "deals",
        "cards": cards.cards_of(rows[:PAGE], board.stays(request).stale_after),
        "wanted": wanted,
        "sort": sort,
        "next": cursor(sort, rows[PAGE - 1]) if len(rows) > PAGE else "",
    }
    if request.htmx and request.GET.get("after"):
        return render(request, "deals/rows.html", context)
    on_board = wanted.without("state", "stage").query_string
    context |= {
        "sentence": list_sentence(request, wanted, request.GET.get("sort", "")),
        "states": _states(),
        "totals": _totals(found),
        "queries": {"board": on_board, "list": wanted.query_string},
    }
    is_new = not rows and wanted.is_everything and not Deal.objects.visible_to(request.member).exists()
    return render(request, "deals/empty.html" if is_new else "deals/list.html", context)


def _page(found: QuerySet[Any], sort: Sort, after: str) -> list[Deal]:
    """One row more than a page. First which, along an index; then all of those few: names joined before the cut cost most of the time."""
    numbers = list(_behind(found, sort, after).order_by(*sort.order()).values_list("pk", flat=True)[: PAGE + 1])
    rows = {deal.pk: deal for deal in Deal.objects.filter(pk__in=numbers).with_names()}
    return [rows[number] for number in numbers]


def _states() -> list[tuple[str, str]]:
    return [
        ("open", _("Open")),
        ("won", _("Won")),
        ("lost", _("Lost")),
        ("cancelled", _("Cancelled")),
        ("all", _("All")),
    ]


def _totals(found: QuerySet[Any]) -> board.Totals:
    rows = list(found.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount")))
    return board.Totals(
        sum(row["n"] for row in rows), [Money(row["total"], row["currency"]) for row in rows if row["total"]], []
    )


def cursor(sort: Sort, deal: Deal) -> str:
    """Where a page ended: the sort value and number of its last row, opaque in an address."""
    value = getattr(deal, sort.column)
    text = None if value is None else value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    return base64.urlsafe_b64encode(json.dumps([text, deal.pk]).encode()).decode().rstrip("=")


def _behind(found: QuerySet[Any], sort: Sort, text: str) -> Any:
    if not text:
        return found
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        typed = None if value is None else READ[sort.column](value)
        return found.filter(sort.after(typed, int(pk)))
    except (ValueError, TypeError, ArithmeticError):
        raise RuleBroken(_("This place in the list is not known. Start at its beginning.")) from None
