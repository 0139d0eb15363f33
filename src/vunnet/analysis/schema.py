"""The tables every analysis reads, whatever system the rows came from.

`exchange` (other systems' exports) and `reports` (a workspace's own rows) fill them; nothing else in the house
defines what a column of selling means. A source may leave out any column that is not required and any table but
`deals`; what needs it then says "not recorded". Columns named `x_…` are free attributes of a deal.

Conventions, the same for every table:

* times are naive timestamps in UTC, microseconds; a source's plain date is midnight of that day in the workspace's
  time zone, expressed in UTC;
* identifiers are text, unique within their table; amounts are any numeric type, in the row's `currency`;
* a missing value is null, never an empty string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOMENT = pa.timestamp("us")
TEXT = pa.string()
MONEY = pa.decimal128(18, 2)

OUTCOMES = ("open", "won", "lost", "cancelled")
STAGE_KINDS = ("open", "won", "lost")


@dataclass(frozen=True)
class TableSchema:
    """One input table: its columns in order, and which of them every source must have."""

    name: str
    columns: pa.Schema
    required: frozenset[str]


def _table(name: str, required: str, **columns: pa.DataType) -> TableSchema:
    return TableSchema(name, pa.schema(list(columns.items())), frozenset(required.split()))


# One opportunity. `created_at`: opened or engaged; null for a deal listed but not yet opened. `closed_at`: won, lost
# or cancelled.
# `stage`: now, or the one it was lost from. `customer_since`: the day its company first bought, where known from elsewhere.
DEALS = _table(
    "deals",
    "deal_id outcome",
    deal_id=TEXT,
    outcome=TEXT,
    created_at=MOMENT,
    closed_at=MOMENT,
    amount=MONEY,
    currency=TEXT,
    owner=TEXT,
    team=TEXT,
    company=TEXT,
    person=TEXT,
    product=TEXT,
    source=TEXT,
    segment=TEXT,
    pipeline=TEXT,
    stage=TEXT,
    expected_close_on=pa.date32(),
    customer_since=pa.date32(),
)
# One stay of a deal in a stage. `left_at` null: still there.
VISITS = _table(
    "visits",
    "deal_id stage entered_at",
    deal_id=TEXT,
    stage=TEXT,
    entered_at=MOMENT,
    left_at=MOMENT,
    next_stage=TEXT,
    amount=MONEY,
)
STAGES = _table(
    "stages",
    "pipeline stage position kind",
    pipeline=TEXT,
    stage=TEXT,
    position=pa.int32(),
    kind=TEXT,
    probability=pa.float64(),
)
# One contact with the customer.
TOUCHES = _table(
    "touches",
    "deal_id at",
    deal_id=TEXT,
    at=MOMENT,
    kind=TEXT,
    member=TEXT,
    person=TEXT,
    direction=TEXT,
)
# One seller's part in a deal; `share` of a deal sums to 1 where it is recorded.
MEMBERS = _table(
    "members",
    "deal_id member",
    deal_id=TEXT,
    member=TEXT,
    joined_at=MOMENT,
    left_at=MOMENT,
    share=pa.float64(),
)
LINES = _table("lines", "deal_id product", deal_id=TEXT, product=TEXT, quantity=pa.float64(), amount=MONEY)
QUOTAS = _table(
    "quotas",
    "period_start period_end amount",
    member=TEXT,
    team=TEXT,
    period_start=pa.date32(),
    period_end=pa.date32(),
    amount=MONEY,
)

ALL = {table.name: table for table in (DEALS, VISITS, STAGES, TOUCHES, MEMBERS, LINES, QUOTAS)}


@dataclass(frozen=True)
class Tables:
    """The tables of one source, as Ibis tables of one engine; None where the source has no such rows. `threads`: how many
    may work on them in this process."""

    threads: int
    deals: ir.Table
    visits: ir.Table | None = None
    stages: ir.Table | None = None
    touches: ir.Table | None = None
    members: ir.Table | None = None
    lines: ir.Table | None = None
    quotas: ir.Table | None = None
