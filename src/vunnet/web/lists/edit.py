"""One cell of a list, changed in place: its form, and the line as it stands afterwards."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods

from vunnet.deals.models import Deal
from vunnet.lib.errors import RuleBroken
from vunnet.lists.changing import change_rows
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.lists import rows
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.lists.cells import Printer
from vunnet.web.lists.values import column_value, shown_first, value_form


@require_http_methods(["GET", "POST"])
@says_why
def cell(request: Request, table: str, row_id: int, field: str) -> HttpResponse:
    """A cell's form (GET), and its new value (POST): the whole line again, since one field may change what another says."""
    asked = ask(request, table, pairs=_list_pairs(request))
    said = asked.fields.by_name.get(field)
    row = find(request, asked.table.model, row_id)
    if said is None or not said.edit:
        raise Http404
    stage = row.stage if isinstance(row, Deal) and said.name == "stage" else None
    currency = getattr(row, "currency", None)
    form = value_form(request, said, request.POST or None, shown_first(said, row), stage, currency)
    if request.method == "POST" and form.is_valid() and form.try_to(lambda: _change(asked, said, row.pk, form)):
        if not request.htmx:
            return redirect(asked.path)
        line = Printer(asked, may_write=True).line(rows.read(asked, [row.pk], asked.columns)[0])
        return HttpResponse(line + _sums(asked))
    template = "lists/cell_form.html" if request.htmx else "lists/cell_page.html"
    context = {"form": form, "section": table, "row": row, "table": asked.table, "field": field, "said": said}
    context |= {"address": address_of("list_cell", request.member.workspace.slug, table, row.pk, field)}
    context |= {"back": asked.address()}
    return render(request, template, context, status=422 if form.errors else 200)


def _sums(asked: Asked) -> str:
    """What stands above the list, since the line that changed is one of what it counts."""
    if asked.table.model is not Deal:
        return ""
    return render_to_string("deals/sums.html", {"totals": rows.totals(asked), "swap": True})


def _list_pairs(request: Request) -> list[tuple[str, str]]:
    """The list as it stands on the page that asks: which columns the line shows."""
    return parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query)


def _change(asked: Asked, said: Any, number: int, form: Any) -> bool:
    value = column_value(asked.request, said, form.cleaned_data["value"])
    result = change_rows(asked.table.name, said, {number: value}, by=asked.request.member)[number]
    if result.outcome == "skipped":
        raise RuleBroken(result.why, "value")
    return True
