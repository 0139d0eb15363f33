"""What all sources share when their rows become the deals table: checks of times, expected dates, final shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said

CLOSED_EARLY = said(
    "The deal was closed before it was opened; it counts, but has no time to close. Mend one of the dates."
)
_WHY = {
    "deal_id": said("The row has no identifier of the deal, so nothing can be linked to it; add one."),
    "stage": said("The row does not say which stage; add it, or leave the row out."),
    "entered_at": said("The row does not say when the stage was entered; add the time."),
    "at": said("The row does not say when; add the time."),
}


def required_why(table: str, column: str) -> str:
    return _WHY.get(
        column, said("A row of {table} must have {column}; add it, or leave the row out.", table=table, column=column)
    )


def finished_deals(rows: Rows, columns: dict[str, Any]) -> Any:
    """The deals table of the rows not refused: closing dates of open deals are expected ones, times run forwards."""
    is_closed = pc.not_equal(columns["outcome"], "open")
    if "closed_at" in columns:
        if "expected_close_on" not in columns:
            columns["expected_close_on"] = _only(pc.invert(is_closed), local_day(columns["closed_at"], rows.zone))
        columns["closed_at"] = _only(is_closed, columns["closed_at"])
        _refuse_early(rows, columns)
    columns.setdefault("external_id", columns["deal_id"])
    table = tables.shaped(columns, tables.DEALS).filter(rows.alive)
    if "expected_close_on" in table.column_names and table["expected_close_on"].null_count == len(table):
        table = table.drop_columns(["expected_close_on"])
    return table


def _only(mask: Any, values: Any) -> Any:
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _refuse_early(rows: Rows, columns: dict[str, Any]) -> None:
    """A deal closed on a day before it was opened: the closing time is refused, the deal stays."""
    if "created_at" not in columns:
        return
    early = pc.less(local_day(columns["closed_at"], rows.zone), local_day(columns["created_at"], rows.zone))
    early = pc.fill_null(early, False)
    if not pc.any(early).as_py():
        return
    bad = np.flatnonzero(early.to_numpy(zero_copy_only=False))
    if rows.has("closed_at"):
        rows.refuse("closed_at", bad, [CLOSED_EARLY] * len(bad))
    columns["closed_at"] = _only(pc.invert(early), columns["closed_at"])


def local_day(values: Any, zone: str) -> Any:
    """The calendar day of UTC timestamps in a time zone."""
    if zone != "UTC":
        values = pc.local_timestamp(values.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone)))
    return values.cast(pa.date32(), safe=False)
