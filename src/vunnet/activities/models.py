"""Activities: what happened with a customer, and what is planned."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.workspaces.models import Member, Tenant, TenantQuerySet


class ActivityQuerySet(TenantQuerySet):
    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """What one of them did or has to do, and what belongs to a deal, or without one to a company or person, they see."""
        deals = Deal.objects.filter(Deal.objects.all().seen_by(circle)).values("pk")
        companies = Company.objects.filter(Company.objects.all().seen_by(circle)).values("pk")
        people = Person.objects.filter(Person.objects.all().seen_by(circle)).values("pk")
        contact = Q(company__in=companies) | Q(person__in=people)
        return Q(member__in=circle) | Q(deal__in=deals) | Q(deal__isnull=True) & contact

    def planned(self) -> ActivityQuerySet:
        """To be done: has a due day and is not done."""
        return self.filter(done_at__isnull=True, due_at__isnull=False)

    def happened(self) -> ActivityQuerySet:
        return self.filter(at__isnull=False)


class Activity(Tenant):
    """A call, mail, meeting, note or task. `at` is when it happened; a planned one has `due_at` and, once done, `done_at`."""

    class Kind(models.TextChoices):
        CALL = "call", pgettext_lazy("what happened", "Call")
        MAIL = "mail", _("Mail")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")
        TASK = "task", _("Task")

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)
    direction = models.CharField(max_length=3, choices=Direction.choices, blank=True)
    at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_has_time = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True)
    minutes = models.PositiveIntegerField(null=True)
    deal = models.ForeignKey(
        Deal, models.CASCADE, null=True, related_name="activities", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, related_name="activities", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, related_name="activities", db_constraint=False, db_index=False
    )
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_constraint=False)
    source = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    created_at = models.DateTimeField()
    objects = ActivityQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "deal", "-at"], name="activity_by_deal"),
            models.Index(fields=["workspace", "company", "-at"], name="activity_by_company"),
            models.Index(fields=["workspace", "person", "-at"], name="activity_by_person"),
            models.Index(
                fields=["workspace", "deal", "due_at"],
                name="activity_next_step",
                condition=Q(done_at__isnull=True, due_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "member", "due_at"],
                name="activity_todo",
                condition=Q(done_at__isnull=True, due_at__isnull=False),
            ),
            # Lists over all of them: what happened last, and what is due first.
            models.Index(
                F("workspace"),
                F("at").desc(nulls_last=True),
                F("id").desc(),
                name="activity_latest",
                condition=Q(at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "due_at", "id"],
                name="activity_due",
                condition=Q(done_at__isnull=True, due_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"],
                name="activity_external_once",
                condition=~Q(external_id=""),
            ),
            models.CheckConstraint(
                name="activity_happened_or_planned", condition=Q(at__isnull=False) | Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.get_kind_display()

    def due_on(self, zone: ZoneInfo) -> date | None:
        return self.due_at and self.due_at.astimezone(zone).date()

    def lateness(self, now: datetime, zone: ZoneInfo) -> str:
        """ "late", "today" or "set", as a card shows it."""
        due, today = self.due_on(zone), now.astimezone(zone).date()
        if due is None or due > today:
            return "set"
        if due == today and not (self.due_has_time and self.due_at and self.due_at < now):
            return "today"
        return "late"
