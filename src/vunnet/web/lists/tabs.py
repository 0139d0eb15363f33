"""The tabs above a list or board: the questions everybody has, then the saved ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext as _

from vunnet.web.lists.asked import Asked


@dataclass(frozen=True)
class Tab:
    """One view. `view` is set for a saved one; `mark` says whose it is where it is not one's own."""

    words: str
    address: str
    is_current: bool
    view: int = 0
    mark: str = ""


def tabs(asked: Asked) -> list[Tab]:
    return [*_usual(asked), *_saved(asked)]


def _usual(asked: Asked) -> list[Tab]:
    """Without a name of their own in the database: everything, mine, what a Monday asks."""
    questions: dict[str, list[tuple[str, str]]] = {
        "deals": [
            (_("All open"), ""),
            (_("Mine"), "owner=me"),
            (_("Closing this month"), "closes.in=this_month"),
            (_("Closing next month"), "closes.in=next_month"),
            (_("Gone quiet"), "stale=yes"),
        ],
        "companies": [(_("All"), ""), (_("Mine"), "owner=me")],
        "people": [(_("All"), ""), (_("Mine"), "owner=me")],
        "activities": [
            (_("To do"), ""),
            (_("My tasks"), "member=me"),
            (_("Late"), "state=late"),
            (_("Happened"), "state=happened"),
        ],
    }
    present = sorted(replace(asked.selection, sort=None, group="", columns=()).pairs())
    path = _path(asked)
    has_default = any(view.is_default for view in asked.views)
    found = []
    for words, query in questions[asked.table.name]:
        address = query or ("bare=1" if has_default else "")
        is_current = asked.view is None and sorted(parse_qsl(query)) == present
        found.append(Tab(words, f"{path}?{address}" if address else path, is_current))
    return found


def _path(asked: Asked) -> str:
    on_board = asked.request.resolver_match and asked.request.resolver_match.url_name == "board"
    return asked.request.path if on_board else asked.path


def _saved(asked: Asked) -> list[Tab]:
    by, path = asked.request.member, _path(asked)
    return [
        Tab(
            view.name,
            f"{path}?{urlencode({'view': view.pk})}",
            asked.view is not None and asked.view.pk == view.pk,
            view.pk,
            "" if view.owner_id == by.pk else view.owner.name,
        )
        for view in asked.views
    ]
