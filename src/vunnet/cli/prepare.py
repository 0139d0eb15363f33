"""`vunnet prepare`, used by `vunnet up`: what a first start needs once the tables are there."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import typer

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings


def prepare() -> None:
    """Load the sample workspace, and print the path of the one-time set-up link while nobody has used it."""
    end_with_up()
    if not find_spec("vunnet.cli.first_start"):
        return
    with surroundings():
        link = import_module("vunnet.cli.first_start").first_start()
    if link:
        typer.echo(link)
