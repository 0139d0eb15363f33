"""`vunnet prepare`, used by `vunnet up`: what a first start needs once the tables are there."""

from __future__ import annotations

from importlib import import_module

from vunnet.cli.parents import end_with_up
from vunnet.cli.surroundings import surroundings


def prepare() -> None:
    """Load the sample workspace, and print the path of the one-time set-up link while nobody has used it."""
    end_with_up()
    with surroundings():
        link = import_module("vunnet.cli.first_start").first_start()
    if link:
        print(link)  # noqa: T201  # `vunnet up` reads it
