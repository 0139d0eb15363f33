"""Small answers that pages need at once, kept from the last time analysis was asked."""

from __future__ import annotations

from django.db import models

from vunnet.workspaces.models import Tenant, TenantQuerySet


class Kept(Tenant):
    """A named answer as JSON, and when it was computed."""

    name = models.CharField(max_length=40)
    body = models.JSONField()
    computed_at = models.DateTimeField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="kept_once")]
