"""Forms of setting up and joining."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from vunnet.web.forms import VunnetForm
from vunnet.workspaces.models import User

ZONES = [
    "Europe/Oslo", "Europe/Stockholm", "Europe/Copenhagen", "Europe/Helsinki", "Europe/London", "Europe/Berlin", "Europe/Paris",
    "Europe/Madrid", "America/New_York", "America/Chicago", "America/Los_Angeles", "Asia/Singapore", "Australia/Sydney", "UTC",
]  # fmt: skip
CURRENCIES = ["NOK", "EUR", "SEK", "DKK", "GBP", "USD", "CHF", "AUD", "CAD"]


def zones(present: str = "") -> list[tuple[str, str]]:
    names = ZONES if not present or present in ZONES else [present, *ZONES]
    return [(name, name.replace("_", " ")) for name in names]


class PasswordForm(VunnetForm):
    """A name and a new password that is hard to guess."""

    is_begun = True
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters. A sentence is fine."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            validate_password(given.get("password", ""), User(name=given.get("name", ""), email=given.get("email", "")))
        except forms.ValidationError as weak:
            self.add_error("password", weak)
        return given


class SetUpForm(PasswordForm):
    """The first owner and their workspace."""

    field_order = ("workspace", "name", "email", "language", "currency", "time_zone", "password")
    workspace = forms.CharField(
        label=_("What is the company called?"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("nb", "Norsk bokmål")])
    currency = forms.ChoiceField(label=_("Money"), choices=[(code, code) for code in CURRENCIES])
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)


def every_zone() -> list[tuple[str, str]]:
    """All zones by their place, the usual ones first."""
    others = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [*zones(), *((name, name.replace("_", " ")) for name in others if name not in ZONES)]


class ProfileForm(VunnetForm):
    """A person's own name, language, time zone and formats."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the workspace")), ("en", "English"), ("nb", "Norsk bokmål")],
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=lambda: [("", _("As the workspace")), *every_zone()]
    )
    number_format = forms.ChoiceField(
        label=_("Numbers"),
        required=False,
        choices=[
            ("", _("As the language")),
            ("space_comma", "1\u202f234,50"),
            ("space_point", "1\u202f234.50"),
            ("point_comma", "1.234,50"),
            ("comma_point", "1,234.50"),
        ],
    )
    currency_format = forms.ChoiceField(
        label=_("Currency"),
        required=False,
        choices=[("", _("By its sign: 1 234 kr")), ("code", _("By its code: 1 234 NOK"))],
    )
    day_format = forms.ChoiceField(
        label=_("Days"),
        required=False,
        choices=[
            ("", _("In words: 24 Dec")),
            ("dmy_dots", "24.12.2026"),
            ("dmy_slashes", "24/12/2026"),
            ("mdy_slashes", "12/24/2026"),
            ("iso", "2026-12-24"),
        ],
    )
    first_day = forms.ChoiceField(
        label=_("Weeks begin on"),
        required=False,
        choices=[("", _("Monday")), ("saturday", _("Saturday")), ("sunday", _("Sunday"))],
    )
