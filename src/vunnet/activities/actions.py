"""What people do with activities: log what happened, plan what comes next, tick it off. The only writer of this room's table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity, Mention
from vunnet.activities.rules import mentioned
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.models import Member, Workspace

LOGGED = (Activity.Kind.CALL, Activity.Kind.MAIL, Activity.Kind.MEETING, Activity.Kind.NOTE, Activity.Kind.FILE)


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
    if kind not in LOGGED:
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
    with transaction.atomic():
        activity = Activity.objects.create(workspace=workspace, created_at=timezone.now(), **fields)
        record(activity, verb, by=by, deal=activity.deal_id, kind=activity.kind, member=activity.member_id)
        _note_mentions(activity, by)
    return activity


def _note_mentions(activity: Activity, by: Member) -> None:
    """Keep who is called by "@Name" in the text; whoever is new hears of it from the journal, but not from themselves."""
    members = Member.objects.filter(workspace_id=activity.workspace_id, is_active=True) if "@" in activity.text else []
    wanted = mentioned(activity.text, [(member.pk, member.name) for member in members])
    present = set(Mention.objects.filter(activity=activity).values_list("member_id", flat=True))
    Mention.objects.filter(activity=activity).exclude(member__in=wanted).delete()
    new = [number for number in wanted if number not in present]
    Mention.objects.bulk_create(
        Mention(workspace_id=activity.workspace_id, activity=activity, member_id=number) for number in new
    )
    if others := [number for number in new if number != by.pk]:
        record(activity, "activity.mentioned", by=by, deal=activity.deal_id, members=others)


CHANGEABLE = frozenset({"subject", "body", "minutes", "at", "kind", "due_at", "due_has_time", "member"})


def change_activity(activity: Activity, *, by: Member, **fields: Any) -> Activity:
    """Mend what was written. Refuses another's entry (an owner or admin may), an empty one, one in the future, and a deleted one."""
    demand_writer(by)
    if unknown := set(fields) - CHANGEABLE:
        raise RuleBroken(_("%(fields)s cannot be changed here.") % {"fields": ", ".join(sorted(unknown))})
    with transaction.atomic():
        activity = _hold(activity)
        demand_own(activity, by)
        changes = {
            name: (getattr(activity, name), value) for name, value in fields.items() if getattr(activity, name) != value
        }
        for name, (_before, value) in changes.items():
            setattr(activity, name, value)
        _demand_sound(activity)
        if changes:
            activity.save(update_fields=list(changes))
            record(activity, "activity.changed", by=by, deal=activity.deal_id, **changes)
            _note_mentions(activity, by)
    return activity


def demand_own(activity: Activity, by: Member | None) -> None:
    """What happened is told by whoever wrote it; what is planned belongs to all who sell."""
    if activity.is_planned or by is None or by.may_administer or activity.member_id in (None, by.pk):
        return
    raise RuleBroken(_("This entry is %(who)s's. Write one of your own instead.") % {"who": activity.member})


def _demand_sound(activity: Activity) -> None:
    if not activity.text.strip():
        raise RuleBroken(_("Write what happened."), "body")
    if activity.at and activity.at > timezone.now():
        raise RuleBroken(_("What happened cannot lie in the future; plan it as a next step."), "at")


def _hold(activity: Activity) -> Activity:
    """The activity as it is now, held until the transaction ends. Refuses one that is deleted."""
    held: Activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if held.deleted_at:
        raise RuleBroken(_("This entry was deleted meanwhile."))
    return held


def finish_step(activity: Activity, *, by: Member, at: datetime | None = None) -> Activity:
    """Tick a planned step off; from then on it has happened. Doing it twice changes nothing."""
    demand_writer(by)
    activity = _hold(activity)
    if activity.done_at:
        return activity
    activity.done_at = at or timezone.now()
    activity.at = activity.at or activity.done_at
    activity.save(update_fields=["done_at", "at"])
    record(activity, "activity.done", by=by, deal=activity.deal_id)
    return activity


def reopen_step(activity: Activity, *, by: Member) -> Activity:
    """Take a tick back: the step is to be done again. Refuses one that was never planned."""
    demand_writer(by)
    activity = _hold(activity)
    if activity.due_at is None:
        raise RuleBroken(_("This was never planned, so it cannot be planned again."))
    if activity.done_at is None:
        return activity
    if activity.at == activity.done_at:
        activity.at = None
    activity.done_at = None
    activity.save(update_fields=["done_at", "at"])
    record(activity, "activity.reopened", by=by, deal=activity.deal_id)
    return activity


def postpone_step(activity: Activity, due_at: datetime, *, by: Member, due_has_time: bool | None = None) -> Activity:
    """Move a planned step to another day."""
    demand_writer(by)
    activity = _hold(activity)
    if activity.done_at:
        raise RuleBroken(_("This step is done already."))
    before, activity.due_at = activity.due_at, due_at
    activity.due_has_time = activity.due_has_time if due_has_time is None else due_has_time
    activity.save(update_fields=["due_at", "due_has_time"])
    record(activity, "activity.postponed", by=by, due_at=(before, due_at), deal=activity.deal_id)
    return activity
