"""In the morning of each member's own day: what is due and what is late, once a day, and nothing when there is nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vunnet.activities.models import Activity
from vunnet.notices.actions import give
from vunnet.notices.models import Notice
from vunnet.notices.rules import MORNING
from vunnet.workspaces.models import Member


def zone_of(member: Member) -> ZoneInfo:
    return member.zone


def tell_whats_due(now: datetime) -> int:
    """Tell everyone of the present scope whose morning it is, and who was not told today; says how many."""
    members = Member.objects.filter(is_active=True, user__isnull=False).select_related("user", "workspace")
    early = [m for m in members if now.astimezone(zone_of(m)).hour in MORNING]
    events = {m.pk: f"due-{now.astimezone(zone_of(m)).date()}" for m in early}
    done = set(Notice.objects.filter(member__in=events, event__in=set(events.values())).values_list("member", "event"))
    return sum(_tell(m, events[m.pk], now) for m in early if (m.pk, events[m.pk]) not in done)


def _tell(member: Member, event: str, now: datetime) -> bool:
    zone = zone_of(member)
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    steps = Activity.objects.visible_to(member).planned().filter(member=member)
    late = steps.filter(due_at__lt=today).count()
    due = steps.filter(due_at__gte=today, due_at__lt=today + timedelta(days=1)).count()
    if not late + due:
        return False
    told = give(member, "due", event, verb="activity.due", at=now, count=late + due, facts={"late": late, "today": due})
    return told is not None
