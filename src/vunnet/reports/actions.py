"""What people do with annotations: write one on a day, mend it, delete it, bring it back. The only writer of that table."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.reports.models import Annotation
from vunnet.workspaces.actions import demand_writer
from vunnet.workspaces.deletion import hide, hold, oldest_kept, show_again
from vunnet.workspaces.models import Member

LONGEST = 80
# A chart names the latest few; a list of more could no longer be read.
MOST = 200


def annotate(by: Member, on: date, text: str) -> Annotation:
    """Say on the charts of time what happened on a day, or will. Refuses an empty or long text, and more than a list can hold."""
    demand_writer(by)
    said = _said(text)
    _demand_room(by)
    row = Annotation.objects.create(workspace_id=by.workspace_id, on=on, text=said, written_by=by)
    record(row, "annotation.written", by=by, on=on, text=said)
    return row


def change_annotation(row: Annotation, on: date, text: str, *, by: Member) -> Annotation:
    """Move an annotation to another day or say it in other words. Whoever wrote it, owners and admins."""
    demand_writer(by)
    said = _said(text)
    with transaction.atomic():
        held: Annotation = hold(row)
        _demand_own(held, by)
        if held.deleted_at:
            raise RuleBroken(_("This annotation was deleted. Bring it back first."))
        changes = {
            name: (was, now) for name, was, now in (("on", held.on, on), ("text", held.text, said)) if was != now
        }
        held.on, held.text = on, said
        if changes:
            held.save(update_fields=list(changes))
            record(held, "annotation.changed", by=by, **changes)
    return held


def delete_annotation(row: Annotation, *, by: Member) -> Annotation:
    """Take an annotation off the charts. Whoever wrote it, owners and admins; refuses one that is deleted already."""
    demand_writer(by)
    with transaction.atomic():
        held: Annotation = hold(row)
        _demand_own(held, by)
        if held.deleted_at:
            raise RuleBroken(_("This annotation was deleted already."))
        hide(held, "annotation.deleted", by=by, on=held.on, text=held.text)
    return held


def restore_annotation(row: Annotation, *, by: Member) -> Annotation:
    """Bring a deleted annotation back. Refuses after thirty days."""
    demand_writer(by)
    with transaction.atomic():
        held: Annotation = hold(row)
        _demand_own(held, by)
        _demand_room(by)
        show_again(held, "annotation.restored", by=by)
    return held


def purge_annotations() -> int:
    """Erase what was deleted more than thirty days ago; how many. Runs in a workspace's scope."""
    count, _tables = Annotation.objects.filter(deleted_at__lt=oldest_kept()).delete()
    return count


def _said(text: str) -> str:
    said = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not said:
        raise RuleBroken(_("Write what happened."), "text")
    if len(said) > LONGEST:
        raise RuleBroken(_("At most %(most)s letters: it has to fit on a chart.") % {"most": LONGEST}, "text")
    return said


def _demand_room(by: Member) -> None:
    if Annotation.objects.visible_to(by).count() >= MOST:
        raise RuleBroken(
            _("There are %(most)s annotations already. Delete one that says nothing any more.") % {"most": MOST}
        )


def _demand_own(row: Annotation, by: Member) -> None:
    if not row.may_be_changed_by(by):
        raise RuleBroken(_("This annotation is %(who)s's. Write one of your own instead.") % {"who": row.written_by})
