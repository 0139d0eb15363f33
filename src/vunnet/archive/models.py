"""Archives on their way in, until a job has made a workspace of each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vunnet.workspaces.models import Member, Tenant, TenantQuerySet


class RestorationQuerySet(TenantQuerySet):
    def visible_to(self, member: Member) -> RestorationQuerySet:
        """One's own only: what an archive holds is nobody else's."""
        rows: RestorationQuerySet = self.filter(workspace_id=member.workspace_id, by=member)
        return rows


class Restoration(Tenant):
    """One uploaded archive. `made` is the number of the workspace it became; not a reference, since that one is behind its own wall."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    by = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False)
    name = models.TextField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    failure = models.TextField(blank=True)
    made = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    objects = RestorationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class RestorationPart(Tenant):
    """A few megabytes of it; gone once it is in."""

    restoration = models.ForeignKey(Restoration, models.CASCADE, related_name="parts", db_constraint=False)
    position = models.PositiveIntegerField()
    body = models.BinaryField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["restoration", "position"], name="restoration_part_once")]

    def __str__(self) -> str:
        return f"{self.restoration_id} {self.position}"
