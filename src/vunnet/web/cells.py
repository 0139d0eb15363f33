"""Cells of files that a spreadsheet opens."""

from __future__ import annotations

import re

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the beginning of a formula, also in full width, and behind blanks or control characters.
FORMULA = re.compile(r"^[\s\x00-\x1f\u00a0\ufeff]*[=+\-@＝＋－＠\t\r]")


def safe(text: str) -> str:
    """The text, marked as text where a spreadsheet would run it.

    >>> safe("=1+1"), safe("plain"), safe("  @SUM(A1)")
    ("'=1+1", 'plain', "'  @SUM(A1)")
    """
    return f"'{text}" if FORMULA.match(text) else text
