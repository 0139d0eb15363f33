"""Forms about deals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vunnet.activities.models import Activity
from vunnet.deals.models import Kind, Product, Source, Stage
from vunnet.web.asking import Request
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import AmountField, DayField
from vunnet.workspaces.models import FieldDefinition, Member


def company_input() -> forms.TextInput:
    """A company by its name: known ones are suggested while typing, a new name makes a new company."""
    return forms.TextInput(attrs={"list": "companies", "autocomplete": "off", "data-suggest": "companies"})


class NewDealForm(VunnetForm):
    """A new deal asks for one thing; the rest can come when it is known."""

    name = forms.CharField(label=_("What is it about?"), max_length=300)
    company = forms.CharField(label=_("Company"), required=False, max_length=300, widget=company_input())
    amount = AmountField(label=_("Amount"), required=False)
    stage = forms.ModelChoiceField(Stage.objects.none(), label=_("Stage"), required=False, empty_label=None)
    expected_close_on = DayField(label=_("Expected close"), required=False)

    def __init__(self, request: Request, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        stages = Stage.objects.visible_to(request.member).filter(kind=Kind.OPEN, is_archived=False)
        self.fields["stage"].queryset = stages.order_by("pipeline__position", "position")  # type: ignore[attr-defined]


def fact_form(request: Request, name: str, data: Any = None, initial: Any = None) -> VunnetForm | None:
    """The form of one fact of a deal; None for a name that is not a fact."""
    field = _fact(request, name)
    if field is None:
        return None
    made: type[VunnetForm] = type("FactForm", (VunnetForm,), {"value": field})
    form = made(data, initial={"value": initial})
    form.fields["value"].required = name == "name"
    return form


def _fact(request: Request, name: str) -> forms.Field | None:
    by = request.member
    if name.startswith("x_"):
        return _custom(
            FieldDefinition.objects.visible_to(by).filter(table="deal", key=name[2:], is_archived=False).first()
        )
    facts: dict[str, Callable[[], forms.Field]] = {
        "name": lambda: forms.CharField(label=_("Name"), max_length=300),
        "amount": lambda: AmountField(label=_("Amount")),
        "expected_close_on": lambda: DayField(label=_("Expected close")),
        "company": lambda: forms.CharField(label=_("Company"), max_length=300, widget=company_input()),
        "owner": lambda: forms.ModelChoiceField(
            Member.objects.visible_to(by).filter(is_active=True).order_by("name"), label=_("Owner")
        ),
        "product": lambda: forms.ModelChoiceField(
            Product.objects.visible_to(by).filter(is_archived=False), label=_("Product")
        ),
        "origin": lambda: forms.ModelChoiceField(Source.objects.visible_to(by), label=_("Source")),
        "competitor": lambda: forms.CharField(label=_("Rival"), max_length=300),
    }
    return facts[name]() if name in facts else None


def _custom(definition: FieldDefinition | None) -> forms.Field | None:
    if definition is None:
        return None
    choices = [("", ""), *((choice, choice) for choice in definition.choices)]
    if definition.kind == FieldDefinition.Kind.CHOICE:
        return forms.ChoiceField(label=definition.label, choices=choices)
    if definition.kind == FieldDefinition.Kind.YES_NO:
        return forms.ChoiceField(label=definition.label, choices=[("", ""), ("yes", _("Yes")), ("no", _("No"))])
    if definition.kind == FieldDefinition.Kind.DATE:
        return DayField(label=definition.label)
    return forms.CharField(label=definition.label, max_length=2000)


class LogForm(VunnetForm):
    """What happened, and what comes next, in one go."""

    kind = forms.ChoiceField(
        choices=[c for c in Activity.Kind.choices if c[0] != Activity.Kind.TASK],
        widget=forms.HiddenInput,
        initial="note",
    )
    body = forms.CharField(
        label=_("What happened?"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    next_step = forms.CharField(label=_("Next step"), required=False, max_length=300)
    due_on = DayField(label=_("When"), required=False)


class PersonForm(VunnetForm):
    """Somebody on the customer's side."""

    name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.CharField(label=_("Role in this deal"), required=False, max_length=100)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50)


class LineForm(VunnetForm):
    """So much of a product."""

    product = forms.CharField(
        label=_("Product"), max_length=200, widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"})
    )
    quantity = AmountField(label=_("Quantity"), required=False)
    amount = AmountField(label=_("Amount"))
