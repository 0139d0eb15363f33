"""DuckDB: one process, its threads and memory limited by the caller; what does not fit goes to a temporary folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa


class Duck:
    """A DuckDB of its own, in memory."""

    faults: tuple[type[Exception], ...] = ()

    def __init__(self, threads: int | None, memory: str | None) -> None:
        ibis.options.sql.fuse_selects = False  # DuckDB flattens nested selects itself, and faster
        self.beside = tempfile.TemporaryDirectory(prefix="vunnet-")
        self.threads = threads or os.cpu_count() or 1
        limits: dict[str, Any] = {"threads": threads, "memory_limit": memory}
        given = {name: value for name, value in limits.items() if value is not None}
        self.backend = ibis.duckdb.connect(preserve_insertion_order=False, temp_directory=self.beside.name, **given)

    def rows(self, name: str, source: pa.Table) -> ir.Table:
        self.backend.con.register(f"source_{name}", source)
        return self.backend.table(f"source_{name}")

    def files(self, name: str, source: Path, kind: str) -> ir.Table:
        paths = f"{source}/**/[!._]*" if source.is_dir() else str(source)
        if kind == "parquet":
            return self.backend.read_parquet(paths, table_name=f"source_{name}", union_by_name=True)
        return self.backend.read_csv(
            paths, table_name=f"source_{name}", header=True, all_varchar=True, union_by_name=True
        )

    def said(self, fault: Exception) -> str:
        return str(fault)

    def close(self) -> None:
        self.backend.disconnect()
        self.beside.cleanup()
