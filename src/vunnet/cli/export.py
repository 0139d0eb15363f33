"""`vunnet export`: a whole workspace as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vunnet.cli.surroundings import surroundings
from vunnet.lib.errors import RuleBroken

if TYPE_CHECKING:
    from vunnet.workspaces.models import Workspace


def export(
    out: Annotated[Path, typer.Argument(help="The file to write, for example fjellvarme.zip.")],
    workspace: Annotated[
        str, typer.Option(help="Which one, as its address says it: /w/THIS/. Not needed where there is one.")
    ] = "",
) -> None:
    """Write everything of a workspace as one archive, of one moment; Vunnet may run meanwhile."""
    if out.exists():
        raise RuleBroken(f"{out} is there already. Remove it, or choose another name.")
    with surroundings():
        from vunnet.archive.writing import write
        from vunnet.workspaces import walls

        room = _named(workspace)
        draft = out.with_name(f".{out.name}.part")
        try:
            with draft.open("xb") as file, walls.scope(workspace_id=room.pk):
                rows = write(room, file)
            draft.rename(out)
        finally:
            draft.unlink(missing_ok=True)
    typer.echo(f"{out}: {sum(rows.values()):,} rows of {room.name}")


def _named(slug: str) -> Workspace:
    from vunnet.workspaces import walls
    from vunnet.workspaces.deletion import every_workspace
    from vunnet.workspaces.models import Workspace

    found: list[Workspace] = []
    for number in every_workspace():
        with walls.scope(workspace_id=number):
            found += list(Workspace.objects.filter(pk=number))
    own = [room for room in found if room.slug == slug] if slug else [room for room in found if not room.is_sample]
    if len(own) == 1:
        return own[0]
    there = ", ".join(room.slug for room in found) or "none"
    raise RuleBroken(f"Say which workspace with --workspace: {there}.")
