"""What a person says of themselves: what they are called, their language, time zone and formats. Never: a role, which others give."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib import formats
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member, User

OWN_CHOICES: dict[str, Collection[str]] = {
    "language": ("en", "nb"),
    "time_zone": available_timezones(),
    "number_format": formats.NUMBERS,
    "day_format": formats.DAYS,
    "first_day": formats.WEEKDAYS,
    "currency_format": formats.CURRENCIES,
}


def call_oneself(member: Member, name: str) -> Member:
    """What a person is called, in every workspace they are a member of; what imports call them stays.

    Refuses no name, and one that somebody else goes by in one of those workspaces.
    """
    name = " ".join(name.split())
    if not name:
        raise RuleBroken(_("Give it a name."), "name")
    user = member.user
    if user is None:
        raise RuleBroken(_("Only somebody who signs in has a name of their own."), "name")
    renamed = list(Member.objects.filter(user=user).exclude(name=name).select_related("workspace"))
    for row in renamed:
        with walls.scope(workspace_id=row.workspace_id, user_id=user.pk):
            if Member.objects.filter(workspace_id=row.workspace_id).called(name).exclude(pk=row.pk).exists():
                raise RuleBroken(
                    _(
                        "In %(workspace)s somebody else is called “%(name)s”. Add what tells you apart, such as an initial."
                    )
                    % {"workspace": row.workspace.name, "name": name},
                    "name",
                )
    user.name = name
    user.save(update_fields=["name"])
    for row in renamed:
        with walls.scope(workspace_id=row.workspace_id, user_id=user.pk):
            before, row.name = row.name, name
            row.save(update_fields=["name"])
            record(row, "member.renamed", by=row, name=(before, name))
    member.name = name
    return member


def set_formats(user: User, **chosen: str) -> User:
    """A person's own language, time zone and formats; empty means the workspace's, or as the language does. Refuses what is not known."""
    for name, value in chosen.items():
        if value and value not in OWN_CHOICES[name]:
            raise RuleBroken(_("“%(value)s” cannot be chosen here.") % {"value": value}, name)
        setattr(user, name, value)
    user.save(update_fields=list(chosen))
    return user
