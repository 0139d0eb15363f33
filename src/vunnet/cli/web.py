"""`vunnet web`: the pages, served by Granian."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings
from vunnet.postgres.settings import memory_mib

THREADS = 8
"""Requests one process works on at once. They wait for PostgreSQL most of the time."""

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Web processes; one serves eight requests at a time. If not said: as many as cores and memory are worth.",
        min=1,
        max=64,
    ),
]
MOST_UNASKED, MIB_EACH = 4, 2048
"""A process takes 200 to 350 MiB; the database and the worker want what is left of its share."""


def fitting(cores: int, mib: int) -> int:
    """The web processes a machine is worth: Python works on one core at a time, so one for each, while memory allows."""
    return max(1, min(cores, mib // MIB_EACH, MOST_UNASKED))


def web(host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = None) -> None:
    """Serve the pages."""
    end_with_up()
    with surroundings(django=False):
        serve(host, port, workers or fitting(os.cpu_count() or 1, memory_mib()))


def serve(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; running requests are finished first."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "vunnet.cli.serving:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        websockets=False,
        # Its one warning is that eight threads are many for few cores; they wait for PostgreSQL, not for a core.
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve()
