"""What people do with tags: make one, rename one, drop one. With actions.py the only writer of the table."""

from __future__ import annotations

from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator, demand_writer
from vunnet.workspaces.models import Member, Tag

LONGEST = 60


def _name(raw: str) -> str:
    name = " ".join(raw.split())
    if not name or len(name) > LONGEST:
        raise RuleBroken(_("A tag is a word or a few, at most %(most)s letters.") % {"most": LONGEST}, "name")
    return name


def find_or_make_tag(by: Member, name: str) -> Tag:
    """A tag by its name, whatever its case; a new name makes a new tag. Refuses an empty or very long one."""
    demand_writer(by)
    wanted = _name(name)
    known: Tag | None = Tag.objects.visible_to(by).filter(name__iexact=wanted).first()
    if known:
        return known
    tag = Tag.objects.create(workspace_id=by.workspace_id, name=wanted)
    record(tag, "tag.made", by=by, name=wanted)
    return tag


def rename_tag(tag: Tag, name: str, *, by: Member) -> Tag:
    """Call a tag something else, on every row at once. Owners and admins only; refuses a name that another tag has."""
    demand_administrator(by)
    wanted = _name(name)
    if Tag.objects.visible_to(by).filter(name__iexact=wanted).exclude(pk=tag.pk).exists():
        raise RuleBroken(_("There is a tag called “%(name)s” already.") % {"name": wanted}, "name")
    before, tag.name = tag.name, wanted
    tag.save(update_fields=["name"])
    record(tag, "tag.renamed", by=by, name=(before, wanted))
    return tag


def drop_tag(tag: Tag, *, by: Member) -> None:
    """Take a tag off everything and forget it. Owners and admins only."""
    demand_administrator(by)
    record(tag, "tag.dropped", by=by, name=(tag.name, None))
    tag.delete()
