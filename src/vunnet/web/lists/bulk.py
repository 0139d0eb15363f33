"""Doing one thing to many rows: what, then how it goes, then what came of it and the way back."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vunnet.jobs.tasks import soon_do_bulk, soon_undo_bulk
from vunnet.lib.errors import RuleBroken
from vunnet.lists.bulk import MOST_ROWS, begin_change, begin_undo, do_piece, undo_piece
from vunnet.lists.changing import TAG, kept, takes
from vunnet.lists.models import BulkChange, BulkRow
from vunnet.lists.tables import TABLES
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, number
from vunnet.web.errors import says_why
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.lists.values import column_value, value_form, words_of
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.models import Tag
from vunnet.workspaces.tags import find_or_make_tag

AT_ONCE = 200
SHOWN = 100
VERBS = ("change", "assign", "tag", "untag", "delete")
OWNERS = {"activities": "member"}


@require_POST
@says_why
def bulk(request: Request, table: str) -> HttpResponse:
    """What shall be done to the rows selected (`row`) or to all that match (`all`); with `do`, it is done."""
    demand_writer(request.member)
    asked = ask(request, table)
    verb = request.POST.get("verb", "change")
    if verb not in VERBS or (verb in ("tag", "untag") and table not in TAG):
        raise RuleBroken(_("This cannot be done to many rows."), "verb")
    numbers = _numbers(asked)
    fields = [f for f in asked.fields.by_name.values() if takes(f)]
    said = _field(asked, verb, fields)
    sent = request.POST if request.POST.get("do") else None
    form = value_form(request, said, sent) if said else None
    if sent and form:
        _demand_meant(request, form)
    is_deletion = verb == "delete"
    tagged = _tag_named(request) if sent and verb in ("tag", "untag") else None
    if sent and (is_deletion or tagged or (form and form.is_valid())):
        change = _begin(asked, numbers, verb, said, form, tagged)
        return _begun(request, change)
    context = {
        "asked": asked, "section": table, "verb": verb, "fields": [(f.name, f.label) for f in fields], "field": said.name if said else "",
        "form": form, "count": len(numbers), "numbers": [] if request.POST.get("all") else numbers, "all": request.POST.get("all", ""),
        "tags": Tag.objects.visible_to(request.member) if verb in ("tag", "untag") else [],
        "address": f"{request.path}?{asked.query_string}",
    }  # fmt: skip
    template = "lists/bulk.html" if request.htmx else "lists/bulk_page.html"
    return render(request, template, context, status=422 if form and form.errors else 200)


def _field(asked: Asked, verb: str, fields: list[Any]) -> Any:
    if verb in ("tag", "untag", "delete"):
        return None
    if verb == "assign":
        return asked.fields.get(OWNERS.get(asked.table.name, "owner"))
    # None until one was chosen: of a field that stands there by itself the first Enter would empty every row.
    wanted = asked.request.POST.get("field", "")
    return next((f for f in fields if f.name == wanted), None)


def _demand_meant(request: Request, form: Any) -> None:
    """Nothing is emptied because nothing was typed."""
    if form.is_valid() and form.cleaned_data["value"] in (None, "") and not request.POST.get("empty"):
        form.add_error("value", _("Give a value, or say that it shall be empty."))


def _numbers(asked: Asked) -> list[int]:
    """The rows meant: never others than the member may see."""
    if asked.request.POST.get("all"):
        return list(asked.found.order_by("pk").values_list("pk", flat=True)[: MOST_ROWS + 1])
    given = {number(text) for text in asked.request.POST.getlist("row")}
    return list(asked.rows.filter(pk__in=given).order_by("pk").values_list("pk", flat=True))


def _tag_named(request: Request) -> Tag | None:
    name = request.POST.get("tag", "").strip()
    if not name:
        raise RuleBroken(_("Name the tag."), "tag")
    if request.POST.get("verb") == "tag":
        return find_or_make_tag(request.member, name)
    found: Tag | None = Tag.objects.visible_to(request.member).filter(name__iexact=name).first()
    if found is None:
        raise RuleBroken(_("There is no tag called “%(name)s”.") % {"name": name}, "tag")
    return found


def _begin(asked: Asked, numbers: list[int], verb: str, said: Any, form: Any, tag: Tag | None) -> BulkChange:
    by, table = asked.request.member, asked.table.name
    if verb == "delete":
        return begin_change(by, table=table, numbers=numbers, verb=verb)
    if tag is not None:
        return begin_change(by, table=table, numbers=numbers, verb=verb, value=tag.pk, words=tag.name)
    cleaned = form.cleaned_data["value"]
    value = kept(column_value(asked.request, said, cleaned))
    words = f"{said.label}: {words_of(said, cleaned)}"
    return begin_change(by, table=table, numbers=numbers, verb="change", field=said.name, value=value, words=words)


def _begun(request: Request, change: BulkChange) -> HttpResponse:
    """A few rows are done at once and said in the corner; many are a job, whose page shows how it goes."""
    if change.total <= AT_ONCE:
        do_piece(change)
        if request.htmx:
            return _toast(request, change)
    else:
        soon_do_bulk(change.pk, request.member.workspace_id)
    address = address_of("bulk", request.member.workspace.slug, change.pk)
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def _toast(request: Request, change: BulkChange) -> HttpResponse:
    change.refresh_from_db()
    answer = render(request, "lists/bulk_toast.html", {"change": change, "counts": counts(change)})
    answer["HX-Trigger"] = "rows-changed"
    return answer


def counts(change: BulkChange) -> dict[str, int]:
    """How many rows ended how."""
    found = dict(change.rows.order_by().values_list("outcome").annotate(n=Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in BulkRow.Outcome.values}


def _context(request: Request, change: BulkChange) -> dict[str, Any]:
    left_alone = change.rows.filter(outcome__in=[BulkRow.Outcome.SKIPPED, BulkRow.Outcome.KEPT]).order_by("row_id")
    rows = list(left_alone[:SHOWN])
    table = TABLES[change.table]
    names = {
        row.pk: str(row)
        for row in table.model.objects.visible_to(request.member).filter(pk__in=[r.row_id for r in rows])  # type: ignore[attr-defined]
    }
    return {
        "change": change,
        "counts": counts(change),
        "left_alone": [(names.get(row.row_id, str(row.row_id)), row.why) for row in rows],
        "section": change.table,
        "done": change.done,
    }


@require_GET
@says_why
def outcome(request: Request, bulk_id: int) -> HttpResponse:
    """How a change of many rows goes, and what came of it."""
    return render(request, "lists/outcome.html", _context(request, find(request, BulkChange, bulk_id)))


@require_GET
def progress(request: Request, bulk_id: int) -> HttpResponse:
    """How far it came; asks the page to load again when it is through."""
    change = find(request, BulkChange, bulk_id)
    if not change.is_running:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "lists/progress.html", {"change": change, "counts": counts(change), "done": change.done})


@require_POST
@says_why
def undo(request: Request, bulk_id: int) -> HttpResponse:
    """Take a change of many rows back."""
    change = begin_undo(find(request, BulkChange, bulk_id), by=request.member)
    if change.total <= AT_ONCE:
        undo_piece(change, by=request.member)
        if request.htmx:
            return _toast(request, change)
    else:
        soon_undo_bulk(change.pk, request.member.workspace_id, request.member.pk)
    address = address_of("bulk", request.member.workspace.slug, change.pk)
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if request.htmx else redirect(address)
