"""The tables of an export that go beyond the analysis: what a CRM needs to take over companies, people and activities.

Same conventions as `analysis.schema`: text ids, naive UTC timestamps, money with two decimals, null for missing.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.analysis.schema import ALL, MOMENT, TEXT

__all__ = ["ACTIVITIES", "ALL", "COMPANIES", "DEALS", "DEAL_EXTRAS", "PEOPLE", "shaped"]

TEXTS = pa.list_(TEXT)
DAY = pa.date32()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


# Beside the columns of analysis.schema.DEALS. `stage_now`: the stage as the source writes it, also for
# lost deals, and `stage_entered_at` since when, where the source says only that.
DEAL_EXTRAS = _schema(
    external_id=TEXT,
    name=TEXT,
    company_id=TEXT,
    person_ids=TEXTS,
    owner_email=TEXT,
    stage_now=TEXT,
    stage_entered_at=MOMENT,
    probability=pa.float64(),
    loss_reason=TEXT,
    win_reason=TEXT,
    next_step=TEXT,
    description=TEXT,
    team_members=TEXTS,
)
COMPANIES = _schema(
    external_id=TEXT,
    name=TEXT,
    company_number=TEXT,
    domain=TEXT,
    website=TEXT,
    phone=TEXT,
    industry=TEXT,
    city=TEXT,
    country=TEXT,
    employees=pa.int64(),
    owner=TEXT,
    created_at=MOMENT,
)
PEOPLE = _schema(
    external_id=TEXT,
    first_name=TEXT,
    last_name=TEXT,
    email=TEXT,
    phone=TEXT,
    title=TEXT,
    company_id=TEXT,
    company=TEXT,
    owner=TEXT,
    created_at=MOMENT,
)
ACTIVITY_KINDS = ("call", "mail", "meeting", "note", "task")
ACTIVITIES = _schema(
    external_id=TEXT,
    deal_id=TEXT,
    company_id=TEXT,
    person_id=TEXT,
    kind=TEXT,
    subject=TEXT,
    body=TEXT,
    at=MOMENT,
    due_on=DAY,
    done_at=MOMENT,
    member=TEXT,
)
DEALS = pa.schema([*ALL["deals"].columns, *DEAL_EXTRAS])


def shaped(columns: dict[str, Any], schema: pa.Schema, *, whole: bool = False) -> pa.Table:
    """The columns in the schema's order and types, free attributes (`x_…`) last as text.

    `whole` adds missing columns as nulls; otherwise a column the source lacks is left out.
    """
    rows = len(next(iter(columns.values()))) if columns else 0
    arrays: dict[str, Any] = {}
    for field in schema:
        if field.name in columns:
            arrays[field.name] = columns[field.name].cast(field.type)
        elif whole:
            arrays[field.name] = pa.nulls(rows, field.type)
    for name, values in columns.items():
        if name.startswith("x_"):
            arrays[name] = values.cast(TEXT)
    return pa.table(arrays)
