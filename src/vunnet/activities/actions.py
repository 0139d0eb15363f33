"""What people do with activities: log what happened, plan what comes next, tick it off. The only writer of this room's table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.models import Member, Workspace


def log_activity(
    by: Member,
    workspace: Workspace,
    kind: str,
    *,
    body: str = "",
    subject: str = "",
    deal: Deal | None = None,
    company: Company | None = None,
    person: Person | None = None,
    direction: str = "",
    minutes: int | None = None,
    at: datetime | None = None,
) -> Activity:
    """Write down a call, mail, meeting or note that happened. Refuses an empty one and one in the future."""
    demand_writer(by)
    now = timezone.now()
    if not (body.strip() or subject.strip()):
        raise RuleBroken(_("Write what happened."), "body")
    if kind not in Activity.Kind.values or kind == Activity.Kind.TASK:
        raise RuleBroken(_("Log a call, a mail, a meeting or a note."), "kind")
    if at and at > now:
        raise RuleBroken(_("What happened cannot lie in the future; plan it as a next step."), "at")
    return _write(
        by, workspace, "activity.logged", kind=kind, subject=subject.strip(), body=body.strip(), deal=deal,
        company=company or (deal.company if deal else None), person=person, direction=direction, minutes=minutes, at=at or now,
    )  # fmt: skip


def plan_step(
    by: Member,
    workspace: Workspace,
    subject: str,
    *,
    due_at: datetime,
    due_has_time: bool = False,
    kind: str = "task",
    member: Member | None = None,
    deal: Deal | None = None,
    company: Company | None = None,
    person: Person | None = None,
) -> Activity:
    """Plan what comes next. Refuses a step without words."""
    demand_writer(by)
    if not subject.strip():
        raise RuleBroken(_("Say what the next step is."), "subject")
    return _write(
        by, workspace, "activity.planned", kind=kind, subject=subject.strip(), deal=deal, person=person,
        company=company or (deal.company if deal else None), member=member or by, due_at=due_at, due_has_time=due_has_time,
    )  # fmt: skip


def _write(by: Member, workspace: Workspace, verb: str, **fields: Any) -> Activity:
    fields.setdefault("member", by)
    activity = Activity.objects.create(workspace=workspace, created_at=timezone.now(), **fields)
    record(activity, verb, by=by, deal=activity.deal_id, kind=activity.kind)
    return activity


def finish_step(activity: Activity, *, by: Member, at: datetime | None = None) -> Activity:
    """Tick a planned step off; from then on it has happened. Doing it twice changes nothing."""
    demand_writer(by)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.done_at:
        return activity
    activity.done_at = at or timezone.now()
    activity.at = activity.at or activity.done_at
    activity.save(update_fields=["done_at", "at"])
    record(activity, "activity.done", by=by, deal=activity.deal_id)
    return activity


def postpone_step(activity: Activity, due_at: datetime, *, by: Member) -> Activity:
    """Move a planned step to another day."""
    demand_writer(by)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.done_at:
        raise RuleBroken(_("This step is done already."))
    before, activity.due_at = activity.due_at, due_at
    activity.save(update_fields=["due_at"])
    record(activity, "activity.postponed", by=by, due_at=(before, due_at), deal=activity.deal_id)
    return activity
