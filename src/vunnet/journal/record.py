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
    entry = _entry(
        row.workspace_id, row._meta.db_table, row.pk, verb, by, at or timezone.now(), _plain_changes(changes)
    )
    entry.save(force_insert=True)
    return entry


def record_many(rows: Sequence[tuple[TenantRow, Mapping[str, object]]], verb: str, *, by: Any) -> None:
    """Write down that `verb` was done to each of many rows, each with its own changes: one entry a row."""
    now = timezone.now()
    entries = [
        _entry(row.workspace_id, row._meta.db_table, row.pk, verb, by, now, _plain_changes(changes))
        for row, changes in rows
    ]
    Entry.objects.bulk_create(entries, batch_size=1000)


def record_each(table: type[models.Model], numbers: Sequence[int], verb: str, *, by: Any, **changes: Any) -> None:
    """Write down that `verb` was done to the rows of a table with these numbers, all with the same changes."""
    now, same = timezone.now(), _plain_changes(changes)
    rooms = table._default_manager.filter(pk__in=numbers).values_list("pk", "workspace_id")
    entries = [_entry(room, table._meta.db_table, pk, verb, by, now, same) for pk, room in rooms]
    Entry.objects.bulk_create(entries, batch_size=1000)


def _entry(
    workspace_id: int, table: str, row_id: int, verb: str, by: Any, at: datetime, changes: dict[str, object]
) -> Entry:
    return Entry(
        workspace_id=workspace_id, at=at, by=by, verb=verb, table=table, row_id=row_id, changes=changes,
        source=source.get(), request_id=request_id.get(),
    )  # fmt: skip


def _plain_changes(changes: Mapping[str, object]) -> dict[str, object]:
    return {
        name: [plain(part) for part in value] if isinstance(value, (tuple, list)) else plain(value)
        for name, value in changes.items()
    }
