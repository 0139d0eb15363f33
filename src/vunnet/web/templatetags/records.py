"""What record pages need in their templates: addresses of things done with the record, and text with colleagues' names in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vunnet.lists.tables import TABLES
from vunnet.web.templatetags.show import number

register = template.Library()


@register.simple_tag
def to(subject: Any, name: str, *parts: Any) -> str:
    """The address of something done with a record: {% to subject "change" "amount" %}."""
    return str(subject.to(name, *parts))


@register.filter
def with_mentions(text: str, mentions: Iterable[str]) -> SafeString:
    """The text, escaped, with the names of the colleagues it mentions marked."""
    safe = str(escape(text))
    for name in sorted({str(escape(name)) for name in mentions}, key=len, reverse=True):
        safe = re.sub(rf"@{re.escape(name)}\b", lambda found: f"<b>{found[0]}</b>", safe, flags=re.IGNORECASE)
    return mark_safe(safe)  # noqa: S308


@register.filter
def rows_called(table: str) -> str:
    """What the rows of a list are called: "Deals"."""
    return str(TABLES[table].noun)


@register.filter
def file_size(size: int) -> str:
    """ "640 kB", "2.4 MB"."""
    if size < 1_000_000:
        return f"{number(max(1, round(size / 1000)))}\u00a0kB"
    return f"{number(size / 1_000_000, 1)}\u00a0MB"


@register.filter
def called(table: str) -> str:
    """What a kind of record is called."""
    words = {
        "deal": _("Deal"),
        "company": _("Company"),
        "person": _("Person"),
        "activity": _("Entry"),
        "annotation": _("Annotation"),
    }
    return words[table]
