"""`vunnet manage …`: Django's management commands, bound by row-level security like everything that serves."""

from __future__ import annotations

import typer

from vunnet.cli.surroundings import surroundings
from vunnet.lib.errors import RuleBroken


def manage(context: typer.Context) -> None:
    """Run one of Django's management commands."""
    words = context.args or ["help"]
    if words[0] == "migrate" and len(words) == 1:
        raise RuleBroken("Tables are changed by the role that owns them. Run: vunnet migrate")
    with surroundings():
        from django.core.management import execute_from_command_line

        execute_from_command_line(["vunnet manage", *words])
