"""Inputs that understand how people write: amounts with thousands and suffixes, days as words, a company by its name."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vunnet.lib import days, rates
from vunnet.lib.errors import RuleBroken
from vunnet.lib.formats import present
from vunnet.lib.money import CENT, currencies_meant, read_amount, read_money
from vunnet.web.templatetags.days import drawn


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
            return read_amount(text, present().decimal_mark)
        except (ValueError, ArithmeticError):
            raise forms.ValidationError(
                _("“%(text)s” is not an amount. Write it like 1 250 000, 45k or 2m.") % {"text": text}
            ) from None


class MoneyField(AmountField):
    """An amount of money in `own` currency (empty: the workspace's); None: of rows that each have their own.

    Another currency may be written with it where `may_change`; `currency` holds it then, else it is empty.
    """

    currency = ""

    def __init__(self, own: str | None = "", may_change: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.own, self.may_change = own, may_change

    def clean(self, value: Any) -> Decimal | None:
        self.currency = ""
        try:
            amount, sign = read_money(value or "", present().decimal_mark)
        except (ValueError, ArithmeticError):
            return super().clean(value)
        forms.CharField.clean(self, value)
        if amount != amount.quantize(CENT):
            raise forms.ValidationError(
                _("“%(text)s” has more than two decimals. Thousands are written without a mark, like 1234.")
                % {"text": value.strip()}
            )
        if sign:
            self.currency = self._meant(sign)
        return amount

    def _meant(self, sign: str) -> str:
        """The currency to change to; empty where it is the one that is there already."""
        here = rates.present()
        if self.own is None:
            raise forms.ValidationError(_("Write the amount without a currency: each deal keeps its own."))
        own = self.own or here.base
        meant = currencies_meant(sign, own, here.known)
        if not meant:
            raise forms.ValidationError(
                _("%(sign)s is no currency of this workspace. An owner or admin adds it under Settings, Currencies.")
                % {"sign": sign}
            )
        if len(meant) > 1:
            raise forms.ValidationError(
                _("“%(sign)s” can mean %(codes)s. Write its three letters.")
                % {"sign": sign.lower(), "codes": ", ".join(meant)}
            )
        if meant[0] == own:
            return ""
        if not self.may_change:
            raise forms.ValidationError(
                _("This deal counts in %(own)s. Its currency is changed among its facts.") % {"own": own}
            )
        return meant[0]


def currency_field(own: str, **kwargs: Any) -> forms.ChoiceField:
    """One of the currencies that this workspace counts in, or the one that stands there."""
    known = rates.present().known
    return forms.ChoiceField(choices=[(code, code) for code in dict.fromkeys([*known, own]) if code], **kwargs)


class DayInput(forms.TextInput):
    """A day as text, so that it takes words; beside it a button opens the browser's own calendar."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return drawn(name, value, self.build_attrs(self.attrs, attrs))


class DayField(forms.CharField):
    """A day in the calendar: 2026-12-24, 24.12.2026, 24/12, tomorrow, neste fredag, +3d."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DayInput())
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> date | None:
        text = str(super().clean(value)).strip()
        return read_day(text) if text else None


class StepDayField(DayField):
    """When a step is due: a day, and the time where one is written behind it ("tomorrow 10:00")."""

    def clean(self, value: Any) -> Any:
        text = str(forms.CharField.clean(self, value)).strip()
        return read_day_and_time(text) if text else (None, None)


def read_day(text: str) -> date:
    """By the reader's calendar and order of day and month. Raises ValidationError with the cure for what is no day."""
    try:
        return days.read_day(text, timezone.localdate(), is_month_first=present().is_month_first)
    except ValueError:
        raise _no_day(text) from None


def read_day_and_time(text: str) -> tuple[date, time | None]:
    """The same, with the time of day where one stands behind the day."""
    try:
        return days.read_day_and_time(text, timezone.localdate(), is_month_first=present().is_month_first)
    except ValueError:
        raise _no_day(text) from None


def _no_day(text: str) -> forms.ValidationError:
    return forms.ValidationError(
        _("“%(text)s” is not a day in the calendar. Write it like %(example)s.")
        % {"text": text, "example": present().written(date(2026, 12, 24))}
    )


def read_day_strictly(text: str) -> date:
    """A day as an address writes it. Raises RuleBroken for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleBroken(_("“%(value)s” is not a day; write it as 2026-12-31.") % {"value": text}) from None
