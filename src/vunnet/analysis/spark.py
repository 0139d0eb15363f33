"""Spark: the same questions on many machines, or in this process where no cluster is named. Needs Java 17 or 21, and
the extra: pip install 'vunnet[spark]'."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from vunnet.analysis.cluster import NO_FILE, NO_START, Watch, look

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MISSING = "Spark is not installed; pip install 'vunnet[spark]' brings it"
NO_JAVA = "Spark needs Java 17 or 21, and none was found on the PATH or in JAVA_HOME"
HERE = "127.0.0.1"
SETTINGS = {
    "spark.app.name": "vunnet",
    "spark.sql.session.timeZone": "UTC",
    # Times in the tables are plain UTC, in Spark's words without a time zone.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


class Spark:
    """A Spark session: the one that runs already, else one of its own, which ends with it."""

    def __init__(self, threads: int | None, memory: str | None, cluster: str | None) -> None:
        if cluster:
            look(cluster)
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise ValueError(NO_JAVA)
        try:
            from py4j.protocol import Py4JError
            from pyspark.sql import SparkSession
        except ImportError as missing:
            raise ValueError(MISSING) from missing
        self.cluster = cluster
        self.faults: tuple[type[Exception], ...] = (Py4JError,) if cluster else ()
        self.threads = threads or os.cpu_count() or 1
        settings = SETTINGS | (_memory(memory, "executor") if cluster else _local(threads) | _memory(memory, "driver"))
        builder = SparkSession.builder.master(cluster or f"local[{threads or '*'}]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = _started(builder, cluster) if cluster else builder.getOrCreate()
        self.backend = ibis.pyspark.connect(self.session)
        self.watch = Watch(self.session, cluster) if cluster else None

    def rows(self, name: str, source: pa.Table) -> ir.Table:
        view = f"source_{name}"
        self.session.createDataFrame(source).createOrReplaceTempView(view)
        return self.backend.table(view)

    def files(self, name: str, source: Path, kind: str) -> ir.Table:
        reader = self.session.read.option("recursiveFileLookup", "true")
        if kind == "parquet":
            found = reader.option("mergeSchema", "true").parquet(str(source.resolve()))
        else:
            # As others write CSV: a quote in a quoted cell is doubled, and a cell may have several lines.
            found = reader.csv(str(source.resolve()), header=True, escape='"', multiLine=True)
        found.createOrReplaceTempView(f"source_{name}")
        return self.backend.table(f"source_{name}")

    def said(self, fault: Exception) -> str:
        if self.watch and self.watch.said:
            return self.watch.said
        # Java's stack of causes: the last is what really happened.
        causes = [line for line in str(fault).splitlines() if line.startswith((": ", "Caused by: "))]
        why = causes[-1].partition(": ")[2] if causes else str(fault)
        return f"--cluster {self.cluster}: Spark gave up: {why}{NO_FILE if 'FileNotFound' in why else ''}"

    def close(self) -> None:
        if self.watch:
            self.watch.close()
        self.backend.disconnect()


def _started(builder: SparkSession.Builder, cluster: str) -> SparkSession:
    """A session on a cluster. ValueError where Spark comes to no understanding with who answers there."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext, __version__
    from pyspark.errors import PySparkException

    # It would print Java's stack before `said` says the same in a sentence.
    warnings.filterwarnings("ignore", "toPandas attempted Arrow optimization", UserWarning)
    try:
        return builder.getOrCreate()
    except (Py4JError, PySparkException) as fault:
        # Else whoever asks next in this process would be given the one that failed.
        if SparkContext._active_spark_context:
            SparkContext._active_spark_context.stop()
        raise ValueError(NO_START.format(cluster=cluster, version=__version__)) from fault


def _local(threads: int | None) -> dict[str, str]:
    """On this machine alone: nothing listens to others, and no more parts than there are threads to work on them."""
    os.environ.setdefault("SPARK_LOCAL_IP", HERE)
    parts = str(threads or os.cpu_count() or 1)
    return {"spark.driver.host": HERE, "spark.driver.bindAddress": HERE, "spark.sql.shuffle.partitions": parts}


def _memory(limit: str | None, of: str) -> dict[str, str]:
    """A limit such as "2GB" in Spark's words.

    >>> _memory("2GB", "driver")
    {'spark.driver.memory': '2g'}
    """
    if limit is None:
        return {}
    found = re.fullmatch(r"(\d+)\s*([KMGT])i?B?", limit.strip(), re.IGNORECASE)
    if not found:
        raise ValueError(f"{limit} is no amount of memory; write it like 2GB")
    return {f"spark.{of}.memory": found[1] + found[2].lower()}
