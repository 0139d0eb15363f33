"""What people do with many activities at once: give them to somebody else, move them to another day, reword them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
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
