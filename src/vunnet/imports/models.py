"""An import, the files it was given, and the lines it refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vunnet.workspaces.models import Member, Tenant, TenantQuerySet, Workspace

UNDO_FOR = timedelta(days=7)


def in_readers_words(kept: Any) -> str:
    """A sentence kept with its pattern, in the language of whoever reads it; one kept as a text as it stands."""
    from vunnet.exchange.sentences import from_plain, in_words

    return in_words(from_plain(kept), gettext) if isinstance(kept, dict) else str(kept)


class Import(Tenant):
    """One import of one source's files. `step` says how far it came, so that a killed worker's successor goes on from there.

    `tally` is what its last trial found (null: not tried as it now is), `trial` the number of that trial or of the one that runs:
    what an earlier one finds is dropped.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        TRYING = "trying", _("Being tried")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.UPLOADED)
    source = models.TextField(blank=True)
    step = models.TextField(blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    recognised = models.JSONField(default=list)
    not_recorded = models.JSONField(default=list)
    failure = models.TextField(blank=True)
    # What a person chose for a file of any shape (see choosing.py); null where a known export is read as it is.
    choice = models.JSONField(null=True)
    tally = models.JSONField(null=True)
    trial = models.PositiveIntegerField(default=0, db_default=0)
    undone_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    @property
    def told_not_recorded(self) -> list[str]:
        """What the files did not contain, in the reader's language."""
        return [in_readers_words(kept) for kept in self.not_recorded]

    @property
    def may_be_undone(self) -> bool:
        return (
            self.status == self.Status.DONE
            and self.undone_at is None
            and self.finished_at is not None
            and timezone.now() - self.finished_at < UNDO_FOR
        )


class ImportRow(Tenant):
    """What an import did to one row: made it, or changed it from what stood there. Undone for seven days, forgotten after thirty.

    `line` is 0 where the files of a known system are read: a row of theirs comes from several.
    """

    class Outcome(models.TextChoices):
        CREATED = "created", _("New")
        UPDATED = "updated", _("Updated")
        SAME = "same", _("Unchanged")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Changed since, kept")

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    run = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_constraint=False, db_index=False)
    line = models.PositiveIntegerField()
    table = models.TextField()
    row_id = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "run", "outcome", "id"], name="import_row_by_outcome")]


class ImportMapping(Tenant):
    """The last choice for files with these headers, remembered for the next one."""

    headers = models.TextField()
    choice = models.JSONField(default=dict)
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "headers"], name="import_mapping_once")]


class ImportFile(Tenant):
    """A file as it was uploaded. Its bytes lie in parts in the database, so that any worker on any machine can read them."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="files", db_constraint=False)
    name = models.TextField()
    size = models.BigIntegerField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]


class ImportFilePart(Tenant):
    """A few megabytes of a file."""

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="parts", db_constraint=False)
    position = models.PositiveIntegerField()
    body = models.BinaryField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="import_part_once")]


class ImportRefusal(Tenant):
    """A cell or line that was not taken, where it stood and why: in English, and as the sentence's pattern, so that each reads it in their language."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="refusals", db_constraint=False)
    file = models.TextField()
    line = models.PositiveIntegerField()
    column = models.TextField(blank=True)
    value = models.TextField(blank=True)
    why = models.TextField()
    said = models.JSONField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "id"], name="refusal_by_run")]

    @property
    def told(self) -> str:
        """Why, in the reader's language; a row without a pattern as it was written."""
        return in_readers_words(self.said or self.why)
