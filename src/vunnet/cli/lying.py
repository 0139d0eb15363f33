"""Tables that are asked where they lie: folders of Parquet or CSV files in Vunnet's own shape, larger than memory if need
be. Nothing is copied first, and no cell is checked by itself; what would make every number wrong is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vunnet.analysis import engine
from vunnet.analysis.schema import ALL, Tables
from vunnet.exchange import Export, ReadFile, own
from vunnet.exchange import tables as shapes


def tables_in(paths: Sequence[Path]) -> dict[str, Path] | None:
    """Table by table its folder, where one folder is given that holds a folder `deals`; else None: read as an export."""
    if len(paths) != 1 or not (paths[0] / "deals").is_dir():
        return None
    return {name: paths[0] / name for name in ALL if (paths[0] / name).is_dir()}


def lying(folders: dict[str, Path], rows: int) -> Export:
    """What an export says of itself, where nothing was read beforehand."""
    empty = (shapes.COMPANIES.empty_table(), shapes.PEOPLE.empty_table(), shapes.ACTIVITIES.empty_table())
    files = [ReadFile(folders["deals"].parent.name, own.SOURCE, "deals", rows, rows)]
    return Export(own.SOURCE, {}, *empty, refused=[], rows_read=rows, rows_kept=rows, files=files)


def checked(tables: Tables) -> int:
    """How many rows there are. ValueError for a deal without a name, or with another's."""
    ids = tables.deals.deal_id
    found = engine.rows(tables.deals.aggregate(rows=tables.deals.count(), named=ids.count(), different=ids.nunique()))[
        0
    ]
    if found["named"] < found["rows"]:
        raise ValueError("deals must have deal_id in every row; write them again with that column filled")
    if found["different"] < found["rows"]:
        raise ValueError("deals has the same deal_id twice; every deal must stand there once")
    others = [table for name in ALL if name != "deals" and (table := getattr(tables, name)) is not None]
    counted = [found["rows"], *(engine.rows(table.aggregate(n=table.count()))[0]["n"] for table in others)]
    return sum(int(n) for n in counted)
