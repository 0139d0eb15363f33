"""Where the tables live while they are questioned: DuckDB in memory, with its threads and memory limited by the caller.

The only module that knows the engine by name. The questions themselves are Ibis expressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from vunnet.analysis.schema import ALL, Tables

type_of_source = pa.Table | Path
Sources = Mapping[str, type_of_source]


@contextmanager
def opened(sources: Sources, *, threads: int | None = None, memory: str | None = None) -> Iterator[Tables]:
    """The tables of `sources` (by name: deals, visits, …), each a pyarrow table, a Parquet or a CSV file.

    `memory` is a limit such as "2GB". The tables, and whatever was prepared from them, end with the block.
    ValueError for an unknown table, a missing column, or a file of another kind.
    """
    backend = connect(threads=threads, memory=memory)
    try:
        yield open_tables(backend, sources)
    finally:
        backend.disconnect()


def connect(*, threads: int | None = None, memory: str | None = None) -> Backend:
    """A DuckDB of its own, in memory."""
    ibis.options.sql.fuse_selects = False  # DuckDB flattens nested selects itself, and faster
    limits: dict[str, Any] = {"threads": threads, "memory_limit": memory}
    given = {name: value for name, value in limits.items() if value is not None}
    return ibis.duckdb.connect(preserve_insertion_order=False, **given)


def open_tables(backend: Backend, sources: Sources) -> Tables:
    """The sources as Ibis tables of `backend`, checked against the schema's required columns."""
    if "deals" not in sources:
        raise ValueError("there is no table of deals")
    unknown = sorted(set(sources) - set(ALL))
    if unknown:
        raise ValueError(f"no table is called {unknown[0]!r}; the tables are {', '.join(ALL)}")
    return Tables(**{name: _checked(name, _open(backend, name, source)) for name, source in sources.items()})


def _open(backend: Backend, name: str, source: type_of_source) -> ir.Table:
    if isinstance(source, pa.Table):
        backend.con.register(f"source_{name}", source)
        return backend.table(f"source_{name}")
    kinds = {".parquet": backend.read_parquet, ".csv": backend.read_csv}
    ending = source.suffixes[-2] if source.suffix == ".gz" and len(source.suffixes) > 1 else source.suffix
    if ending not in kinds:
        raise ValueError(f"{source} is neither a Parquet nor a CSV file")
    return kinds[ending](str(source))


def _checked(name: str, table: ir.Table) -> ir.Table:
    missing = sorted(ALL[name].required - set(table.columns))
    if missing:
        raise ValueError(f"the table {name} lacks the column {missing[0]}")
    return table


def keep(table: ir.Table) -> ir.Table:
    """The rows of an expression, computed once and kept until the engine is closed."""
    backend = table.get_backend()
    if isinstance(backend, Backend):
        return backend.create_table(ibis.util.gen_name("kept"), table, temp=True)
    return table.cache()


def named(table: ir.Table) -> ir.Table:
    """An expression under a name of its own: asked anew each time, but written out only once."""
    backend = table.get_backend()
    return backend.create_view(ibis.util.gen_name("named"), table)


def rows(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small aggregate."""
    return table.to_pyarrow().to_pylist()  # type: ignore[no-any-return]
