"""Telephone numbers as a telephone wants them."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"(?:;?\s*ext\.?|\bx|\bint\.?|\bintern|#)\s*[=:]?\s*(\d{1,8})\s*$", re.IGNORECASE)


def address(phone: str) -> str:
    """Where a link that calls `phone` leads (RFC 3966): without what is written for the eye; "" for what is no number.

    A zero in brackets is not dialled behind a country's number.

    >>> address("+47 412 77 903"), address("+47 (0)22 33-44 55 ext. 12"), address("22 33 44 55"), address("by mail")
    ('tel:+4741277903', 'tel:+4722334455;ext=12', 'tel:22334455', '')
    """
    found = _EXTENSION.search(phone)
    number = phone[: found.start()] if found else phone
    if number.strip().startswith("+"):
        number = number.replace("(0)", "")
    digits = re.sub(r"[^\d*]", "", number)
    if not digits:
        return ""
    plus = "+" if number.strip().startswith(("+", "(+")) else ""
    return f"tel:{plus}{digits}" + (f";ext={found[1]}" if found else "")
