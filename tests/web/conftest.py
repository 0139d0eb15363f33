"""A year of deals, some of whose days nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vunnet.exchange.export import Export
from vunnet.exchange.sample import sample
from vunnet.imports.takeover import take_over


@pytest.fixture
def year(house: Any, settings: Any, tmp_path: Any) -> Any:
    settings.HOME = tmp_path
    export = sample(datetime.now(ZoneInfo("Europe/Oslo")).date(), companies=60, people=80, deals=300)
    take_over(some_undated(export), house.workspace, by=None)
    return house


def some_undated(export: Export) -> Export:
    """Of some closed deals nobody knows when they were opened, of others when they closed, of a few neither."""
    deals = export.tables["deals"]
    rows = deals.to_pylist()
    closed = [n for n, row in enumerate(rows) if row["outcome"] != "open"]
    lacking = {n: ("created_at", "closed_at", "both")[k % 3] for k, n in enumerate(closed[::7])}
    for n, what in lacking.items():
        rows[n] |= dict.fromkeys(("created_at", "closed_at") if what == "both" else (what,))
    theirs = pa.array([rows[n]["deal_id"] for n in lacking])
    kept = {
        name: table.filter(pc.invert(pc.is_in(table["deal_id"], theirs))) if name in ("visits", "touches") else table
        for name, table in export.tables.items()
    }
    return replace(export, tables=kept | {"deals": pa.Table.from_pylist(rows, deals.schema)})
