"""Decisions about workspaces from values only: names, roles, and what a custom field accepts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from vunnet.lib.errors import RuleBroken
from vunnet.lib.formats import present
from vunnet.lib.money import read_amount

TRUE_WORDS = frozenset({"true", "yes", "ja", "1", "on", "x"})
FALSE_WORDS = frozenset({"false", "no", "nei", "0", "off", ""})


def initials(name: str) -> str:
    """Two letters for a round mark.

    >>> initials("Astrid Lunde"), initials("Cher"), initials("")
    ('AL', 'CH', '?')
    """
    words = name.split()
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


def slug_of(name: str) -> str:
    """A name as it stands in an address.

    >>> slug_of("Fjellvarme Åse & Sønn AS"), slug_of("!!")
    ('fjellvarme-ase-sonn-as', 'workspace')
    """
    folded = name.lower().translate({ord("ø"): "o", ord("æ"): "ae", ord("å"): "a", ord("ß"): "ss"})
    ascii_only = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:50] or "workspace"


def read_custom(kind: str, label: str, choices: Sequence[str], raw: object) -> object:
    """The typed value of a custom field, or None when it is empty. Refuses what the field's kind does not accept."""
    text = "" if raw is None else str(raw).strip()
    if kind == "yes_no":
        return _read_yes_no(label, text)
    if not text:
        return None
    if kind == "number":
        # A number that a form has read already says itself; only what somebody typed has marks to be read.
        is_read = isinstance(raw, (int, float, Decimal))
        return _plain(Decimal(text)) if is_read else _read_number(label, text)
    if kind == "date":
        return _read_date(label, text)
    if kind == "choice" and text not in choices:
        why = gettext_noop("{label}: “{value}” is not one of {choices}.")
        raise _refusal(why, label=label, value=text, choices=", ".join(choices))
    return text


def _refusal(pattern: str, **values: str) -> RuleBroken:
    return RuleBroken(_(pattern).format(**values), pattern=pattern, values=values)


def _read_yes_no(label: str, text: str) -> bool | None:
    if text.lower() in TRUE_WORDS:
        return True
    if text.lower() in FALSE_WORDS:
        return None if text == "" else False
    raise _refusal(gettext_noop("{label}: answer yes or no, not “{value}”."), label=label, value=text)


def _read_number(label: str, text: str) -> float | int:
    try:
        return _plain(read_amount(text, present().decimal_mark))
    except (ValueError, InvalidOperation):
        raise _refusal(gettext_noop("{label}: “{value}” is not a number."), label=label, value=text) from None


def _plain(number: Decimal) -> float | int:
    """As JSON keeps it: a whole number without decimals."""
    return int(number) if number == number.to_integral_value() else float(number)


def _read_date(label: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        why = gettext_noop("{label}: “{value}” is not a day in the calendar (write 2026-12-31).")
        raise _refusal(why, label=label, value=text) from None
