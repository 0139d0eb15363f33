"""The present list as a file: its columns, filter and order, all of its rows, as CSV or Excel."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vunnet.web.asking import Request
from vunnet.web.cells import XLSX, safe
from vunnet.web.errors import says_why
from vunnet.web.lists import rows
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.lists.cells import plain
from vunnet.workspaces.fields import Field, Kind
from vunnet.workspaces.selecting import behind, cursor, keys, with_places

PIECE = 1_000
SHEET_ROWS = 1_048_575


@require_GET
@says_why
def export(request: Request, table: str, kind: str) -> HttpResponseBase:
    """The list as a file; only what this member may see is in it."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    asked = ask(request, table)
    name = f"{table}-{timezone.localdate()}.{kind}"
    if kind == "xlsx":
        return FileResponse(_workbook(asked), as_attachment=True, filename=name, content_type=XLSX)
    # Read whole before the answer begins: the workspace's scope ends with the request, and a stream outlives it.
    lines = tempfile.SpooledTemporaryFile(max_size=4_000_000, mode="w+b")  # noqa: SIM115  # the answer closes it
    for line in _lines(asked):
        lines.write(line.encode())
    lines.seek(0)
    response = StreamingHttpResponse(_pieces(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(file: Any) -> Iterator[bytes]:
    with file:
        while piece := file.read(65_536):
            yield piece


class _Echo:
    """A file that hands back what is written."""

    def write(self, line: str) -> str:
        return line


def _lines(asked: Asked) -> Iterator[str]:
    writer = csv.writer(_Echo())
    fields = _fields(asked)
    yield "\ufeff" + writer.writerow([safe(_head(said)) for said in fields])
    for row in _rows(asked):
        yield writer.writerow([safe(_text(value(said, row))) for said in fields])


def _head(said: Field) -> str:
    """A column's head. The list says how long a deal stands in its stage; the file since when."""
    return _("In stage since") if said.name == "entered" else str(said.label)


def _fields(asked: Asked) -> list[Field]:
    """The list's columns; an amount brings its currency."""
    fields = [asked.fields.get(name) for name in asked.columns]
    names = {said.name for said in fields}
    return [*fields, asked.fields.get("currency")] if "amount" in names and "currency" not in names else fields


def _rows(asked: Asked) -> Iterator[rows.Row]:
    """Every row of the list, a thousand at a time along its order."""
    order = keys(asked.fields, asked.table.order(asked.selection), asked.selection.group)
    names = [said.name for said in _fields(asked)]
    place = ""
    while True:
        places = list(with_places(behind(asked.found, order, place), order)[:PIECE])
        yield from rows.read(asked, [found[0] for found in places], names)
        if len(places) < PIECE:
            return
        place = cursor(places[-1])


def value(said: Field, row: rows.Row) -> Any:
    """A cell's value with its type, names for references."""
    if said.kind == Kind.TAGS:
        return ", ".join(row.tags)
    if said.name == "mates":
        return ", ".join(mate.name for mate in row.mates)
    if said.name == "step":
        return row.step.words if row.step else ""
    found = row.values.get(said.shown or said.path or said.name)
    if said.is_custom:
        found = (found or {}).get(said.key)
        return date.fromisoformat(str(found)) if said.kind == Kind.DAY and _is_day(found) else found
    if said.kind == Kind.CHOICE:
        return plain(said, found)
    return found


def _is_day(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False


def _text(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, datetime):
        return timezone.localtime(found).strftime("%Y-%m-%d %H:%M")
    return f"{found:f}" if isinstance(found, Decimal) else str(found)


def _workbook(asked: Asked) -> Any:
    """An Excel file, written row by row. Texts are strings: nothing in them is taken for a formula or a link."""
    file = tempfile.SpooledTemporaryFile(max_size=8_000_000, mode="w+b")  # noqa: SIM115  # the answer closes it
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    sheet = book.add_worksheet(str(asked.table.noun)[:31])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    fields = _fields(asked)
    for column, said in enumerate(fields):
        sheet.write_string(0, column, _head(said), bold)
    for line, row in enumerate(_rows(asked), 1):
        if line > SHEET_ROWS:
            break
        for column, said in enumerate(fields):
            _write(sheet, line, column, value(said, row), day, moment)
    book.close()
    file.seek(0)
    return file


def _write(sheet: Any, line: int, column: int, found: Any, day: Any, moment: Any) -> None:
    if found is None or found == "":
        return
    if isinstance(found, bool):
        sheet.write_boolean(line, column, found)
    elif isinstance(found, datetime):
        sheet.write_datetime(line, column, timezone.localtime(found).replace(tzinfo=None), moment)
    elif isinstance(found, date):
        sheet.write_datetime(line, column, found, day)
    elif isinstance(found, (int, float, Decimal)):
        sheet.write_number(line, column, float(found))
    else:
        sheet.write_string(line, column, str(found)[:32_767])
