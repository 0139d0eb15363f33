"""What other currencies are worth: rates by day, said by hand, since no request leaves the host."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from vunnet.deals.models import Deal
from vunnet.web.accounts.forms import CURRENCIES
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import DayField
from vunnet.web.settings.views import back
from vunnet.workspaces.currencies import drop_rate, set_rate
from vunnet.workspaces.models import ExchangeRate


class RateField(forms.CharField):
    """What one is worth: a mark that stands alone is the decimal mark, whatever follows it; thousands of it are rare, three decimals are not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs
        )

    def clean(self, value: Any) -> Decimal:
        text = str(super().clean(value))
        bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
        if not re.fullmatch(r"\d+([.,]\d+)?", bare):
            raise forms.ValidationError(_("“%(text)s” is not a rate. Write it like 11.62.") % {"text": text})
        return Decimal(bare.replace(",", "."))


class RateForm(VunnetForm):
    """What one of a currency is worth, from a day on."""

    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3, widget=forms.TextInput(attrs={"list": "currencies", "autocomplete": "off"}))  # fmt: skip
    rate = RateField(label=_("One is worth"))
    on = DayField(label=_("From"))


@require_http_methods(["GET", "POST"])
@says_why
def currencies(request: Request) -> HttpResponse:
    """The rates, latest first in each currency, and those that deals need."""
    room = request.member.workspace
    form = RateForm(request.POST if request.POST.get("do") == "add" else None, initial={"on": timezone.localdate()})
    if request.method == "POST" and request.POST.get("do") == "drop":
        drop_rate(find(request, ExchangeRate, request.POST.get("row", "")), by=request.member)
        return back(request, "currencies")
    if request.method == "POST" and not form.is_bound:
        raise Http404
    if form.is_bound and form.is_valid() and form.try_to(lambda: set_rate(request.member, **form.cleaned_data)):
        return back(request, "currencies")
    rates = list(ExchangeRate.objects.visible_to(request.member).filter(base=room.base_currency))
    used = set(Deal.objects.visible_to(request.member).order_by().values_list("currency", flat=True).distinct())
    context = {
        "form": form,
        "rates": rates,
        "missing": sorted(used - {room.base_currency, ""} - {rate.currency for rate in rates}),
        "codes": CURRENCIES,
        "section": "settings",
        "tab": "currencies",
    }
    return render(request, "settings/currencies.html", context, status=422 if form.errors else 200)
