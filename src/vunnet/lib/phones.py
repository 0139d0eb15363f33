"""Telephone numbers as a telephone wants them."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"(?:;?\s*ext\.?|\bx|\bint\.?|\bintern|#)\s*[=:]?\s*(\d{1,8})\s*$", re.IGNORECASE)
# Two numbers in one cell: the first is dialled.
_NEXT = re.compile(r"[/,;|\n]|\bor\b|\beller\b|(?<=\d)\s*\+", re.IGNORECASE)
_REMARK = re.compile(r"\((?!\s*\+?\d+\s*\))[^)]*\)")
LEAST, MOST = 3, 15  # digits; the most by E.164


def address(phone: str) -> str:
    """Where a link that calls `phone` leads (RFC 3966): without what is written for the eye; "" for what is not surely a number.

    Of several the first. A zero in brackets is not dialled behind a country's number.

    >>> address("+47 412 77 903"), address("+47 (0)22 33-44 55 ext. 12"), address("22 33 44 55 / 99 88 77 66"), address("by mail")
    ('tel:+4741277903', 'tel:+4722334455;ext=12', 'tel:22334455', '')
    """
    found = _EXTENSION.search(phone)
    number = _REMARK.sub(" ", _NEXT.split(phone[: found.start()] if found else phone, maxsplit=1)[0]).strip()
    abroad = number.startswith(("+", "(+", "00"))
    digits = re.sub(r"\D", "", number.replace("(0)", "") if abroad else number)
    if re.search(r"[^\W\d_]", number) or not LEAST <= len(digits) <= MOST:
        return ""
    return f"tel:{'+' if '+' in number else ''}{digits}" + (f";ext={found[1]}" if found else "")
