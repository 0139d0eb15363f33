"""A Spark cluster as one sees it from here: whether a master answers, and whether anybody works. Spark itself tries a dead
address for a minute and ends in a traceback, and waits for workers for ever, without a word."""

from __future__ import annotations

import re
import socket
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ANSWERS_WITHIN = 5  # seconds
WORKS_WITHIN = 60
NO_ADDRESS = "--cluster {cluster} is no Spark master; write it like spark://host:7077"
NO_ANSWER = "--cluster {cluster}: nobody answers there ({why}); start the Spark master, or mend the address"
NO_START = "--cluster {cluster}: Spark did not start there; is it a Spark master, and of version {version} as here?"
NO_WORKER = (
    "--cluster {cluster}: no worker was there for {seconds} seconds; each needs a free core and as much free memory as "
    "--memory says (else 1GB), and must reach this machine (under the address in SPARK_LOCAL_IP, if that is set)"
)
NO_FILE = "; the workers must reach the files by the same paths as this machine"


def look(cluster: str) -> None:
    """ValueError where no master can be, or none answers. Where Spark finds the place itself (yarn, k8s), nothing."""
    if re.match(r"(yarn$|k8s://|local\b)", cluster):
        return
    if not re.fullmatch(r"spark://[^,/]+:\d+(,[^,/]+:\d+)*", cluster):
        raise ValueError(NO_ADDRESS.format(cluster=cluster))
    why = ""
    for place in cluster.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), ANSWERS_WITHIN).close()
        except OSError as fault:
            why = fault.strerror or str(fault)
        else:
            return
    raise ValueError(NO_ANSWER.format(cluster=cluster, why=why))


class Watch:
    """Ends what is asked of a cluster where nobody works on it: none was free, or the last one is gone."""

    def __init__(self, session: SparkSession, cluster: str) -> None:
        self.context, self.cluster = session.sparkContext, cluster
        self.said: str | None = None
        self.ended, self.thread = Event(), Thread(target=self._watch, daemon=True)
        if not str(self.context.master).startswith("local"):  # where there is nobody to wait for
            self.thread.start()

    def _watch(self) -> None:
        scheduler, asked = self.context._jsc.sc(), self.context.statusTracker()
        seen = monotonic()
        while not self.ended.wait(1):
            # The program that asks counts as one of them.
            if not asked.getActiveJobsIds() or scheduler.getExecutorMemoryStatus().size() > 1:
                seen = monotonic()
            elif monotonic() - seen > WORKS_WITHIN:
                self.said = NO_WORKER.format(cluster=self.cluster, seconds=WORKS_WITHIN)
                self.context.cancelAllJobs()

    def close(self) -> None:
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join()
