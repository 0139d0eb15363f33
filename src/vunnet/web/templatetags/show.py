"""How values look on a page: money, days, people, icons. Formatting only; nothing here computes a figure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

from babel.dates import format_date
from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vunnet.lib import phones, rates
from vunnet.lib.formats import SHORT_DAYS, present
from vunnet.lib.money import Money, sums
from vunnet.reports import reader
from vunnet.workspaces.models import Member
from vunnet.workspaces.rules import initials as initials_of
from vunnet.workspaces.search import fold

register = template.Library()
FITS = Decimal(10_000_000_000)
LONG = 24  # letters: more may not fit into the narrowest column
SIGNS = {"NOK": "kr", "SEK": "kr", "DKK": "kr", "EUR": "€", "USD": "$", "GBP": "£"}
VERSIONS = Path(__file__).parents[1] / "static" / "dist" / "versions.json"

register.filter("dial", phones.address)


@register.filter
def number(value: Decimal | float | int | None, places: int = 0) -> str:
    """Digits grouped by thousands as the reader does, with a real minus sign.

    >>> number(1240000), number(Decimal("-3.5"), 1)
    ('1\\u202f240\\u202f000', '−3.5')
    """
    return "" if value is None else reader.formats().number(f"{value:,.{places}f}")


def currency_mark(currency: str) -> str:
    """ "kr", or "NOK" for who chose codes."""
    return currency if present().currency == "code" else SIGNS.get(currency, currency)


@register.filter
def marked(text: object, words: str) -> SafeString:
    """The text with what a search's words found in it marked: the beginnings of its words, accents aside.

    >>> marked("Åse Moe <x>", "as mo")
    '<mark>Ås</mark>e <mark>Mo</mark>e &lt;x&gt;'
    """
    sought = fold(words)
    parts = re.split(r"([\w]+)", str(text))
    return format_html_join("", "{}", ((_marked_word(part, sought),) for part in parts))


def _marked_word(word: str, sought: Sequence[str]) -> SafeString | str:
    plain = fold(word)
    hit = max((one for one in sought if plain and plain[0].startswith(one)), key=len, default="")
    # Where folding made the word longer (æ as ae), the letters no longer stand beside each other: all of it is marked.
    size = len(hit) if plain and len(plain[0]) == len(word) else len(word)
    return format_html("<mark>{}</mark>{}", word[:size], word[size:]) if hit else word


@register.filter
def quantity(value: Decimal) -> str:
    """A count of products, decimals only where there are any: "2", "1.5"."""
    plain = value.normalize()
    return number(value, max(0, -int(plain.as_tuple().exponent)))


def exact(value: Any) -> Any:
    """A number of a custom field with all the decimals it has, as its reader writes them; anything else as it is.

    >>> exact(1234.5), exact("x")
    ('1\\u202f234.5', 'x')
    """
    return quantity(Decimal(str(value))) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@register.filter
def money(value: Money | None) -> str:
    """An amount in full, øre only where there are any: "1 240 000 kr"."""
    if value is None:
        return ""
    places = 0 if value.amount == value.amount.to_integral_value() else 2
    return f"{number(value.amount, places)}\u00a0{currency_mark(value.currency)}"


@register.filter
def short(value: Decimal | float | int | None) -> str:
    """A sum in short, as charts say it: "9.9 m", "494 k" (in Bokmål "494 000"), "640"."""
    return "" if value is None else reader.language().short_money(float(value))


@register.filter
def short_money(value: Money | None, base: str = "") -> str:
    """With its currency; without, where that is the one the reader expects: the workspace's `base`."""
    if value is None:
        return ""
    return (
        short(value.amount) if value.currency == base else f"{short(value.amount)}\u00a0{currency_mark(value.currency)}"
    )


@register.filter
def brief(value: Money | None) -> str:
    """An amount in full where it fits a card; from ten thousand million up in short, never cut off."""
    return short_money(value) if value is not None and value.amount >= FITS else money(value)


@register.filter
def short_sums(amounts: Sequence[Money], base: str = "") -> str:
    """One sum a currency, never silently one over several: "9.9 m kr + 20 k €"; where the workspace says what the others are worth, about
    so much of its own: "≈ 10.1 m". With others beside it, `base` is named too.
    """
    totals = sums(amounts)
    if len(totals) > 1 and (whole := rates.present().total(totals)):
        return f"≈\u00a0{short_money(whole, base)}"
    return " + ".join(short_money(total, base if len(totals) == 1 else "") for total in totals) or "0"


@register.simple_tag
def worth(amounts: Sequence[Money]) -> str:
    """By which rates a sum over several currencies was made: "1 € = 11.62 kr, 24 Nov 2026"; nothing for other sums."""
    present, others = rates.present(), [total.currency for total in sums(amounts)]
    if len(others) < 2 or present.total(amounts) is None:
        return ""
    said = [(currency, *present.of[currency]) for currency in others if currency != present.base]
    return "; ".join(
        f"1\u00a0{currency_mark(currency)} = {rate(each)}\u00a0{currency_mark(present.base)}, {full_day(on)}"
        for currency, each, on in said
    )


@register.filter
def rate(value: Decimal) -> str:
    """What one of a currency is worth, with as many decimals as were said."""
    return number(value, _decimals(value))


def _decimals(rate: Decimal) -> int:
    """As many as were said, at least two."""
    return max(2, -int(rate.normalize().as_tuple().exponent))


@register.filter
def share(value: Decimal | float | None, places: int = 0) -> str:
    """A share 0…1 as per cent, as the language writes it."""
    if value is None:
        return ""
    return number(float(value) * 100, places) + ("\u00a0%" if get_language() == "nb" else "%")


@register.filter
def per_hundred(value: Decimal | float | None, places: int = 0) -> str:
    """A share as per cent without the sign: the lower end of an interval."""
    return "" if value is None else number(float(value) * 100, places)


@register.filter
def probability(value: Decimal | None) -> str:
    """A stage's typed probability, kept in per cent."""
    return "" if value is None else share(value / 100, 0 if value == value.to_integral_value() else 1)


def _day_of(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


@lru_cache(maxsize=4096)
def _format_day(value: date, pattern: str, language: str) -> str:
    # In Norwegian the day is an ordinal: "26. nov.".
    return format_date(value, pattern.replace("d", "d.") if language == "nb" else pattern, locale=language)


def _language() -> str:
    return "nb" if get_language() == "nb" else "en_GB"


@register.filter
def day(value: date | datetime | None) -> str:
    """ "11 Dec", with the year where it is another one than now."""
    if value is None:
        return ""
    when = _day_of(value)
    is_near = when.year == timezone.localdate().year
    if order := present().days:
        return _numeric(when, SHORT_DAYS[order]) if is_near else present().written(when)
    return _format_day(when, "d MMM" if is_near else "d MMM y", _language())


def _numeric(when: date, order: str) -> str:
    return when.strftime(order)


@register.filter
def full_day(value: date | datetime | None) -> str:
    """ "11 Dec 2026", or "11.12.2026" for who chose an order."""
    if value is None:
        return ""
    when = _day_of(value)
    return present().written(when) if present().days else _format_day(when, "d MMM y", _language())


@register.filter
def weekday(value: date | datetime | None) -> str:
    """ "Friday 20 November"."""
    if value is None:
        return ""
    when = _day_of(value)
    words = "EEEE, MMMM d" if present().is_month_first else "EEEE d MMMM"
    year = "" if when.year == timezone.localdate().year else ", y" if present().is_month_first else " y"
    return _format_day(when, words + year, _language())


@register.filter
def month(value: date) -> str:
    """ "November", "november": as it stands within a sentence."""
    return _format_day(value, "LLLL", _language())


@register.filter
def clock(value: datetime | None) -> str:
    return "" if value is None else f"{timezone.localtime(value):%H:%M}"


@register.filter
def days_since(value: datetime | None) -> int:
    """Calendar days from a moment to today, in the reader's time zone."""
    return 0 if value is None else max(0, (timezone.localdate() - _day_of(value)).days)


@register.filter
def due(value: datetime | None) -> str:
    """A step's day as one says it: "today", "tomorrow", "Wed 25", "11 Dec"."""
    if value is None:
        return ""
    when = _day_of(value)
    return due_in((when - timezone.localdate()).days, when)


def due_in(distance: int, when: date) -> str:
    """The same for a day so many days from today."""
    if distance == 0:
        return _("today")
    if distance == 1:
        return _("tomorrow")
    return _format_day(when, "EEE d", _language()) if 1 < distance < 8 else day(when)


def whole(words: str) -> str:
    """The title of a place that may cut its words off; none for few words, and for markup, whose parts have their own.

    >>> whole("Hval"), whole("<b>Hvalstad og Sønner Rørlegger</b>"), whole("Hvalstad og Sønner Rørlegger")
    ('', '', ' title="Hvalstad og Sønner Rørlegger"')
    """
    return f' title="{words}"' if len(words) > LONG and "<" not in words else ""


register.filter("initials", initials_of)


@register.filter
def own(places: Sequence[Member]) -> Member | None:
    """Of a person's workspaces, the first that is no sample."""
    return next((place for place in places if not place.workspace.is_sample), None)


@register.filter
def dressed(field: BoundField) -> SafeString:
    """A form's input with our look, also where the form is another library's."""
    attrs: dict[str, str | bool] = {} if field.field.widget.attrs.get("class") else {"class": "input"}
    if field.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{field.auto_id}_error"}
    if getattr(field.form, "caret", "") == field.name:
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A Lucide icon from the one sprite; decoration, so hidden from screen readers."""
    return _icon(name, size, asset("icons.svg"))


@lru_cache(maxsize=500)  # a page draws hundreds of a few dozen
def _icon(name: str, size: str, sprite: str) -> SafeString:
    looks = f" icon-{size}" if size else ""
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', looks, sprite, name)


@lru_cache(maxsize=1)
def _versions(changed: float) -> dict[str, str]:
    versions: dict[str, str] = json.loads(VERSIONS.read_text())
    return versions


@register.simple_tag
def asset(name: str) -> str:
    """The address of a compiled file with its version, so that browsers keep it for ever and still see the next one."""
    try:
        return _address(name, _changed(int(monotonic())))
    except OSError:
        return static(f"dist/{name}")


@lru_cache(maxsize=1)  # every icon of a page asks: the file is looked at once a second
def _changed(second: int) -> float:
    return VERSIONS.stat().st_mtime


@lru_cache(maxsize=100)
def _address(name: str, changed: float) -> str:
    version = _versions(changed).get(name, "")
    return static(f"dist/{name}") + (f"?v={version}" if version else "")


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], **changes: Any) -> str:
    """This page's address with some of its query changed; None removes."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None and value != "":
            query[name] = str(value)
    return request.path + (f"?{query.urlencode()}" if query else "")
