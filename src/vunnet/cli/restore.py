"""`vunnet restore`: a workspace from an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vunnet.cli.surroundings import surroundings
from vunnet.lib.errors import RuleBroken


def restore(
    file: Annotated[Path, typer.Argument(help="An archive of Vunnet.")],
    owner: Annotated[
        str,
        typer.Option(help="E-mail address of the person who becomes its owner; they must be able to sign in already."),
    ],
    limit_mb: Annotated[int, typer.Option(help="Refuse an archive that unpacks to more.")] = 20_000,
) -> None:
    """Make a workspace of an archive: all of it or nothing. It stands beside those there are."""
    if not file.is_file():
        raise RuleBroken(f"There is no file {file}.")
    with surroundings():
        from vunnet.archive.reading import restore as bring_back
        from vunnet.workspaces.models import User

        user = User.objects.filter(email=owner.strip().lower(), is_active=True).first()
        if user is None:
            raise RuleBroken(f"Nobody signs in as {owner}. Set Vunnet up first, or name somebody who does.")
        with file.open("rb") as body:
            room = bring_back(
                body, user, limit=limit_mb * 1_000_000, done=lambda rows: typer.echo(f"{rows:,} rows", err=True)
            )
    typer.echo(f"{room.name} stands at /w/{room.slug}/")
