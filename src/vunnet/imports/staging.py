"""An export's tables, copied into temporary tables of the database as they are, for the statements of takeover to read.

COPY FROM is refused on tables with row-level security; a temporary table has none and goes with its transaction.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from django.db import connection

from vunnet.exchange import tables
from vunnet.exchange.tables import ALL
from vunnet.imports.statements import WORKSPACE

TYPES = {
    pa.string(): "text",
    pa.timestamp("us"): "timestamp",
    pa.date32(): "date",
    pa.float64(): "float8",
    pa.int64(): "bigint",
    pa.int32(): "int",
}


SHAPES = (
    tables.DEALS,
    tables.COMPANIES,
    tables.PEOPLE,
    tables.ACTIVITIES,
    *(ALL[name].columns for name in ("visits", "members", "lines")),
)
KNOWN = {field.name: field.type for shape in SHAPES for field in shape}


def stage(name: str, table: pa.Table, columns: Iterable[str]) -> None:
    """Make the temporary table `name` with these columns of `table`, those it lacks as nulls, and a line number `n`."""
    picked = _picked(table, list(columns))
    kinds = ", ".join(f"{field.name} {_type(field.type)}" for field in picked.schema)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TEMPORARY TABLE {name} (n int GENERATED ALWAYS AS IDENTITY, {kinds}) ON COMMIT DROP")
        names = ", ".join(picked.schema.names)
        with cursor.copy(f"COPY {name} ({names}) FROM STDIN (FORMAT csv)") as copy:
            for batch in picked.to_batches(max_chunksize=20_000):
                copy.write(_csv(batch))
        cursor.execute(f"ANALYZE {name}")


def _type(arrow: pa.DataType) -> str:
    return "numeric" if pa.types.is_decimal(arrow) else TYPES[arrow]


def _picked(table: pa.Table, columns: list[str]) -> pa.Table:
    rows = table.num_rows
    arrays = [
        table[c].combine_chunks() if c in table.schema.names else pa.nulls(rows, KNOWN.get(c, pa.string()))
        for c in columns
    ]
    return pa.table(arrays, names=columns)


def _csv(batch: Any) -> bytes:
    sink = io.BytesIO()
    pa_csv.write_csv(batch, sink, pa_csv.WriteOptions(include_header=False))
    return sink.getvalue()


def pairs(table: pa.Table, key: str, listed: str) -> pa.Table:
    """A list column as rows: one (key, value) for each member of each list."""
    if listed not in table.schema.names or not pa.types.is_list(table.schema.field(listed).type):
        return pa.table({key: pa.array([], pa.string()), "value": pa.array([], pa.string())})
    lists = table[listed].combine_chunks()
    owners = table[key].combine_chunks().take(pc.list_parent_indices(lists))
    return pa.table({key: owners, "value": pc.list_flatten(lists)})


def run_set(statement: str, **values: Any) -> int:
    """One statement over staged rows, `{W}` being the workspace's number; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{W}", WORKSPACE), values or None)
        return int(cursor.rowcount)
