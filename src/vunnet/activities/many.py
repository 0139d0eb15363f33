"""What people do with many activities at once: give them to somebody else, move them to another day, reword them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.activities.rules import moved_to
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.models import Member
from vunnet.workspaces.together import Result, Values, change_together, refuse_unknown

COLUMNS = frozenset({"member_id", "due_at", "subject"})


def _check(name: str, value: Any) -> None:
    refuse_unknown(COLUMNS)(name, value)
    if name == "subject" and not str(value or "").strip():
        raise RuleBroken(_("Say what the next step is."), "subject")


def change_activities(values: Values, *, by: Member) -> dict[int, Result]:
    """Change who does activities, when they are due, and what they are called. Refuses an empty subject."""
    return change_together(Activity, values, by=by, verb="activity.changed", custom="", check=_check)


def at_their_times(days: Mapping[int, Any], *, by: Member) -> dict[int, Any]:
    """New days for activities (`all_day`): one with a time of day keeps it, as it is read where the member is."""
    moved = dict(days)
    timed = Activity.objects.filter(pk__in=[pk for pk, day in days.items() if day], due_has_time=True)
    for pk, before in timed.values_list("pk", "due_at"):
        moved[pk] = moved_to(days[pk].astimezone(UTC).date(), before, by.zone)
    return moved
