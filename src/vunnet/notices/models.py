"""Notices, what each member chose to hear of, and the mails that wait to be sent."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vunnet.workspaces.models import Member, Tenant, TenantQuerySet, Workspace


class Kind(models.TextChoices):
    """What one may hear of."""

    MENTIONED = "mentioned", _("Somebody mentions me")
    ASSIGNED = "assigned", _("A deal or task becomes mine")
    DUE = "due", _("In the morning: tasks due and overdue")
    MOVED = "moved", _("Somebody else moves, wins or loses my deal")
    FINISHED = "finished", _("My import or large change has finished")
    DIGEST = "digest", _("On Monday morning: the week in pictures")


class Position(Tenant):
    """How far the journal was read: everything up to this entry of this transaction has become notices."""

    transaction = models.BigIntegerField(default=0)
    entry = models.BigIntegerField(default=0)
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace"], name="notice_position_once")]


class Choice(Tenant):
    """Where one member hears of one kind, if they chose otherwise than usual (rules.py)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    in_app = models.BooleanField()
    by_mail = models.BooleanField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "kind"], name="notice_choice_once")]


class NoticeQuerySet(TenantQuerySet):
    def visible_to(self, member: Member) -> Any:
        """One's own, and of those the ones one wants to see in the app."""
        return self.filter(workspace_id=member.workspace_id, member_id=member.pk, in_app=True)

    def unread(self) -> Any:
        return self.filter(read_at__isnull=True)


class Notice(Tenant):
    """One thing a member hears of. `event` names what happened: the same event is told once. `count` rows, one of them by number."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    event = models.TextField()
    by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    verb = models.TextField()
    table = models.TextField(blank=True)
    row_id = models.BigIntegerField(null=True)
    count = models.PositiveIntegerField(default=1)
    facts = models.JSONField(default=dict)
    in_app = models.BooleanField(default=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "member", "kind", "event"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["workspace", "member", "-at"], name="notice_latest"),
            models.Index(fields=["workspace", "member"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["workspace", "at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"


class Digest(Tenant):
    """A week that was told to a member; `week` is its first day. Made once."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    week = models.DateField()
    made_at = models.DateTimeField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "week"], name="digest_once")]


class Mail(Tenant):
    """A mail to be sent: which notice or digest it tells of. What it says is written when it is sent, for who may see it then."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Not sent: nothing left to tell")

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    notice = models.ForeignKey(
        Notice, models.CASCADE, null=True, related_name="mails", db_constraint=False, db_index=False
    )
    digest = models.ForeignKey(
        Digest, models.CASCADE, null=True, related_name="mails", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "notice"], name="mail_of_notice_once"),
            models.UniqueConstraint(fields=["workspace", "digest"], name="mail_of_digest_once"),
            models.CheckConstraint(
                name="mail_tells_one",
                condition=Q(notice__isnull=False, digest__isnull=True) | Q(notice__isnull=True, digest__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "next_try_at"], name="mail_waiting", condition=Q(status="waiting")),
        ]

    @property
    def about(self) -> str:
        """The kind's words."""
        return str(Kind(self.notice.kind if self.notice else Kind.DIGEST).label)
