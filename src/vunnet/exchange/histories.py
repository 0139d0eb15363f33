"""Changes of stage into visits: one row a stay, each deal's stays a chain in time order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.analysis.schema import VISITS
from vunnet.exchange.arrow import pc

MOMENT = pa.timestamp("us")


def chain(changes: Any, *, fold: bool = True) -> Any:
    """Visits from rows of deal_id, stage, entered_at and, where known, amount and exited_at, in the file's order.

    Sorted by deal (in order of first appearance) and time; `left_at` is the next stay's `entered_at`. With `fold`, rows
    that repeat the stage the deal is in (an amount was changed) are taken into the stay. `exited_at` counts only for a
    deal's last stay. Rows of the same moment keep the file's order, reversed where the file runs backwards in time.
    """
    deals = changes["deal_id"].combine_chunks().dictionary_encode()
    codes = deals.indices.to_numpy()
    entered = changes["entered_at"].combine_chunks().cast(pa.int64()).to_numpy()
    order = _in_time(codes, entered)
    changes = changes if order is None else changes.take(pa.array(order))
    codes = codes if order is None else codes[order]
    if fold and len(codes):
        moved = _moved(codes, changes["stage"].combine_chunks())
        changes, codes = changes.filter(pa.array(moved)), codes[moved]
    return _linked(changes, codes)


def _in_time(codes: np.ndarray, entered: np.ndarray) -> np.ndarray | None:
    """The order by deal and time; None where the rows stand so already."""
    same = codes[1:] == codes[:-1]
    later = np.diff(entered)
    if bool(np.all(codes[1:] >= codes[:-1])) and bool(np.all(later[same] >= 0)):
        return None
    backwards = int((later[same] < 0).sum()) > int((later[same] > 0).sum())
    rows = np.arange(len(codes))
    return np.lexsort((-rows if backwards else rows, entered, codes))


def _moved(codes: np.ndarray, stage: Any) -> np.ndarray:
    """Rows that begin a stay: the deal's first, or another stage than before."""
    stages = stage.dictionary_encode().indices.to_numpy()
    moved = np.ones(len(codes), dtype=bool)
    moved[1:] = (codes[1:] != codes[:-1]) | (stages[1:] != stages[:-1])
    return moved


def _linked(changes: Any, codes: np.ndarray) -> Any:
    count = len(codes)
    followed = np.zeros(count, dtype=bool)
    followed[:-1] = codes[1:] == codes[:-1]
    following = pa.array(np.minimum(np.arange(count) + 1, max(count - 1, 0)))
    has_next = pa.array(followed)
    exited = changes["exited_at"].combine_chunks() if "exited_at" in changes.column_names else None
    left = pc.if_else(
        has_next,
        changes["entered_at"].combine_chunks().take(following),
        pa.nulls(count, MOMENT) if exited is None else exited,
    )
    following_stage = changes["stage"].combine_chunks().take(following)
    columns = {
        "deal_id": changes["deal_id"],
        "stage": changes["stage"],
        "entered_at": changes["entered_at"],
        "left_at": left,
        "next_stage": pc.if_else(has_next, following_stage, pa.scalar(None, pa.string())),
    }
    if "amount" in changes.column_names:
        columns["amount"] = changes["amount"]
    return pa.table(columns, schema=pa.schema([VISITS.columns.field(name) for name in columns]))


def first_of_each(keys: Any, values: Any) -> tuple[Any, Any]:
    """Each key once, in order of first appearance, with its first value that is not null (null if it has none)."""
    coded = keys.dictionary_encode()
    codes = coded.indices.to_numpy()
    valid = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    found, places = np.unique(codes[valid], return_index=True)
    rows = np.full(len(coded.dictionary), -1, dtype=np.int64)
    rows[found] = valid[places]
    return coded.dictionary, values.take(pa.array(rows, mask=rows < 0))


def last_of_each(keys: Any, values: Any) -> tuple[Any, Any]:
    """Each key once, in order of first appearance from the end, with its last value that is not null."""
    backwards = pa.array(np.arange(len(keys) - 1, -1, -1))
    return first_of_each(keys.take(backwards), values.take(backwards))


def looked_up(wanted: Any, keys: Any, values: Any) -> Any:
    """For each wanted key the value that stands beside it; null where there is none. Keys are unique."""
    return values.take(pc.index_in(wanted, value_set=keys))
