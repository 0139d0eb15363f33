"""The input of a day: text, so that it takes words, with a button that opens the browser's own calendar."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vunnet.lib.formats import present
from vunnet.web.templatetags.show import icon

register = template.Library()
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def written(value: Any) -> str:
    """A day as its reader writes it; what is no day stays as it was typed."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    if isinstance(value, str) and ISO.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    if isinstance(value, date):
        return present().written(value)
    return str(value or "")


@register.simple_tag
def day_input(name: str, value: Any = "", *, required: bool = False, **attrs: Any) -> SafeString:
    """For templates that write their inputs by hand; forms have DayInput. `data_key` becomes `data-key`."""
    plain = {key.replace("_", "-"): said for key, said in attrs.items()}
    return drawn(name, value, {"maxlength": "30", **plain, **({"required": True} if required else {})})


def drawn(name: str, value: Any, attrs: dict[str, Any]) -> SafeString:
    given = {"class": "input", "autocomplete": "off", **attrs}
    return format_html(
        '<span class="day"><input type="text" name="{}" value="{}" data-day{}>'
        '<button type="button" class="day-pick needs-script" data-pick-day tabindex="-1" aria-label="{}">{}</button>'
        '<input type="date" class="day-native" tabindex="-1" aria-hidden="true"></span>',
        name,
        written(value),
        flatatt(given),
        _("Calendar"),
        icon("calendar"),
    )
