"""A planned step as pages show it: how late it is, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from vunnet.activities.models import Activity
from vunnet.web.deals.cards import Step, lateness


@dataclass(frozen=True)
class Planned:
    """One planned activity at a moment."""

    activity: Activity
    now: datetime

    @property
    def words(self) -> str:
        return str(self.activity)

    @property
    def due_at(self) -> datetime:
        return self.activity.due_at or self.now

    @cached_property
    def lateness(self) -> str:
        """ "late", "today" or "set", by the reader's days."""
        a = self.activity
        return lateness(Step(a.pk, a.kind, a.subject, self.due_at, a.due_has_time, None), self.now)

    @cached_property
    def days_late(self) -> int:
        return (self.now.date() - timezone.localtime(self.due_at).date()).days

    @property
    def phone(self) -> str:
        return self.activity.person.phone if self.activity.person else ""


def planned(activities: list[Activity]) -> list[Planned]:
    """The same for several, all as of now."""
    now = timezone.localtime()
    return [Planned(activity, now) for activity in activities]
