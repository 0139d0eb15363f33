"""A figure as a file: a picture for slides, a table for a spreadsheet, numbers for a program."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext as _

from vunnet.charts import Figure
from vunnet.lib.formats import present
from vunnet.reports.answers import Report
from vunnet.web.cells import XLSX, safe

Make = Callable[[Figure, Report | None], bytes]


def _png(figure: Figure, _report: Report | None) -> bytes:
    return figure.png()


def _svg(figure: Figure, _report: Report | None) -> bytes:
    return figure.file().encode()


def _pdf(figure: Figure, _report: Report | None) -> bytes:
    return figure.pdf()


def _csv(figure: Figure, _report: Report | None) -> bytes:
    """With a byte order mark, or Excel reads å as two signs."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(figure.table.headers)
    lines.writerows([safe(cell) for cell in row] for row in figure.table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _xlsx(figure: Figure, _report: Report | None) -> bytes:
    """Numbers as numbers and shares as per cent, so that a sheet can go on with them; everything else as it is read."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    percents = {
        digits: book.add_format({"num_format": f"0.{'0' * digits}%" if digits else "0%"}) for digits in range(3)
    }
    for line, row in enumerate([figure.table.headers, *figure.table.rows]):
        for column, cell in enumerate(row):
            number = read_number(cell) if line and column else None  # A row begins with its name.
            if number is None:
                sheet.write_string(line, column, cell, None if line else bold)
            else:
                sheet.write_number(line, column, number[0], None if number[1] is None else percents[number[1]])
    sheet.autofit()
    book.close()
    return file.getvalue()


def read_number(cell: str) -> tuple[float, int | None] | None:
    """A cell as its reader's marks write a number; with its decimals where it is per cent. None for anything else."""
    formats = present()
    plain = cell.replace(formats.thousands, "").replace("\u00a0", "").replace("−", "-")
    is_share, plain = plain.endswith("%"), plain.removesuffix("%")
    if not re.fullmatch(rf"[+-]?\d+(?:{re.escape(formats.decimal_mark)}\d+)?", plain):
        return None
    whole, mark, decimals = plain.partition(formats.decimal_mark)
    value = float(f"{whole}.{decimals}" if mark else whole)
    return (value / 100, min(len(decimals), 2)) if is_share else (value, None)


def _json(_figure: Figure, report: Report | None) -> bytes:
    """The whole answer, as `vunnet analyze --json` writes it."""
    if report is None:
        raise ValueError("a figure alone has no answer to write")
    return json.dumps(report.to_json(source="vunnet"), ensure_ascii=False, indent=1, default=str).encode()


PICTURES = ("png", "svg", "pdf")
KINDS: dict[str, tuple[str, Make]] = {
    "png": ("image/png", _png),
    "svg": ("image/svg+xml", _svg),
    "pdf": ("application/pdf", _pdf),
    "csv": ("text/csv; charset=utf-8", _csv),
    "xlsx": (XLSX, _xlsx),
    "json": ("application/json", _json),
}


def named() -> list[tuple[str, str]]:
    """The kinds of files with their words."""
    return [
        ("png", _("Picture (PNG)")),
        ("svg", _("Drawing (SVG)")),
        ("pdf", _("Page (PDF)")),
        ("csv", _("Table (CSV)")),
        ("xlsx", _("Table (Excel)")),
        ("json", _("Numbers of the whole answer (JSON)")),
    ]


def offered(without: str = "") -> dict[str, object]:
    """For a page: the kinds with their words, and which of them need a picture."""
    return {"kinds": [(kind, words) for kind, words in named() if kind != without], "pictures": PICTURES}


def answer(figure: Figure, name: str, kind: str, report: Report | None = None) -> HttpResponse:
    """The file, to be saved. The numbers of the whole answer need its report."""
    content_type, make = KINDS[kind]
    response = HttpResponse(make(figure, report), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="vunnet-{name}.{kind}"'
    return response
