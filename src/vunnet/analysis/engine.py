"""Where the tables live while they are questioned: DuckDB in this process, or Spark for those who outgrew one machine.

This module, the two it opens, duck.py and spark.py, and cluster.py are the only ones that know an engine by name. The
questions themselves are Ibis expressions and give the same numbers on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from vunnet.analysis import duck
from vunnet.analysis.schema import ALL, MOMENT, TEXT, Tables

ENGINES = ("duckdb", "spark")
PARQUET, CSV = "parquet", "csv"
ENDINGS = {".parquet": PARQUET, ".csv": CSV, ".csv.gz": CSV}
type_of_source = pa.Table | Path
Sources = Mapping[str, type_of_source]


class Engine(Protocol):
    """What the analysis needs of an engine. `threads`: how many it may use in this process; `faults`: what it raises
    that a person can mend, which `said` puts in a sentence."""

    threads: int
    faults: tuple[type[Exception], ...]

    def rows(self, name: str, source: pa.Table) -> ir.Table:
        """Rows in memory as a table."""

    def files(self, name: str, source: Path, kind: str) -> ir.Table:
        """A file, or the files of a folder, as a table: Parquet, or CSV as text."""

    def said(self, fault: Exception) -> str:
        """What is wrong, where, and what can be done."""

    def close(self) -> None:
        """Everything opened or kept here ends."""


@contextmanager
def opened(
    sources: Sources,
    *,
    engine: str = "duckdb",
    threads: int | None = None,
    memory: str | None = None,
    cluster: str | None = None,
) -> Iterator[Tables]:
    """The tables of `sources` (by name: deals, visits, …), each a pyarrow table, a Parquet or CSV file, or a folder of
    such files, which may be larger than memory.

    `engine`: duckdb or spark; `memory`: a limit such as "2GB"; `cluster`: a Spark master such as "spark://host:7077",
    whose workers must reach the files by the same paths (None: Spark in this process). The tables, and whatever was
    prepared from them, end with the block. ValueError for an unknown engine or table, a missing column, a file of
    another kind, Spark where it is not installed, or a cluster that does not answer or work.
    """
    backend = connect(engine, threads=threads, memory=memory, cluster=cluster)
    try:
        yield open_tables(backend, sources)
    except backend.faults as fault:
        raise ValueError(backend.said(fault)) from fault
    finally:
        backend.close()


def connect(
    engine: str = "duckdb", *, threads: int | None = None, memory: str | None = None, cluster: str | None = None
) -> Engine:
    """An engine of one's own."""
    if engine not in ENGINES:
        raise ValueError(f"--engine {engine} is not known; choose one of {', '.join(ENGINES)}")
    if engine == "duckdb":
        if cluster:
            raise ValueError("DuckDB runs on one machine; a cluster needs --engine spark")
        return duck.Duck(threads, memory)
    from vunnet.analysis.spark import Spark  # the optional extra: nobody else needs it, or Java

    return Spark(threads, memory, cluster)


def open_tables(engine: Engine, sources: Sources) -> Tables:
    """The sources as Ibis tables of the engine, checked against the schema's required columns."""
    if "deals" not in sources:
        raise ValueError("there is no table of deals")
    unknown = sorted(set(sources) - set(ALL))
    if unknown:
        raise ValueError(f"no table is called {unknown[0]!r}; the tables are {', '.join(ALL)}")
    return Tables(
        threads=engine.threads,
        **{name: _checked(name, _open(engine, name, source)) for name, source in sources.items()},
    )


def _open(engine: Engine, name: str, source: type_of_source) -> ir.Table:
    if isinstance(source, pa.Table):
        return engine.rows(name, source)
    kind = kind_of(source)
    found = engine.files(name, source, kind)
    return keep(_typed(name, found)) if kind == CSV else found


def kind_of(source: Path) -> str:
    """Parquet or CSV, by the endings of the file or of all files in the folder. ValueError for anything else."""
    paths = files_of(source)
    kinds = {next((kind for ending, kind in ENDINGS.items() if path.name.endswith(ending)), "") for path in paths}
    if len(kinds) != 1 or "" in kinds:
        raise ValueError(f"{source} is neither a Parquet nor a CSV file, nor a folder of only one kind of them")
    return kinds.pop()


def files_of(source: Path) -> list[Path]:
    """The file itself, or those of a folder; names that begin with a dot or _ are what other tools leave beside."""
    if not source.is_dir():
        return [source]
    return sorted(path for path in source.rglob("*") if path.is_file() and path.name[0] not in "._")


def _typed(name: str, table: ir.Table) -> ir.Table:
    """Columns of text as the schema has them; empty is null."""
    kinds = {field.name: field.type for field in ALL[name].columns}
    text = {column: table[column].cast("string").strip().nullif("") for column in table.columns}
    return table.select(**{column: value.cast(ibis_type(kinds.get(column, TEXT))) for column, value in text.items()})


def ibis_type(arrow: pa.DataType) -> str:
    """A type of the schema in Ibis's words."""
    kinds = {MOMENT: "timestamp", TEXT: "string", pa.date32(): "date", pa.float64(): "float64", pa.int32(): "int32"}
    return kinds.get(arrow, "decimal(18, 2)")


def _checked(name: str, table: ir.Table) -> ir.Table:
    missing = sorted(ALL[name].required - set(table.columns))
    if missing:
        raise ValueError(f"the table {name} lacks the column {missing[0]}")
    return table


def keep(table: ir.Table) -> ir.Table:
    """The rows of an expression, computed once and kept until the engine is closed."""
    backend, name = table.get_backend(), ibis.util.gen_name("kept")
    if backend.name == "duckdb":
        return backend.create_table(name, table, temp=True)
    kept = backend.create_view(name, table)
    # Not Ibis's own cache: that ends with the Python object, while expressions made from it live on.
    backend.raw_sql(f"CACHE LAZY TABLE `{name}`")
    return kept


def named(table: ir.Table) -> ir.Table:
    """An expression under a name of its own, written out only once. DuckDB asks it anew each time, which costs less than
    the memory to keep it; Spark keeps it, since planning it anew costs more than its rows."""
    backend = table.get_backend()
    return backend.create_view(ibis.util.gen_name("named"), table) if backend.name == "duckdb" else keep(table)


def numbers(unique: ir.Value) -> ir.Value:
    """A number for every row of a table of deals, from 0 on. DuckDB gives them in any order; Spark by the order of a
    unique column, since it works out anew what a lost worker had kept, and a deal must find its old number again."""
    order = None if unique.get_backend().name == "duckdb" else unique
    return ibis.row_number().over(order_by=order)


def rows(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small aggregate."""
    return table.to_pyarrow().to_pylist()  # type: ignore[no-any-return]
