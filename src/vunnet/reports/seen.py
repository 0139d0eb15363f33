"""Which deals a member's questions are about: all of them, or their circle's and those nobody owns."""

from __future__ import annotations

from vunnet.reports.labels import Labels, labels
from vunnet.workspaces.models import Member


def owners_seen(by: Member) -> Labels:
    """The owners whose deals the member may ask about, by what analysis calls them."""
    owners = labels(Member, by.workspace_id)
    return owners if by.sees_all else owners.among(set(by.circle().values_list("pk", flat=True)))


def seen_by(by: Member, owners: Labels | None = None) -> dict[str, tuple[str | None, ...]]:
    """The condition of a question that holds it to what the member sees; none for who sees everything."""
    if by.sees_all:
        return {}
    return {"owner": (*(name for _pk, name in (owners or owners_seen(by)).items()), None)}
