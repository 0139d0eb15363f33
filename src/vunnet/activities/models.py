"""Activities: what happened with a customer, and what is planned."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.workspaces.models import Deletable, DeletableQuerySet, Member, Tenant, TenantQuerySet, Workspace


class OfSomethingPresent(Func):
    """An activity goes with what it is about: the deal, else the company, else the person; here those whose subject is not deleted.

    Few rows are deleted, so they are looked for; joining each activity to all three took most of the time of a list of them. Nearly
    every page asks for activities, and Django took a millisecond each time to word three subqueries that are always the same.
    """

    output_field = models.BooleanField()
    WORDING = (
        "NOT EXISTS (SELECT 1 FROM deals_deal d WHERE d.deleted_at IS NOT NULL AND d.id = {0}) AND ({0} IS NOT NULL"
        " OR {1} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM contacts_company c WHERE c.deleted_at IS NOT NULL AND c.id = {1})"
        " OR {1} IS NULL AND NOT EXISTS (SELECT 1 FROM contacts_person p WHERE p.deleted_at IS NOT NULL AND p.id = {2}))"
    )

    def __init__(self) -> None:
        super().__init__(F("deal_id"), F("company_id"), F("person_id"))

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        columns = [compiler.compile(column)[0] for column in self.get_source_expressions()]
        return f"({self.WORDING.format(*columns)})", []


class ActivityQuerySet(DeletableQuerySet):
    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """What one of them did or has to do, and what belongs to a deal, or without one to a company or person, they see."""
        deals = Deal.objects.filter(Deal.objects.all().seen_by(circle)).values("pk")
        companies = Company.objects.filter(Company.objects.all().seen_by(circle)).values("pk")
        people = Person.objects.filter(Person.objects.all().seen_by(circle)).values("pk")
        contact = Q(company__in=companies) | Q(person__in=people)
        return Q(member__in=circle) | Q(deal__in=deals) | Q(deal__isnull=True) & contact

    def visible_to(self, member: Member) -> ActivityQuerySet:
        """Without what was deleted, and without what belongs to something deleted."""
        rows: ActivityQuerySet = super().visible_to(member).filter(OfSomethingPresent())
        return rows

    def planned(self) -> ActivityQuerySet:
        """To be done: has a due day and is not done."""
        return self.filter(done_at__isnull=True, due_at__isnull=False, deleted_at__isnull=True)

    def happened(self) -> ActivityQuerySet:
        return self.filter(at__isnull=False, deleted_at__isnull=True)


class Activity(Deletable):
    """A call, mail, meeting, note or task. `at` is when it happened; a planned one has `due_at` and, once done, `done_at`."""

    class Kind(models.TextChoices):
        CALL = "call", pgettext_lazy("what happened", "Call")
        MAIL = "mail", _("Mail")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")
        TASK = "task", _("Task")
        FILE = "file", _("File")

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
            models.Index(
                fields=["workspace", "deleted_at"], name="activity_deleted", condition=Q(deleted_at__isnull=False)
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

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.body}"

    @property
    def is_planned(self) -> bool:
        """To be done, and not done yet."""
        return self.due_at is not None and self.done_at is None

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


class Mention(Tenant):
    """A colleague named in an activity's text, as "@Bob Berg"."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="mentions", db_constraint=False, db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "member", "-activity"], name="mention_by_member")]
        constraints = [models.UniqueConstraint(fields=["workspace", "activity", "member"], name="mention_once")]

    def __str__(self) -> str:
        return f"@{self.member}"


class SentOnce(Tenant):
    """The number an entry got on a device before it was first sent: sent again, it is known."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    key = models.UUIDField()
    at = models.DateTimeField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "key"], name="sent_once")]
        indexes = [models.Index(fields=["workspace", "at"], name="sent_once_by_age")]

    def __str__(self) -> str:
        return str(self.key)


class Attachment(Tenant):
    """A file that belongs to an activity. Its bytes lie in parts in the database (docs/adr/0012); `token` is its address."""

    activity = models.ForeignKey(
        Activity, models.CASCADE, related_name="attachments", db_constraint=False, db_index=False
    )
    token = models.UUIDField(default=uuid4, unique=True)
    name = models.TextField()
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        # The size stands in it too, so that a workspace's total is read from the index alone.
        indexes = [models.Index(fields=["workspace", "activity"], name="attachment_by_activity", include=["size"])]

    def __str__(self) -> str:
        return self.name


class AttachmentPart(Tenant):
    """A piece of a file's bytes."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    attachment = models.ForeignKey(
        Attachment, models.CASCADE, related_name="parts", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    body = models.BinaryField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "attachment", "position"], name="attachment_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.position}"
