"""Saved views, and changes made to many rows at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.workspaces.models import Member, Team, Tenant, TenantQuerySet, Workspace

UNDO_FOR = timedelta(days=7)
MOST_LATELY = 50


class SavedViewQuerySet(TenantQuerySet):
    def visible_to(self, member: Member) -> Any:
        """One's own views, those shared with one's team, and those shared with everybody."""
        return self.open_to(member.workspace_id, member.pk, member.team_id or 0)

    def open_to(self, workspace_id: int, member_id: int, team_id: int) -> Any:
        """The same by numbers; 0 is no team."""
        of_team = Q(audience=SavedView.Audience.TEAM, team_id=team_id)
        shared = Q(audience=SavedView.Audience.ALL) | of_team
        return self.filter(Q(owner_id=member_id) | shared, workspace_id=workspace_id)


class SavedView(Tenant):
    """A question about one table under a name: conditions, order, group, columns, as an address says them. List and board share it."""

    class Audience(models.TextChoices):
        OWN = "own", _("Only me")
        TEAM = "team", _("My team")
        ALL = "all", _("Everybody")

    table = models.CharField(max_length=12)
    name = models.TextField()
    query = models.TextField(blank=True)
    owner = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False)
    audience = models.CharField(max_length=4, choices=Audience.choices, default=Audience.OWN)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+", db_constraint=False)
    created_at = models.DateTimeField(auto_now_add=True)
    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "table", "owner", "name"], name="saved_view_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(Tenant):
    """The view with which a table opens for one member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False)
    table = models.CharField(max_length=12)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+", db_constraint=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "table"], name="default_view_once")]


class BulkChangeQuerySet(TenantQuerySet):
    def visible_to(self, member: Member) -> Any:
        """What one did oneself; who administers sees everybody's."""
        rows = self.filter(workspace_id=member.workspace_id)
        return rows if member.may_administer else rows.filter(by=member)

    def lately(self) -> Any:
        """Those that can still be undone, and how they were."""
        return self.filter(created_at__gt=timezone.now() - UNDO_FOR)[:MOST_LATELY]


class BulkChange(Tenant):
    """One thing done to many rows of a table, and how far it came. It can be undone for seven days."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    table = models.CharField(max_length=12)
    verb = models.CharField(max_length=8)
    field = models.TextField(blank=True)
    value = models.JSONField(null=True)
    words = models.TextField(blank=True)
    by = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    @property
    def is_running(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.RUNNING, self.Status.UNDOING)

    @property
    def may_be_undone(self) -> bool:
        return self.status == self.Status.DONE and timezone.now() - self.created_at < UNDO_FOR


class BulkRow(Tenant):
    """What a bulk change did to one row: what stood there, what stands there now, or why it was left alone."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CHANGED = "changed", _("Changed")
        SAME = "same", _("Was so already")
        SKIPPED = "skipped", _("Left alone")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Changed since, kept")

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    bulk = models.ForeignKey(BulkChange, models.CASCADE, related_name="rows", db_constraint=False, db_index=False)
    row_id = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.WAITING)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    why = models.TextField(blank=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "bulk", "outcome", "row_id"], name="bulk_row_by_outcome")]
        constraints = [models.UniqueConstraint(fields=["workspace", "bulk", "row_id"], name="bulk_row_once")]
