"""Writing to the journal: one entry for each thing that was done, in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from django.db import models
from django.utils import timezone

from vunnet.journal.models import Entry

# Set by whoever opens the transaction (the web middleware, a job), so that every entry can be traced to its request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
source: ContextVar[str] = ContextVar("source", default="")


class TenantRow(Protocol):
    pk: Any
    workspace_id: Any
    _meta: ClassVar[Any]


def plain(value: object) -> object:
    """A value as JSON keeps it: money and dates as text, rows as their id."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (Decimal, datetime, date)):
        return str(value)
    return value


def record(row: TenantRow, verb: str, *, by: Any, at: Any = None, **changes: Any) -> Entry:
    """Write down that `verb` was done to `row`. A change of a field is the pair (before, after)."""
    return Entry.objects.create(
        workspace_id=row.workspace_id,
        at=at or timezone.now(),
        by=by,
        verb=verb,
        table=row._meta.db_table,
        row_id=row.pk,
        changes=_plain_changes(changes),
        source=source.get(),
        request_id=request_id.get(),
    )


def record_many(table: type[models.Model], numbers: Sequence[int], verb: str, *, by: Any, **changes: Any) -> None:
    """The same for many rows of one table at once."""
    now, plain_changes = timezone.now(), _plain_changes(changes)
    rooms = dict(table._default_manager.filter(pk__in=numbers).values_list("pk", "workspace_id"))
    Entry.objects.bulk_create(
        Entry(
            workspace_id=rooms[number], at=now, by=by, verb=verb, table=table._meta.db_table, row_id=number,
            changes=plain_changes, source=source.get(), request_id=request_id.get(),
        )
        for number in numbers
    )  # fmt: skip


def _plain_changes(changes: Mapping[str, object]) -> dict[str, object]:
    return {
        name: [plain(part) for part in value] if isinstance(value, (tuple, list)) else plain(value)
        for name, value in changes.items()
    }
