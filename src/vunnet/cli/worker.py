"""`vunnet worker`: background work, taken from the queue in the database."""

from __future__ import annotations

from typing import Annotated

import typer

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings

SECONDS_TO_FINISH = 8.0
"""What a running job gets when the worker is told to stop; jobs are made to be taken up again."""


def worker(at_once: Annotated[int, typer.Option(help="Jobs worked on at once.", min=1, max=64)] = 2) -> None:
    """Do the background work."""
    end_with_up()
    with surroundings():
        work(at_once)


def work(at_once: int) -> None:
    """Work until SIGTERM or SIGINT."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    with app.replace_connector(DjangoConnector().get_worker_connector()) as ready:
        ready.run_worker(concurrency=at_once, shutdown_graceful_timeout=SECONDS_TO_FINISH, delete_jobs="successful")
