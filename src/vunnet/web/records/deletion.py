"""Deleting records and bringing them back: the undo of just now, and the page of what was deleted in the last thirty days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vunnet.activities.models import Activity
from vunnet.activities.removal import restore_activity
from vunnet.contacts.merging import undo_merge
from vunnet.contacts.removal import delete_company, delete_person, restore_company, restore_person
from vunnet.deals.removal import delete_deal, restore_deal
from vunnet.lists.models import BulkChange
from vunnet.reports.actions import restore_annotation
from vunnet.reports.models import Annotation
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, moment, number
from vunnet.web.errors import says_why
from vunnet.web.records.subject import TABLES, choices, subject_of
from vunnet.workspaces.deletion import KEPT_FOR, oldest_kept
from vunnet.workspaces.models import Member

ALL: dict[str, Any] = {**TABLES, "activity": Activity, "annotation": Annotation}
DELETES: dict[str, Any] = {"deal": delete_deal, "company": delete_company, "person": delete_person}
RESTORES: dict[str, Any] = {
    "deal": restore_deal,
    "company": restore_company,
    "person": restore_person,
    "activity": restore_activity,
    "annotation": restore_annotation,
}
SHOWN = 50


@dataclass(frozen=True)
class Gone:
    """One deleted row: what it is, who deleted it and when, and until when it can come back."""

    table: str
    row: Any
    by: Member

    @property
    def until(self) -> datetime:
        at: datetime = self.row.deleted_at
        return at + KEPT_FOR

    def is_offered(self) -> bool:
        """Whether the reader may bring it back."""
        if isinstance(self.row, Annotation):
            return self.row.may_be_changed_by(self.by)
        return self.by.may_write

    @property
    def company(self) -> Any:
        """Whose it was: several deals and people of one name are told apart by it."""
        return getattr(self.row, "company", None) if self.table in ("deal", "person") else None

    @property
    def merged_into(self) -> Any:
        return getattr(self.row, "merged_into", None)


def offer_undo(request: Request, table: str, pk: int, said: str) -> None:
    """Say on the next page what was deleted, with a button that brings it back."""
    messages.success(request, said, extra_tags=address_of("restore", request.member.workspace.slug, table, pk))


@require_POST
@says_why
def delete(request: Request, table: str, **numbers: int) -> HttpResponse:
    """Delete the record; the list it stood in offers it back."""
    subject = subject_of(request, table, numbers)
    DELETES[table](subject.row, by=request.member)
    offer_undo(request, table, subject.row.pk, _("%(name)s was deleted.") % {"name": subject.name[:80]})
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": subject.list_address})
    return redirect(subject.list_address)


@require_POST
@says_why
def restore(request: Request, sort: str, gone_id: int) -> HttpResponse:
    """Bring a deleted record back; a merged one by undoing the merge."""
    if sort not in ALL:
        raise Http404
    row = ALL[sort].objects.deleted_visible_to(request.member).filter(pk=number(gone_id)).first()
    if row is None:
        raise Http404
    slug = request.member.workspace.slug
    if getattr(row, "merged_into_id", None):
        undo_merge(row, by=request.member)
    else:
        RESTORES[sort](row, by=request.member)
    messages.success(request, _("Brought back."))
    if request.POST.get("next") == "deleted":
        return redirect("deleted", slug)
    if sort == "activity":
        return _to_its_record(request, row)
    if sort == "annotation":
        return redirect("insight_room", slug, "signals")
    return redirect(sort, slug, row.pk)


def _to_its_record(request: Request, row: Activity) -> HttpResponse:
    slug = request.member.workspace.slug
    for table in TABLES:
        if pk := getattr(row, f"{table}_id"):
            return redirect(table, slug, pk)
    return redirect("today", slug)


@require_GET
@says_why
def deleted(request: Request) -> HttpResponse:
    """What was deleted in the last thirty days, latest first: by whom, when, and its way back."""
    kind = choices(("", *ALL), request.GET.get("kind", ""))
    before = moment(request.GET.get("before", ""))
    found = [gone for table in ([kind] if kind else ALL) for gone in _gone(request, table, before)]
    found.sort(key=lambda gone: gone.row.deleted_at, reverse=True)
    more = found[SHOWN - 1].row.deleted_at.isoformat() if len(found) > SHOWN else ""
    kinds = [("", _("Everything")), ("deal", _("Deals")), ("company", _("Companies")), ("person", _("People")), ("activity", _("Entries")), ("annotation", _("Annotations"))]  # fmt: skip
    together = (
        BulkChange.objects.visible_to(request.member).lately().select_related("by") if not (kind or before) else []
    )
    context = {
        "section": "deleted",
        "found": found[:SHOWN],
        "kind": kind,
        "kinds": kinds,
        "more": more,
        "together": together,
    }
    return render(request, "records/deleted.html", context)


def _gone(request: Request, table: str, before: datetime | None) -> list[Gone]:
    rows = ALL[table].objects.deleted_visible_to(request.member).filter(deleted_at__gte=oldest_kept())
    rows = rows.filter(deleted_at__lt=before) if before else rows
    joined = {"deal": ("deleted_by", "company"), "company": ("deleted_by", "merged_into"), "person": ("deleted_by", "merged_into", "company"), "activity": ("deleted_by", "deal", "company", "person")}  # fmt: skip
    rows = rows.select_related(*joined.get(table, ("deleted_by",)))
    return [Gone(table, row, request.member) for row in rows.order_by("-deleted_at")[: SHOWN + 1]]
