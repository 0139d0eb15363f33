"""What a view takes from a request: who is asking, and rows they may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime

from vunnet.workspaces.models import Member

Row = TypeVar("Row", bound=Model)


class Request(HttpRequest):
    """A request inside a workspace. `htmx` is django-htmx's, `id` the number on error pages."""

    member: Member
    id: str
    htmx: Any


def find(request: Request, table: type[Row], pk: int | str | None) -> Row:
    """A row the member may see, else the same 404 as for one that does not exist."""
    rows: QuerySet[Any] = table.objects.visible_to(request.member)  # type: ignore[attr-defined]
    row: Row = get_object_or_404(rows, pk=number(pk))
    return row


def find_if_given(request: Request, table: type[Row], pk: int | str | None) -> Row | None:
    return find(request, table, pk) if pk not in (None, "") else None


def number(text: int | str | None) -> int:
    """A row's number from an address or a form; anything else is a page that does not exist."""
    try:
        value = int(text or "")
    except ValueError:
        raise Http404 from None
    if not 0 < value < 2**63:
        raise Http404
    return value


def moment(text: str) -> datetime | None:
    """A moment from an address, None for nothing; anything else, or one without its zone, is a page that does not exist."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Http404
    return found
