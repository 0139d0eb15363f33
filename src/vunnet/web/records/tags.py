"""The tags of a record: which it has, putting one on, taking one off."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from vunnet.lists.changing import tag_rows
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.records.subject import TABLES, Subject, by_table, subject_of
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.tags import find_or_make_tag
from vunnet.workspaces.worded import worded

# So many are offered while one types; a name that is not among them is found all the same.
OFFERED = 200


def _tags(table: str, pk: int) -> QuerySet[Any]:
    links = TABLES[table]._meta.get_field("tags").related_model.objects
    rows: QuerySet[Any] = links.filter(**{f"{table}_id": pk}).order_by("tag__name")
    return rows.values_list("tag_id", "tag__name")


@worded
def _names(by: Member) -> QuerySet[Any]:
    rows: QuerySet[Any] = Tag.objects.visible_to(by)
    return rows.order_by("name").values_list("name", flat=True)[:OFFERED]


_TAGS = by_table(_tags)


def shown(subject: Subject) -> dict[str, Any]:
    """The tags it has, and those that may be put on it."""
    return {
        "tags": _TAGS[subject.table](subject.row.pk),
        "tag_names": _names(subject.member) if subject.member.may_write else [],
    }


@require_POST
@says_why
def tags(request: Request, table: str, **numbers: int) -> HttpResponse:
    """Put a tag on the record by its name (a new name makes a new tag), or take one off."""
    subject = subject_of(request, table, numbers)
    off = request.POST.get("off")
    tag = find(request, Tag, off) if off else find_or_make_tag(request.member, request.POST.get("put", ""))
    tag_rows(subject.section, [subject.row.pk], tag, by=request.member, put=not off)
    if not request.htmx:
        return redirect(subject.address)
    return render(request, "records/tags.html", {"subject": subject, **shown(subject)})
