"""The journal's one table."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import RawSQL


class Entry(models.Model):
    """One thing that was done in a workspace.

    `transaction` is PostgreSQL's transaction number. Readers that ask "what came since" go by it and not by `id`,
    because ids are handed out before they are committed and a later id may become visible first.
    """

    workspace = models.ForeignKey("workspaces.Workspace", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    by = models.ForeignKey(
        "workspaces.Member", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    verb = models.TextField()
    table = models.TextField()
    row_id = models.BigIntegerField()
    changes = models.JSONField(default=dict)
    source = models.TextField(default="")
    request_id = models.TextField(default="")
    transaction = models.BigIntegerField(db_default=RawSQL("pg_current_xact_id()::text::bigint", ()))

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "table", "row_id", "id"], name="journal_by_row"),
            models.Index(fields=["workspace", "transaction"], name="journal_since"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.table} {self.row_id}"
