"""What an address asks of a table: its allow-list, the selection, the saved view it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.lib.errors import NotUnderstood
from vunnet.lists.models import DefaultView, SavedView
from vunnet.lists.tables import TABLES
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, number
from vunnet.web.deals import stays
from vunnet.workspaces.fields import Fields, Kind, Selection
from vunnet.workspaces.selecting import Scope, Table
from vunnet.workspaces.worded import worded

# The page's own names: where the list goes on, which saved view it began as, and that no default view is wanted.
PAGE = ("view", "after", "bare")
BOARD = ("by", "lanes")
Pairs = Sequence[tuple[str, str]]


@dataclass
class Asked:
    """One address, read."""

    request: Request
    table: Table
    fields: Fields
    selection: Selection
    view: SavedView | None = None
    views: Sequence[Any] = ()
    board: dict[str, str] = field(default_factory=dict)
    group_names: dict[Any, str] = field(default_factory=dict)

    @cached_property
    def scope(self) -> Scope:
        member = self.request.member
        return Scope(member, member.workspace.zone, timezone.localdate(), lambda: stays.stays(self.request).stale_after)

    @property
    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.table.model.objects.visible_to(self.request.member)  # type: ignore[attr-defined]
        return rows

    @cached_property
    def found(self) -> QuerySet[Any]:
        return self.table.found(self.rows, self.fields, self.selection, self.scope)

    @property
    def after(self) -> str:
        return self.request.GET.get("after", "")

    @property
    def columns(self) -> tuple[str, ...]:
        return self.selection.columns or self.table.columns(self.selection)

    @property
    def path(self) -> str:
        return address_of(self.table.name, self.request.member.workspace.slug)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The whole address, with the view it began as."""
        pairs = [*self.selection.pairs(), *self.board.items()]
        if not pairs:
            # Where a view opens the table by itself, everything has to be asked for by name.
            return [("bare", "1")] if any(view.is_default for view in self.views) else []
        return [*pairs, ("view", str(self.view.pk))] if self.view else pairs

    @property
    def query_string(self) -> str:
        return urlencode(self.pairs)

    def address(self, selection: Selection | None = None, *, path: str = "", **board: str) -> str:
        """A link to another selection of the same table, keeping the view it began as."""
        asked = replace(self, selection=selection or self.selection, board={**self.board, **board})
        asked.board = {name: value for name, value in asked.board.items() if value}
        query = asked.query_string
        return (path or self.path) + (f"?{query}" if query else "")

    @property
    def is_changed(self) -> bool:
        """Whether it says something else than the saved view it began as."""
        if self.view is None:
            return False
        saved = self.fields.read([pair for pair in parse_qsl(self.view.query) if pair[0] not in BOARD])
        kept = {name: value for name, value in parse_qsl(self.view.query) if name in BOARD}
        return sorted(saved.pairs()) != sorted(self.selection.pairs()) or kept != self.board


def table_called(name: str) -> Table:
    """Of the tables that have lists; anything else is a page that does not exist."""
    if name not in TABLES:
        raise Http404
    return TABLES[name]


def ask(request: Request, name: str, also: Sequence[str] = (), pairs: Pairs | None = None) -> Asked:
    """Read an address. Without any condition, the view with which the member opens this table's list; the board shows all that is open."""
    table = table_called(name)
    given = list(pairs) if pairs is not None else [(n, v) for n, vs in request.GET.lists() for v in vs]
    own = dict(given)
    views = views_of(request, name)
    view = _view_of(views, own, opens=not _is_board(request))
    said = [pair for pair in given if pair[0] not in PAGE]
    if view and not said:
        given = parse_qsl(view.query)
    fields = table.for_member(request.member)
    selection = fields.read(given, (*PAGE, *BOARD, *also))
    return Asked(request, table, fields, selection, view, views, _board(fields, dict(given)))


def views_of(request: Request, name: str) -> list[Any]:
    """The saved views of a table the member may open, theirs first; which is their default stands on it."""
    by = request.member
    views = _views(by.workspace_id, by.pk, by.team_id or 0, name)
    return sorted(views, key=lambda view: (view.owner_id != by.pk, view.name.lower()))


@worded
def _views(workspace_id: int, member_id: int, team_id: int, table: str) -> Any:
    own = DefaultView.objects.filter(member_id=member_id, table=OuterRef("table"), view=OuterRef("pk"))
    views = SavedView.objects.open_to(workspace_id, member_id, team_id)
    return views.filter(table=table).annotate(is_default=Exists(own)).select_related("owner")


def _is_board(request: Request) -> bool:
    """Whether the board asks, by its own address or, for a part of it, from the page that shows it."""
    home = address_of("board", request.member.workspace.slug)
    return request.path.startswith(home) or urlsplit(request.headers.get("HX-Current-URL", "")).path == home


def _view_of(views: Sequence[Any], own: dict[str, str], *, opens: bool) -> SavedView | None:
    if "view" in own:
        pk = number(own["view"])
        found: SavedView | None = next((view for view in views if view.pk == pk), None)
        if found is None:
            raise Http404
        return found
    return next((view for view in views if view.is_default), None) if opens and not set(own) - {"after"} else None


def _board(fields: Fields, given: dict[str, str]) -> dict[str, str]:
    """How the board lays it out: by which choice, and whether in lanes."""
    by, lanes = given.get("by", ""), given.get("lanes", "")
    if by and not may_be_columns(fields.by_name.get(by)):
        raise NotUnderstood(_("The board cannot be laid out by %(name)s.") % {"name": by}, "by")
    if lanes not in ("", "owner"):
        raise NotUnderstood(_("The board has no lanes by %(name)s.") % {"name": lanes}, "lanes")
    return {name: value for name, value in (("by", by), ("lanes", lanes)) if value and value != "stage"}


def may_be_columns(field: Any) -> bool:
    """Whether a field is a choice among few: what a board's columns can be."""
    return bool(field and field.is_group and not field.is_many and field.kind in (Kind.ROW, Kind.CHOICE) and (field.edit or field.name == "stage"))  # fmt: skip
