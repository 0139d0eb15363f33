"""`vunnet migrate`: the tables, by the role that owns them."""

from __future__ import annotations

from typing import Annotated

import typer

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings
from vunnet.postgres import OWNER

LOCK = 8_241_778
"""Any number nobody else uses: two machines that start a new version at once must not both change the tables."""


def migrate(quiet: Annotated[bool, typer.Option(help="Say only what went wrong.")] = False) -> None:
    """Bring the database's tables up to date."""
    end_with_up()
    with surroundings(OWNER):
        run_migrations(verbosity=0 if quiet else 1)


def run_migrations(verbosity: int) -> None:
    """Run what has not run yet, alone."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            # Most starts find nothing to do; Django's own command needs half a second to notice.
            if verbosity or _is_behind():
                call_command("migrate", interactive=False, verbosity=verbosity)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    connection.close()


def _is_behind() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
