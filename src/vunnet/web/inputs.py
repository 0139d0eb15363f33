"""Inputs that understand how people write: amounts with thousands and suffixes, days as words, a company by its name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vunnet.lib.errors import RuleBroken
from vunnet.lib.money import read_amount

TODAY = {"today": 0, "i dag": 0, "idag": 0, "tomorrow": 1, "i morgen": 1, "imorgen": 1}
PATTERNS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d.%m.%y", "%d/%m/%y")
YEARLESS = ("%d.%m", "%d/%m", "%d.%m.")


class AmountField(forms.CharField):
    """An amount as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs
        )

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text, "," if get_language() == "nb" else ".")
        except (ValueError, ArithmeticError):
            raise forms.ValidationError(
                _("“%(text)s” is not an amount. Write it like 1 250 000 or 45k.") % {"text": text}
            ) from None


class DayField(forms.CharField):
    """A day in the calendar: 2026-12-24, 24.12.2026, 24/12, today, tomorrow."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}))
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> date | None:
        text = str(super().clean(value)).strip().lower()
        return read_day(text) if text else None


def read_day(text: str) -> date:
    """Raises ValidationError with the cure for what is no day."""
    today = timezone.localdate()
    if text in TODAY:
        return today + timedelta(days=TODAY[text])
    for pattern in PATTERNS:
        if day := _try(text, pattern):
            return day
    for pattern in YEARLESS:
        if day := _try(f"{text} {today.year}", f"{pattern} %Y"):
            return day if day >= today else day.replace(year=today.year + 1)
    raise forms.ValidationError(
        _("“%(text)s” is not a day in the calendar. Write it like 24.12.2026.") % {"text": text}
    )


def _try(text: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


def read_day_strictly(text: str) -> date:
    """A day as an address writes it. Raises RuleBroken for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleBroken(_("“%(value)s” is not a day; write it as 2026-12-31.") % {"value": text}) from None
