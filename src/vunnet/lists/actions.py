"""What people do with saved views: save, rename, update, share, delete, open a table with one. With bulk.py the only writer of this room's tables."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.lists.models import DefaultView, SavedView
from vunnet.lists.tables import TABLES
from vunnet.workspaces.models import Member

LONGEST_NAME, LONGEST_QUERY = 80, 4_000


def _name(by: Member, table: str, raw: str, own: int | None = None) -> str:
    name = " ".join(raw.split())
    if not name or len(name) > LONGEST_NAME:
        raise RuleBroken(_("Give the view a name of at most %(most)s letters.") % {"most": LONGEST_NAME}, "name")
    taken = SavedView.objects.filter(owner=by, table=table, name__iexact=name).exclude(pk=own)
    if taken.exists():
        raise RuleBroken(_("You have a view called “%(name)s” already.") % {"name": name}, "name")
    return name


def _query(by: Member, table: str, query: str) -> str:
    """The address, read once: a view that could not be opened is not kept."""
    if len(query) > LONGEST_QUERY:
        raise RuleBroken(_("This has more conditions than a view can keep."), "query")
    TABLES[table].for_member(by).read(parse_qsl(query), ("by", "lanes"))
    return query


def save_view(by: Member, *, table: str, name: str, query: str, audience: str = SavedView.Audience.OWN) -> SavedView:
    """Keep a question about a table under a name. Refuses an unknown table, an empty or taken name, and conditions that do not exist.

    Everybody may save views of their own, viewers too; sharing one is for those who may write.
    """
    if table not in TABLES:
        raise RuleBroken(_("There is no list called %(table)s.") % {"table": table}, "table")
    with transaction.atomic():
        view = SavedView.objects.create(
            workspace_id=by.workspace_id,
            owner=by,
            table=table,
            name=_name(by, table, name),
            query=_query(by, table, query),
        )
        record(view, "view.saved", by=by, name=view.name, query=view.query)
        return share_view(view, audience, by=by) if audience != SavedView.Audience.OWN else view


def _demand_own(view: SavedView, by: Member) -> None:
    if view.owner_id != by.pk and not (by.may_administer and view.audience != SavedView.Audience.OWN):
        raise RuleBroken(_("This view is %(name)s's. Save one of your own from it.") % {"name": view.owner.name})


def rename_view(view: SavedView, name: str, *, by: Member) -> SavedView:
    """Call a view something else. Its owner's, and a shared one's also an admin's."""
    _demand_own(view, by)
    before, view.name = view.name, _name(view.owner, view.table, name, view.pk)
    view.save(update_fields=["name"])
    record(view, "view.renamed", by=by, name=(before, view.name))
    return view


def update_view(view: SavedView, query: str, *, by: Member) -> SavedView:
    """Let a view ask something else from now on."""
    _demand_own(view, by)
    before, view.query = view.query, _query(by, view.table, query)
    view.save(update_fields=["query"])
    record(view, "view.updated", by=by, query=(before, view.query))
    return view


def share_view(view: SavedView, audience: str, *, by: Member) -> SavedView:
    """Show a view to one's team, to everybody, or to oneself again. Refuses a team where there is none, and viewers."""
    _demand_own(view, by)
    if audience not in SavedView.Audience.values:
        raise RuleBroken(_("A view is for you, your team or everybody."), "audience")
    if audience != SavedView.Audience.OWN and not by.may_write:
        raise RuleBroken(_("You can keep views for yourself, but not share them. Ask an admin for another role."))
    team = view.owner.team_id if audience == SavedView.Audience.TEAM else None
    if audience == SavedView.Audience.TEAM and team is None:
        raise RuleBroken(_("You are in no team. Share the view with everybody instead."), "audience")
    before, view.audience, view.team_id = view.audience, audience, team
    view.save(update_fields=["audience", "team"])
    if audience == SavedView.Audience.OWN:
        DefaultView.objects.filter(view=view).exclude(member=view.owner).delete()
    record(view, "view.shared", by=by, audience=(before, audience))
    return view


def delete_view(view: SavedView, *, by: Member) -> None:
    """Forget a view. The rows it showed stay."""
    _demand_own(view, by)
    record(view, "view.deleted", by=by, name=(view.name, None), query=(view.query, None))
    view.delete()


def choose_default(by: Member, table: str, view: SavedView | None) -> None:
    """Open a table with this view from now on, or with everything."""
    if view is not None and view.table != table:
        raise RuleBroken(_("This view belongs to another list."), "view")
    if view is None:
        DefaultView.objects.filter(member=by, table=table).delete()
    else:
        place: dict[str, Any] = {"workspace_id": by.workspace_id, "member": by, "table": table}
        DefaultView.objects.update_or_create(**place, defaults={"view": view})
    record(view or by, "view.made_default" if view else "view.default_lifted", by=by, table_name=table)
