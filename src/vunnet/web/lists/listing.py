"""Lists of deals, companies, people and activities. The address holds all of it, so Back and a pasted link restore the same page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.lists import rows
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.lists.cells import RIGHT, printed
from vunnet.web.lists.sentence import condition_address, said
from vunnet.web.lists.tabs import tabs
from vunnet.workspaces.fields import Field, Kind, Sort

LEADS = {"deals": "state", "activities": "state"}
WIDE = frozenset({"step", "name", "company", "subject", "deal", "email"})
NARROW = frozenset({"mates", "kind", "minutes", "employees", "open_deals", "won_deals", "currency", "entered"})


@require_GET
@says_why
def deals(request: Request) -> HttpResponse:
    """Deals as rows."""
    return listed(request, "deals")


@require_GET
@says_why
def companies(request: Request) -> HttpResponse:
    """Companies, with what is open and won with each."""
    return listed(request, "companies")


@require_GET
@says_why
def people(request: Request) -> HttpResponse:
    """People with their companies."""
    return listed(request, "people")


@require_GET
@says_why
def activities(request: Request) -> HttpResponse:
    """What is to be done, and what happened."""
    return listed(request, "activities")


def listed(request: Request, name: str) -> HttpResponse:
    asked = ask(request, name)
    found = rows.page(asked)
    asked.group_names = _group_names(asked, found)
    context: dict[str, Any] = {
        "section": name,
        "asked": asked,
        "table": asked.table,
        "lines": printed(asked, found, rows.groups(asked, found.rows), found.before),
        "next": f"{asked.address()}{'&' if '?' in asked.address() else '?'}after={found.next}" if found.next else "",
        "width": len(asked.columns) + request.member.may_write,
    }
    if request.htmx and asked.after:
        return render(request, "lists/rows.html", context)
    context |= {"heads": _heads(asked), **frame(asked), "totals": rows.totals(asked), "rows": found.rows}
    is_new = not found.rows and asked.selection.is_everything and not asked.rows.exists()
    template = "deals/empty.html" if is_new and name == "deals" else "lists/list.html"
    return render(request, template, context | {"is_new": is_new})


def frame(asked: Asked) -> dict[str, Any]:
    """What stands above list and board alike: views, the sentence, its places to change."""
    lead = LEADS.get(asked.table.name)
    return {
        "tabs": tabs(asked),
        "lead": _lead(asked, lead),
        "said": said(asked, hidden=[lead] if lead else []),
        "add": condition_address(asked),
        "kept": [pair for pair in asked.pairs if pair[0] != "q"],
        "board_address": _on_board(asked),
        "list_address": asked.address(replace(asked.selection)),
        "groups": _groups(asked),
        "title": asked.table.noun,
    }


def _on_board(asked: Asked) -> str:
    path = address_of("board", asked.request.member.workspace.slug)
    return asked.address(asked.selection.without("state"), path=path)


def _lead(asked: Asked, name: str | None) -> dict[str, Any] | None:
    """The state as the sentence's first words, with the others to choose."""
    if name is None:
        return None
    field = asked.fields.get(name)
    value = asked.selection.value(name, asked.table.defaults[name])
    state, rows_of = dict(field.choices).get(value, value), str(asked.table.noun)
    is_deals = asked.table.name == "deals"
    words = (_("%(state)s deals") % {"state": state}) if is_deals else f"{rows_of}: {str(state).lower()}"
    return {"name": name, "value": value, "words": words, "options": field.choices}


def _heads(asked: Asked) -> list[dict[str, Any]]:
    order = asked.table.order(asked.selection)
    return [_head(asked, asked.fields.get(name), order) for name in asked.columns]


def _head(asked: Asked, field: Field, order: Sort) -> dict[str, Any]:
    """A column's head: its words, and the list in its order: first the way one expects, then the other way."""
    first_down = field.kind in (Kind.AMOUNT, Kind.MOMENT) and field.name != "entered"
    down = not order.descending if order.name == field.name else first_down
    width = "wide" if field.name in WIDE else "narrow" if field.name in NARROW else ""
    return {
        "name": field.name,
        "label": field.label,
        "right": field.kind in RIGHT or field.name == "entered",
        "width": width,
        "sorted": ("descending" if order.descending else "ascending") if order.name == field.name else "",
        "address": asked.address(replace(asked.selection, sort=Sort(field.name, down))) if field.may_sort else "",
    }


def _groups(asked: Asked) -> list[tuple[str, str, bool]]:
    """What the list may be grouped by: words, address, whether it is."""
    present = asked.selection.group
    offered = [f for f in asked.fields.by_name.values() if f.is_group and not f.is_archived]
    none = (_("nothing"), asked.address(replace(asked.selection, group="")), not present)
    return [
        none,
        *(
            (str(f.label), asked.address(replace(asked.selection, group=f.name)), f.name == present)
            for f in offered
        ),
    ]  # fmt: skip


def _group_names(asked: Asked, found: rows.Found) -> dict[Any, str]:
    """What the rows that this page is grouped by are called."""
    if not asked.selection.group:
        return {}
    field = asked.fields.get(asked.selection.group)
    if field.kind != Kind.ROW or field.is_custom:
        return {}
    numbers = {row.group for row in found.rows if row.group}
    return {row.pk: str(row) for row in field.model.objects.visible_to(asked.request.member).filter(pk__in=numbers)}
