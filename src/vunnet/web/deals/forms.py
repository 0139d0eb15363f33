"""Forms about deals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vunnet.deals.models import Kind, Stage
from vunnet.web.asking import Request
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import AmountField, DayField, MoneyField
from vunnet.web.records.forms import company_input


class NewDealForm(VunnetForm):
    """A new deal asks for one thing; the rest can come when it is known."""

    is_begun = True
    name = forms.CharField(label=_("What is it about?"), max_length=300)
    company = forms.CharField(label=_("Company"), required=False, max_length=300, widget=company_input())
    amount = MoneyField(may_change=True, label=_("Amount"), required=False)
    stage = forms.ModelChoiceField(Stage.objects.none(), label=_("Stage"), required=False, empty_label=None)
    expected_close_on = DayField(label=_("Expected close"), required=False)

    def __init__(self, request: Request, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        stages = Stage.objects.visible_to(request.member).filter(kind=Kind.OPEN, is_archived=False)
        self.fields["stage"].queryset = stages.order_by("pipeline__position", "position")  # type: ignore[attr-defined]


class PersonForm(VunnetForm):
    """Somebody on the customer's side."""

    is_begun = True
    name = forms.CharField(
        label=_("Name"),
        max_length=500,
        widget=forms.TextInput(attrs={"list": "deal-people", "autocomplete": "off", "data-suggest": "deal-people"}),
    )
    role = forms.CharField(label=_("Role in this deal"), required=False, max_length=100)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50)


class LineForm(VunnetForm):
    """So much of a product."""

    is_begun = True
    product = forms.CharField(
        label=_("Product"), max_length=200, widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"})
    )
    quantity = AmountField(label=_("Quantity"), required=False)
    amount = MoneyField(label=_("Amount"))

    def __init__(self, currency: str, data: Any = None) -> None:
        super().__init__(data)
        self.fields["amount"].own = currency  # type: ignore[attr-defined]
