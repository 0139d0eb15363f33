"""A real Spark cluster on this machine, and what is said where there is none, or nobody works on it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.analysis.test_engines import PLAIN, assert_same, rows
from vunnet.analysis import cluster, engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.funnel import funnel
from vunnet.analysis.prepare import prepare
from vunnet.analysis.schema import Tables

HERE = "127.0.0.1"


def free_port() -> int:
    with socket.create_server((HERE, 0)) as found:
        return int(found.getsockname()[1])


@pytest.mark.parametrize("place", ["here", "spark://here", "spark://:7077", "http://here:7077"])
def test_what_is_no_address_of_a_master_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match="write it like spark://host:7077"):
        engine.connect("spark", cluster=place)


def test_where_nobody_answers_that_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"--cluster spark://127.0.0.1:\d+: nobody answers there \(.*refused"):
        engine.connect("spark", cluster=f"spark://{HERE}:{free_port()}")


class Standalone:
    """A master and a worker, in another time zone than the data's."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home, self.stack, self.address = home, stack, f"spark://{HERE}:{free_port()}"
        self.start("master.Master", "--host", HERE, "--port", self.address.rpartition(":")[2])
        self.worker = self.start("worker.Worker", "--host", HERE, "--cores", "1", "--memory", "1g", self.address)

    def start(self, part: str, *arguments: str) -> subprocess.Popen[bytes]:
        import pyspark

        given = {"SPARK_LOCAL_IP": HERE, "SPARK_WORKER_DIR": str(self.home / "work"), "TZ": "Asia/Tokyo"}
        command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), f"org.apache.spark.deploy.{part}"]
        log = self.stack.enter_context((self.home / part).open("wb"))
        started = subprocess.Popen(
            [*command, "--webui-port", "0", *arguments], env=os.environ | given, stdout=log, stderr=log
        )
        self.stack.callback(started.wait)
        self.stack.callback(started.kill)
        return started


@pytest.fixture
def standalone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standalone]:
    pytest.importorskip("pyspark", reason="Spark is an optional extra: pip install 'vunnet[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17 or 21, and this machine has none")
    monkeypatch.setenv("SPARK_LOCAL_IP", HERE)
    with ExitStack() as stack:
        found = Standalone(tmp_path, stack)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                cluster.look(found.address)
                break
            except ValueError:
                time.sleep(0.2)
        yield found


def came(tables: Tables) -> list[dict[str, object]]:
    found = funnel(prepare(tables, PLAIN.as_of, PLAIN.time_zone))
    assert not isinstance(found, NotRecorded)
    return [row for one in found for row in one.to_json()]


def test_a_cluster_gives_the_same_numbers_and_says_when_its_workers_are_gone(
    standalone: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {name: tmp_path / f"{name}.parquet" for name in ("deals", "visits", "stages")}
    for name, path in sources.items():
        pq.write_table(rows()[name], path)
    with engine.opened(sources) as tables:
        expected = came(tables)
    with ExitStack() as stack:
        where = engine.opened(sources, engine="spark", cluster=standalone.address, memory="512MB")
        tables = stack.enter_context(where)
        assert_same(expected, came(tables))
        monkeypatch.setattr(cluster, "WORKS_WITHIN", 1)
        standalone.worker.kill()
        stack.callback(came, tables)  # its fault is told of where the block ends
        with pytest.raises(ValueError, match=f"--cluster {standalone.address}: no worker was there"):
            stack.close()
