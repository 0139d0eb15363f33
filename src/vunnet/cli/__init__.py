"""The command `vunnet`: parse arguments, call, print. Never a rule.

Each command is the function of the same name in the module of the same name, imported only when it is the one wanted:
`vunnet --help` loads neither Django nor the analysis.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Annotated, Any

import typer

COMMANDS = {
    "up": "Start everything on this machine: database, web, worker. Ctrl-C stops it.",
    "web": "Serve the pages only.",
    "worker": "Do the background work only.",
    "migrate": "Bring the database's tables up to date.",
    "export": "Write a whole workspace as one file.",
    "restore": "Make a workspace of such a file.",
    "analyze": "Answer what won and what lost, from exported files, without a database.",
    "manage": "Run one of Django's management commands.",
}
HIDDEN = {"prepare": "Load the sample and print the set-up link."}
# What follows is passed on as it stands.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    """Run the command line; a fault the user can mend ends it with one sentence, not a traceback."""
    # Our matrices are small: several threads wait for each other longer than they compute, and more so on busy machines.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        application(sys.argv[1:])()
    except Exception as error:
        if not _is_for_the_user(error):
            raise
        sys.exit(f"vunnet: {error}")


def application(arguments: list[str]) -> typer.Typer:
    """The command line as these arguments need it: only the command they name is really there."""
    app = typer.Typer(
        help="Vunnet: a sales CRM that learns from the deals you won.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_options)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in (COMMANDS | HIDDEN).items():
        command = _load(name) if name == wanted else _not_loaded
        settings = PASSED_ON if name == "manage" else None
        help_text = None if name == wanted else summary
        app.command(name, help=help_text, hidden=name in HIDDEN, context_settings=settings)(command)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vunnet {metadata.version('vunnet')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)]


def _options(version: Version = False) -> None:
    """Options of the command as a whole."""


def _load(name: str) -> Callable[..., Any]:
    module = f"vunnet.cli.{name}"
    try:
        command: Callable[..., Any] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        sys.exit(f"vunnet: this version has no command {name} yet")
    return command


def _not_loaded() -> None:
    """Stands in the list of commands for one that was not asked for."""


def _is_for_the_user(error: Exception) -> bool:
    from vunnet.lib.errors import RuleBroken
    from vunnet.postgres import PostgresFailed, RolesMissing

    ours = (RuleBroken, PostgresFailed, RolesMissing, PermissionError)
    return isinstance(error, ours) or type(error).__name__ in ("OperationalError", "ImproperlyConfigured")
