"""What the search page and the palette offer: rows by their words, rows seen lately, things to do, places to go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, StageChange
from vunnet.lib import phones
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.insight.rooms import ROOMS
from vunnet.web.templatetags.show import short_money
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import best_found, fold
from vunnet.workspaces.worded import AnyOf, Worded, worded

MOST = 8
LISTS = {
    "deal": ("deals", gettext_lazy("All deals with “%(words)s”")),
    "person": ("people", gettext_lazy("All people with “%(words)s”")),
    "company": ("companies", gettext_lazy("All companies with “%(words)s”")),
}
RECENT = 6
LOGGED = (
    ("call", "phone", gettext_lazy("Log a call with %(name)s")),
    ("meeting", "users", gettext_lazy("Log a meeting with %(name)s")),
    ("note", "sticky-note", gettext_lazy("Write a note on %(name)s")),
)


@dataclass(frozen=True)
class Item:
    """One line: where it leads, its icon, its words and what stands beside them.

    `is_dialog`: it opens over the page; `post`: it is done there and then, with these fields; `log`: it begins an entry of
    that kind in the open record's timeline.
    """

    address: str
    icon: str
    words: str
    beside: str = ""
    end: str = ""
    keys: str = ""
    is_dialog: bool = False
    post: tuple[tuple[str, object], ...] = ()
    log: str = ""


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    title: str
    items: list[Item] = field(default_factory=list)


def _deal(by: Member, row: Deal) -> Item:
    sum_of_it = short_money(row.money) if row.money else ""
    end = " · ".join(filter(None, (sum_of_it, row.stage.name)))
    words, beside = (row.company.name, row.name) if row.company else (row.name, "")
    return Item(_to(by, "deal", row.pk), "columns-3", words, beside, end)


def _company(by: Member, row: Company) -> Item:
    return Item(_to(by, "company", row.pk), "building-2", row.name, row.city)


def _person(by: Member, row: Person) -> Item:
    # The company first: it tells two of one name apart, and the end is what a phone cuts off.
    beside = ", ".join(filter(None, (row.company.name if row.company else "", row.title)))
    return Item(_to(by, "person", row.pk), "user", str(row), beside, row.phone)


def _to(by: Member, name: str, *which: object) -> str:
    return address_of(name, by.workspace.slug, *which)


def _deals(by: Member) -> Any:
    return Deal.objects.visible_to(by).select_related("company", "stage")


def _people(by: Member) -> Any:
    return Person.objects.visible_to(by).select_related("company")


# By the name that tokens and the palette's memory know a table by.
TABLES: dict[str, tuple[Any, Callable[[Member], Any], Callable[[Member, Any], Item]]] = {
    "deal": (gettext_lazy("Deals"), _deals, _deal),
    "person": (gettext_lazy("People"), _people, _person),
    "company": (gettext_lazy("Companies"), lambda by: Company.objects.visible_to(by), _company),
}


def best(by: Member, rows: Any, words: str, table: str) -> list[Any]:
    """The few rows that fit the words best, in that order, among those the member sees."""
    among = None if by.sees_all else rows
    if table == "deal":
        numbers = best_found(words, table, MOST, among, of_company=Deal, first=_open)
    else:
        numbers = best_found(words, table, MOST, among, of_company=Person if table == "person" else None)
    found = {row.pk: row for row in _NUMBERED[table](by, numbers)} if numbers else {}
    return [found[number] for number in numbers if number in found]


@worded
def _open(numbers: list[int]) -> Any:
    return Deal.objects.open().filter(AnyOf("pk", numbers)).values_list("pk", flat=True)


def _numbered(table: str, by: Member, numbers: list[int]) -> Any:
    return TABLES[table][1](by).filter(AnyOf("pk", numbers))


_NUMBERED: dict[str, Worded[..., Any]] = {table: Worded(partial(_numbered, table)) for table in TABLES}


def found(by: Member, words: str) -> list[Group]:
    """Deals, people and companies by the beginnings of their words."""
    groups = []
    for table, (title, rows, draw) in TABLES.items():
        items = [draw(by, row) for row in best(by, rows(by), words, table)]
        groups.append(Group(str(title), [*items, _all_of(by, table, words)] if len(items) == MOST else items))
    return [group for group in groups if group.items]


def _all_of(by: Member, table: str, words: str) -> Item:
    """To the list of all that fit, where there are more than the best few."""
    name, said = LISTS[table]
    more = "&state=all" if table == "deal" else ""
    return Item(f"{_to(by, name)}?q={_quoted(words.strip())}{more}", "rows-3", said % {"words": words.strip()})


def seen_lately(by: Member, places: Sequence[tuple[str, int]]) -> Group:
    """The rows a browser remembers, as they are now; those that are gone or not to be seen are left out."""
    items: dict[tuple[str, int], Item] = {}
    for table, (_title, rows, draw) in TABLES.items():
        numbers = [pk for name, pk in places if name == table]
        if numbers:
            items |= {(table, row.pk): draw(by, row) for row in rows(by).filter(pk__in=numbers)}
    return Group(_("Seen lately"), [items[place] for place in places if place in items][:RECENT])


def _holds(item: Item, words: Sequence[str]) -> bool:
    own = fold_all(f"{item.words} {item.beside}")
    return all(any(one.startswith(word) for one in own) for word in words)


def fold_all(text: str) -> list[str]:
    """All folded words of a text (a search folds only its first few)."""
    return [one for word in text.split() for one in fold(word)]


def offered(request: Request, words: str, on: tuple[str, int] | None) -> list[Group]:
    """What can be done, first with the open record, and where one can go: all, or what fits the words."""
    by, folded = request.member, fold(words)
    # What is done seldom is found by its words only.
    here = [*_with_record(by, on, bool(folded))] if on else []
    places = [*_places(by)]
    # Who says "new person" means that, not a deal of that name.
    said = [item for item in _new(by, "") if folded and _holds(item, folded)]
    new = [*said, *_new(by, "" if said else words.strip())] if by.may_write else []
    if folded:
        here = [item for item in here if _holds(item, folded)]
        places = [item for item in places if _holds(item, folded)]
    groups = [Group(_("Do"), [*here, *dict.fromkeys(new)]), Group(_("Go to"), places[:MOST])]
    return [group for group in groups if group.items]


def _new(by: Member, words: str) -> Iterator[Item]:
    named = f"?name={_quoted(words)}" if words else ""
    deal = _("New deal named “%(words)s”") % {"words": words} if words else _("New deal")
    yield Item(_to(by, "new_deal") + named, "plus", deal, keys="c")
    task = _("New task “%(words)s”") % {"words": words} if words else _("New task")
    person = _("New person named “%(words)s”") % {"words": words} if words else _("New person")
    company = _("New company named “%(words)s”") % {"words": words} if words else _("New company")
    yield Item(_to(by, "new_task") + named, "square-check", task)
    yield Item(_to(by, "new_person") + named, "user-plus", person)
    yield Item(_to(by, "new_company") + named, "building-2", company)


def _quoted(words: str) -> str:
    return quote(words[:200])


def _with_record(by: Member, on: tuple[str, int], is_asked: bool) -> Iterator[Item]:
    table, pk = on
    if table not in TABLES or not by.may_write:
        return
    _title, rows, _draw = TABLES[table]
    row = rows(by).filter(pk=pk).first()
    if row is None:
        return
    for kind, icon, words in LOGGED:
        yield Item(_to(by, table, row.pk), icon, words % {"name": row}, log=kind)
    if table == "deal":
        yield from _with_deal(by, row)
    elif table == "company":
        yield Item(
            f"{_to(by, 'new_deal')}?company={_quoted(row.name)}",
            "plus",
            _("New deal with %(name)s") % {"name": row.name},
        )
        yield Item(
            f"{_to(by, 'new_person')}?company={_quoted(row.name)}",
            "user-plus",
            _("New person at %(name)s") % {"name": row.name},
        )
    else:
        yield Item(f"{_to(by, 'new_deal')}?person={row.pk}", "plus", _("New deal with %(name)s") % {"name": row})
        if to := phones.address(row.phone):
            yield Item(to, "phone", _("Call %(name)s") % {"name": row}, row.phone)
    if is_asked:
        yield from _with_any(by, table, row)


def _with_any(by: Member, table: str, row: Any) -> Iterator[Item]:
    name = {"name": row}
    yield Item(_to(by, f"change_{table}", row.pk, "owner"), "user", _("Change the owner of %(name)s") % name)
    yield Item(_to(by, f"history_{table}", row.pk), "history", _("Who changed what in %(name)s") % name, is_dialog=True)
    if table != "deal":
        yield Item(_to(by, f"merge_{table}", row.pk), "users", _("Merge %(name)s with another…") % name)
    yield Item(_to(by, f"delete_{table}", row.pk), "trash-2", _("Delete %(name)s") % name, post=(("on", "page"),))


def _with_deal(by: Member, deal: Deal) -> Iterator[Item]:
    name = deal.company.name if deal.company else deal.name
    if deal.is_open:
        following = deal.pipeline.stages.filter(
            kind="open", is_archived=False, position__gt=deal.stage.position
        ).first()
        move = _to(by, "move_deal", deal.pk)
        if following:
            words = _("Move %(name)s to %(stage)s") % {"name": name, "stage": following.name}
            yield Item(move, "arrow-right", words, post=(("to", following.pk), ("link", _link_of(deal))))
        yield Item(move, "arrow-right", _("Move %(name)s to…") % {"name": name}, is_dialog=True)
        yield Item(
            _to(by, "close_deal", deal.pk, "won"), "door-open", _("%(name)s is won…") % {"name": name}, is_dialog=True
        )
        yield Item(_to(by, "close_deal", deal.pk, "lost"), "x", _("%(name)s is lost…") % {"name": name}, is_dialog=True)
        never = _("%(name)s never was a real deal…") % {"name": name}
        yield Item(_to(by, "close_deal", deal.pk, "cancelled"), "x", never, is_dialog=True)
    else:
        reopened = _("Reopen %(name)s") % {"name": name}
        yield Item(_to(by, "reopen_deal", deal.pk), "undo-2", reopened, post=(("link", _link_of(deal)),))


def _link_of(deal: Deal) -> int:
    return int(StageChange.objects.filter(deal=deal).latest("link").link)


def _places(by: Member) -> Iterator[Item]:
    yield Item(_to(by, "today"), "sun-medium", _("Today"), keys="g t")
    yield Item(_to(by, "activities"), "square-check", _("Tasks"), _("Activities"), keys="g a")
    yield Item(f"{_to(by, 'activities')}?member=me", "square-check", _("My tasks"))
    yield Item(_to(by, "board"), "columns-3", _("Deals on the board"), keys="g d")
    yield Item(_to(by, "deals"), "rows-3", _("Deals as a list"), keys="g l")
    yield Item(_to(by, "people"), "users", _("People"), keys="g p")
    yield Item(_to(by, "companies"), "building-2", _("Companies"), keys="g c")
    first, *rooms = ROOMS.values()
    yield Item(_to(by, "insight"), "door-open", _("Closed won"), str(first.title), keys="g i")
    for room in rooms:
        # One room is called as the house is.
        words = _("Won deals") if room.name == "won" else str(room.title)
        yield Item(_to(by, "insight_room", room.name), "chart-column", words, _("Closed won"))
    yield Item(_to(by, "notices"), "bell", _("Notices"), keys="g n")
    yield Item(_to(by, "deleted"), "trash-2", _("Deleted"))
    if by.may_administer:
        yield Item(_to(by, "imports"), "upload", _("Import"))
    settings = (
        ("settings", (), _("Workspace")),
        ("members", (), _("Members")),
        ("words", ("teams",), _("Teams")),
        ("pipelines", (), _("Pipelines")),
        ("words", ("reasons",), _("Reasons")),
        ("words", ("products",), _("Products")),
        ("words", ("sources",), _("Sources")),
        ("words", ("tags",), _("Tags")),
        ("fields", (), _("Custom fields")),
    )
    for name, which, title in settings:
        yield Item(_to(by, name, *which), "settings", title, _("Settings"))
    yield Item(_to(by, "me"), "user", _("Your language and time zone"))
