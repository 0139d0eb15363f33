"""Forms that every record has: what happened, what comes next, and one fact."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vunnet.activities.models import Activity
from vunnet.web.forms import VunnetForm
from vunnet.web.inputs import AmountField, DayField, StepDayField
from vunnet.workspaces.models import FieldDefinition


def company_input() -> forms.TextInput:
    """A company by its name: known ones are suggested while typing, a new name makes a new company."""
    return forms.TextInput(attrs={"list": "companies", "autocomplete": "off", "data-suggest": "companies"})


class LogForm(VunnetForm):
    """What happened, and what comes next, in one go."""

    kind = forms.ChoiceField(
        choices=[c for c in Activity.Kind.choices if c[0] not in (Activity.Kind.TASK, Activity.Kind.FILE)],
        widget=forms.HiddenInput,
        initial="note",
    )
    body = forms.CharField(
        label=_("What happened?"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=0, max_value=10_000)
    next_step = forms.CharField(label=_("Next step"), required=False, max_length=300)
    next_kind = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[c for c in Activity.Kind.choices if c[0] in ("task", "call", "meeting", "mail")],
    )
    due_on = StepDayField(label=_("When"), required=False)
    # The number an entry got on its device before it was first sent.
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)
    due_time = forms.TimeField(label=_("Time"), required=False, input_formats=["%H:%M", "%H.%M", "%H%M", "%H"])

    def clean(self) -> dict[str, Any]:
        """A time behind the day counts where no time is given by itself."""
        given = super().clean() or {}
        day, at = given.get("due_on") or (None, None)
        return given | {"due_on": day, "due_time": given.get("due_time") or at}


class EntryForm(VunnetForm):
    """What was written, to be mended."""

    subject = forms.CharField(label=_("Subject"), required=False, max_length=1000)
    body = forms.CharField(
        label=_("What happened?"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=0, max_value=10_000)


def custom_field(definition: FieldDefinition) -> forms.Field:
    """The input of a field the workspace defined."""
    choices = [("", ""), *((choice, choice) for choice in definition.choices)]
    if definition.kind == FieldDefinition.Kind.CHOICE:
        return forms.ChoiceField(label=definition.label, choices=choices)
    if definition.kind == FieldDefinition.Kind.YES_NO:
        return forms.ChoiceField(label=definition.label, choices=[("", ""), ("yes", _("Yes")), ("no", _("No"))])
    if definition.kind == FieldDefinition.Kind.DATE:
        return DayField(label=definition.label)
    if definition.kind == FieldDefinition.Kind.NUMBER:
        return AmountField(label=definition.label)
    return forms.CharField(label=definition.label, max_length=2000)


def one_field(field: forms.Field, data: Any, initial: Any, *, required: bool) -> VunnetForm:
    """A form of one value."""
    made: type[VunnetForm] = type("FactForm", (VunnetForm,), {"value": field})
    form = made(data, initial={"value": initial})
    form.fields["value"].required = required
    return form
