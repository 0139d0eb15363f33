"""A figure as a file: a picture for slides, a table for a spreadsheet, numbers for a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from django.http import HttpResponse
from django.utils.translation import gettext as _

from vunnet.charts import Figure
from vunnet.reports.answers import Report

Make = Callable[[Figure, Report], bytes]


def _png(figure: Figure, _report: Report) -> bytes:
    return figure.png()


def _svg(figure: Figure, _report: Report) -> bytes:
    return figure.file().encode()


def _csv(figure: Figure, _report: Report) -> bytes:
    """With a byte order mark, or Excel reads å as two signs."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(figure.table.headers)
    lines.writerows([_harmless(cell) for cell in row] for row in figure.table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that begins like a formula would be one in a spreadsheet."""
    return f"'{cell}" if cell.startswith(("=", "+", "@", "\t", "\r")) else cell


def _json(_figure: Figure, report: Report) -> bytes:
    """The whole answer, as `vunnet analyze --json` writes it."""
    return json.dumps(report.to_json(source="vunnet"), ensure_ascii=False, indent=1, default=str).encode()


PICTURES = ("png", "svg")
KINDS: dict[str, tuple[str, Make]] = {
    "png": ("image/png", _png),
    "svg": ("image/svg+xml", _svg),
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
}


def named() -> list[tuple[str, str]]:
    """The kinds of files with their words."""
    return [
        ("png", _("Picture (PNG)")),
        ("svg", _("Drawing (SVG)")),
        ("csv", _("Table (CSV)")),
        ("json", _("Numbers of the whole answer (JSON)")),
    ]


def answer(figure: Figure, name: str, kind: str, report: Report) -> HttpResponse:
    """The file, to be saved."""
    content_type, make = KINDS[kind]
    response = HttpResponse(make(figure, report), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="vunnet-{name}.{kind}"'
    return response
