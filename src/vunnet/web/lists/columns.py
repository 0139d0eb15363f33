"""Which columns a list shows, and in which order: chosen in a menu, kept in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.lists.asked import Asked, ask


@require_GET
@says_why
def columns(request: Request, table: str) -> HttpResponse:
    """The columns there are (in their order: those shown, then the others), or (`column`) the list with those chosen."""
    asked = ask(request, table, ("column", "up", "down", "done"))
    if request.GET.get("done"):
        chosen = _moved(asked, request.GET.getlist("column"), request.GET.get("up", ""), request.GET.get("down", ""))
        return redirect(asked.address(replace(asked.selection, columns=_unless_usual(asked, chosen))))
    present = asked.columns
    known = [f for f in asked.fields.by_name.values() if f.is_column and not f.is_archived]
    rest = [(f.name, f.label, False) for f in known if f.name not in present]
    shown = [(name, asked.fields.get(name).label, True) for name in present]
    context = {
        "columns": [*shown, *rest],
        "asked": asked,
        "section": table,
        "usual": asked.address(replace(asked.selection, columns=())),
        "hidden": [pair for pair in asked.pairs if pair[0] != "columns"],
    }
    return render(request, "lists/columns.html" if request.htmx else "lists/columns_page.html", context)


def _moved(asked: Asked, chosen: Sequence[str], up: str, down: str) -> tuple[str, ...]:
    """The chosen columns, one of them moved a place. Refuses a column that does not exist."""
    names = list(asked.fields.read([("columns", ",".join(chosen))]).columns)
    for name, step in ((up, -1), (down, 1)):
        if name in names:
            at = names.index(name)
            to = min(len(names) - 1, max(0, at + step))
            names.insert(to, names.pop(at))
    return tuple(names)


def _unless_usual(asked: Asked, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """The usual columns need not stand in the address; none at all means them too."""
    return () if chosen == asked.table.columns(asked.selection) else chosen
