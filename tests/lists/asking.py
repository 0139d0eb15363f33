"""Rows that an address asks for, without a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.utils import timezone

from vunnet.lists.tables import TABLES
from vunnet.workspaces.selecting import Scope


def asked(by: Any, query: str, table: str = "deals") -> Any:
    """The rows of a table that a member gets for a query string."""
    found = TABLES[table]
    fields = found.for_member(by)
    scope = Scope(by, by.workspace.zone, timezone.now().astimezone(by.workspace.zone).date())
    rows: Any = found.model._default_manager.visible_to(by)
    return found.found(rows, fields, fields.read(parse_qsl(query, keep_blank_values=True)), scope)


def names(by: Any, query: str, table: str = "deals") -> list[str]:
    return sorted(str(row) for row in asked(by, query, table))
