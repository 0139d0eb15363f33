"""What happens on a board while it is open: others' changes, cards dropped on a choice, and stages that ask for fields first."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.deals.actions import move_deal
from vunnet.deals.gates import askable, missing
from vunnet.deals.models import Deal, Stage
from vunnet.journal.models import Entry
from vunnet.lib.errors import NotUnderstood, RuleBroken
from vunnet.lists.changing import change_rows
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, number
from vunnet.web.deals.drawing import moved, touched
from vunnet.web.errors import says_why
from vunnet.web.lists.asked import ask, may_be_columns
from vunnet.web.lists.values import column_value, value_form
from vunnet.workspaces.fields import Field, Kind

# More than this changed at once: an import or a change in bulk; every column is drawn anew.
MANY = 200


def position() -> int:
    """A place in the journal: everything below it was committed and seen. No transaction older than it still runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        found: int = cursor.fetchone()[0]
    return found


@require_GET
@says_why
def since(request: Request) -> HttpResponse:
    """The columns in which something happened since a place in the journal; nothing (204) where nothing did."""
    text = request.GET.get("position", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotUnderstood(_("“%(value)s” is no place in the journal.") % {"value": text}, "position")
    now = position()
    entries = Entry.objects.filter(workspace_id=request.member.workspace_id, transaction__gte=int(text))
    entries = entries.filter(table__in=("deals_deal", "activities_activity")).order_by()
    found = list(entries.values_list("pk", "table", "row_id", "changes")[: MANY + 1])
    mark = f"{now}.{max((row[0] for row in found), default=0)}.{len(found)}"
    # A long-running transaction holds the place back: the same entries come again, and are told by their mark.
    if not found or mark == request.GET.get("mark"):
        return HttpResponse(status=204, headers={"HX-Trigger": _at(now, mark)})
    context = touched(request, () if len(found) > MANY else _stages(found))
    answer = render(request, "deals/since.html", context)
    answer["HX-Trigger"] = _at(now, mark)
    return answer


def _at(now: int, mark: str) -> str:
    return json.dumps({"board-position": {"position": now, "mark": mark}})


def _stages(found: list[tuple[Any, ...]]) -> tuple[int, ...]:
    """Where the changed deals stand, and where they stood."""
    deals = {row for _pk, table, row, _changes in found if table == "deals_deal"}
    deals |= {changes["deal"] for _pk, table, _row, changes in found if isinstance(changes.get("deal"), int)}
    before = {stage for *_rest, changes in found for stage in changes.get("stage", []) if isinstance(stage, int)} if all(
        isinstance(row[3].get("stage", []), list) for row in found
    ) else set()  # fmt: skip
    return tuple({*Deal.objects.filter(pk__in=deals).values_list("stage_id", flat=True), *before})


@require_POST
@says_why
def put(request: Request, deal_id: int) -> HttpResponse:
    """A card dropped on another value of the choice that the board is laid out by."""
    deal = find(request, Deal, deal_id)
    asked = ask(request, "deals", pairs=[])
    said = asked.fields.by_name.get(request.POST.get("by", ""))
    if said is None or not may_be_columns(said) or said.name == "stage":
        raise RuleBroken(_("A card cannot be put there."), "by")
    place = request.POST.get("place", "")
    result = change_rows("deals", said, {deal.pk: _value(request, said, place)}, by=request.member)[deal.pk]
    if result.outcome == "skipped":
        raise RuleBroken(result.why)
    return render(request, "deals/since.html", touched(request, ()))


def _value(request: Request, said: Field, place: str) -> Any:
    if said.kind == Kind.ROW and not said.is_custom:
        return find(request, said.model, number(place)).pk if place else None
    return place or None


def ask_at_gate(request: Request, deal: Deal, to: Stage) -> HttpResponse:
    """The stage asks for fields: the card goes back, and the dialog with just the missing ones opens."""
    address = address_of("gate", request.member.workspace.slug, deal.pk, to.pk)
    if not request.htmx:
        return HttpResponse(status=302, headers={"Location": address})
    return HttpResponse(status=409, headers={"X-Gate": address})


@require_http_methods(["GET", "POST"])
@says_why
def gate(request: Request, deal_id: int, stage_id: int) -> HttpResponse:
    """The missing fields of a stage's gate, and the move once they are filled: both or neither."""
    deal, to = find(request, Deal, deal_id), find(request, Stage, stage_id)
    known = askable(request.member)
    fields = missing(deal, to, known)
    forms = [(said, _form(request, said, deal)) for said in fields]
    # Each is checked, so that all errors are said at once.
    faults = [form.errors for _said, form in forms] if request.method == "POST" else []
    if request.method == "POST" and not any(faults):
        before = deal.stage_id
        try:
            with transaction.atomic():
                for said, form in forms:
                    value = column_value(request, said, form.cleaned_data["value"])
                    change_rows("deals", said, {deal.pk: value}, by=request.member)
                change = move_deal(deal, to, by=request.member)
            return moved(request, deal, before, change)
        except RuleBroken as refusal:
            context: dict[str, Any] = {"refusal": refusal.message}
    else:
        context = {}
    context |= {"deal": deal, "stage": to, "forms": [form for _said, form in forms], "section": "deals"}
    status = 422 if request.method == "POST" else 200
    return render(request, "deals/gate.html" if request.htmx else "deals/gate_page.html", context, status=status)


def _form(request: Request, said: Field, deal: Deal) -> Any:
    """One field's form; its name stands before its input's, since several are asked at once."""
    form = value_form(request, said, request.POST or None, currency=deal.currency)
    form.prefix = said.name
    form.fields["value"].required = True
    return form
