"""Forms of the settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vunnet.web.accounts.forms import CURRENCIES, zones
from vunnet.web.forms import VunnetForm
from vunnet.workspaces.models import FieldDefinition, Member, Role


class WorkspaceForm(VunnetForm):
    """What the workspace is called and how it counts days and money."""

    name = forms.CharField(label=_("Name"), max_length=200)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("nb", "Norsk bokmål")])
    currency = forms.ChoiceField(label=_("Money"), choices=[(code, code) for code in CURRENCIES])


class InvitationForm(VunnetForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.REP)
    seat = forms.ModelChoiceField(
        label=_("Is here already as"),
        help_text=_("Deals, steps and shares of that name become theirs."),
        queryset=Member.objects.none(),
        required=False,
        empty_label=_("Nobody yet"),
    )

    def __init__(self, seats: QuerySet[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seat = self.fields["seat"]
        if isinstance(seat, forms.ModelChoiceField) and seats.exists():
            seat.queryset = seats
        else:
            del self.fields["seat"]


class FieldForm(VunnetForm):
    """A custom field."""

    table = forms.ChoiceField(label=_("On"), choices=FieldDefinition.Table.choices)
    label = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=FieldDefinition.Kind.choices)
    choices = forms.CharField(
        label=_("Answers to choose"),
        required=False,
        help_text=_("One a line; only for a choice."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PipelineForm(VunnetForm):
    """A new pipeline."""

    name = forms.CharField(label=_("Name"), max_length=200)
