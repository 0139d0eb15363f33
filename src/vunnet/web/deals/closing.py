"""Won, lost, cancelled: the dialog that asks for a reason, and the closing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.deals.actions import cancel_deal, lose_deal, win_deal
from vunnet.deals.closing import asked
from vunnet.deals.models import Deal, Product, Reason, StageChange
from vunnet.lib.periods import month_of
from vunnet.web.asking import Request, find, find_if_given, number
from vunnet.web.deals.drawing import moved
from vunnet.web.errors import says_why
from vunnet.web.forms import VunnetForm

ACTS = {"won": win_deal, "lost": lose_deal, "cancelled": cancel_deal}


class ClosingForm(VunnetForm):
    """Why a deal closed as it did."""

    reason = forms.CharField(required=False)
    competitor = forms.CharField(label=_("Competitor"), required=False, max_length=200)
    note = forms.CharField(
        label=_("In their words"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    product = forms.CharField(required=False)
    link = forms.IntegerField(required=False, widget=forms.HiddenInput)


@says_why
def close(request: Request, deal_id: int, kind: str) -> HttpResponse:
    """Ask why (GET), then close (POST). A refusal stands in the dialog with what was typed."""
    if kind not in ACTS:
        raise Http404
    deal = find(request, Deal, deal_id)
    form = ClosingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        before = deal.stage_id
        change = form.try_to(lambda: _close(request, deal, kind, form))
        if change:
            return moved(request, deal, before, change)
    template = "deals/close_dialog.html" if request.htmx else "deals/close.html"
    return render(request, template, _context(request, deal, kind, form), status=422 if form.errors else 200)


def _close(request: Request, deal: Deal, kind: str, form: ClosingForm) -> StageChange:
    given = form.cleaned_data
    link = given["link"] and number(given["link"])
    reason = find_if_given(request, Reason, given["reason"])
    product = find_if_given(request, Product, given["product"])
    return ACTS[kind](
        deal,
        by=request.member,
        reason=reason,
        note=given["note"],
        competitor=given["competitor"],
        product=product,
        seen_link=link,
    )


def _context(request: Request, deal: Deal, kind: str, form: ClosingForm) -> dict[str, Any]:
    start, end = month_of(timezone.localdate()).moments(request.member.workspace.zone)
    this_month = Count("deals", filter=Q(deals__closed_at__gte=start, deals__closed_at__lt=end))
    reasons = (
        Reason.objects.visible_to(request.member).filter(kind=kind, is_archived=False).annotate(this_month=this_month)
    )
    return {
        "deal": deal,
        "kind": kind,
        "form": form,
        "reasons": reasons,
        "asked": asked(deal.pipeline, kind),
        "products": Product.objects.visible_to(request.member).filter(is_archived=False),
        "link": StageChange.objects.filter(deal=deal).latest("link").link,
        "section": "deals",
    }
