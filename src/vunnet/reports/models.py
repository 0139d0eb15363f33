"""Small answers that pages need at once, kept from the last time analysis was asked; and what people write on its charts."""

from __future__ import annotations

from django.db import models

from vunnet.workspaces.models import Deletable, DeletableQuerySet, Member, Tenant, TenantQuerySet


class Kept(Tenant):
    """A named answer as JSON, and when it was computed."""

    name = models.CharField(max_length=40)
    body = models.JSONField()
    computed_at = models.DateTimeField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="kept_once")]


class Annotation(Deletable):
    """Something that happened on a day, such as a new price or a new playbook: it stands on the charts of time, for everyone here."""

    on = models.DateField()
    text = models.CharField(max_length=80)
    written_by = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    objects = DeletableQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["workspace", "-on"], name="annotation_by_day")]

    def __str__(self) -> str:
        return self.text

    def may_be_changed_by(self, member: Member) -> bool:
        """Whoever wrote it, owners and admins."""
        return member.may_administer or (member.may_write and self.written_by_id == member.pk)
