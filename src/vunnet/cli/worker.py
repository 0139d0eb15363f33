"""`vunnet worker`: background work, taken from the queue in the database, also after the database was away."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

import typer

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings

SECONDS_TO_FINISH = 8.0
"""What a running job gets when the worker is told to stop; jobs are made to be taken up again."""
LOOK_EVERY = 2.0

log = logging.getLogger(__name__)


def worker(at_once: Annotated[int, typer.Option(help="Jobs worked on at once.", min=1, max=64)] = 2) -> None:
    """Do the background work."""
    end_with_up()
    with surroundings():
        asyncio.run(work(at_once))


async def work(at_once: int) -> None:
    """Work until SIGTERM or SIGINT.

    A lost database ends the queue's listener and heartbeat for good, silently: so the whole of it is begun anew.
    """
    while await _work_while_the_database_is_there(at_once):
        log.warning("the database is away; the worker goes on when it is back")
        await _until_the_database_is_back()


async def _work_while_the_database_is_there(at_once: int) -> bool:
    """Work until told to stop (False) or until the database is gone (True)."""
    working = asyncio.create_task(_work(at_once))
    watching = asyncio.create_task(_until_the_database_is_gone())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() and not await _is_gone():
            await working
            return False
        return True
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _work(at_once: int) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    with app.replace_connector(DjangoConnector().get_worker_connector()) as ready:
        async with ready.open_async():
            await ready.run_worker_async(
                concurrency=at_once, shutdown_graceful_timeout=SECONDS_TO_FINISH, delete_jobs="successful"
            )


def _connect() -> Any:
    import psycopg
    from procrastinate.contrib.django.utils import connector_params

    return psycopg.AsyncConnection.connect(**connector_params(), autocommit=True)


async def _until_the_database_is_gone() -> None:
    from psycopg import OperationalError

    try:
        async with await _connect() as connection:
            while True:
                await connection.execute("SELECT 1")
                await asyncio.sleep(LOOK_EVERY)
    except OperationalError:
        return


async def _is_gone() -> bool:
    from psycopg import OperationalError

    try:
        await (await _connect()).close()
    except OperationalError:
        return True
    return False


async def _until_the_database_is_back() -> None:
    while await _is_gone():
        await asyncio.sleep(LOOK_EVERY)
