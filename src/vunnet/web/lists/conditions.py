"""Choosing a condition: what a field may be compared with, loaded when it is opened, and the list that follows from the choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, Stage
from vunnet.lib.errors import NotUnderstood
from vunnet.lib.formats import present
from vunnet.lib.money import read_amount
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.inputs import read_day
from vunnet.web.lists.asked import Asked, ask
from vunnet.web.lists.sentence import PERIODS, names_of
from vunnet.workspaces.fields import ME, NONE, Condition, Field, Kind
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import best_found

OWN = ("for", "on", "how", "value", "and", "done")
MOST_CHOICES = 200
HOW = {
    "is": gettext_lazy("is"),
    "not": gettext_lazy("is not"),
    "has": gettext_lazy("contains"),
    "hasnt": gettext_lazy("does not contain"),
    "from": gettext_lazy("at least"),
    "over": gettext_lazy("more than"),
    "to": gettext_lazy("at most"),
    "under": gettext_lazy("less than"),
    "between": gettext_lazy("between"),
}
DAY_HOW = {
    "is": gettext_lazy("is on"),
    "from": gettext_lazy("is on or after"),
    "to": gettext_lazy("is on or before"),
    "between": gettext_lazy("is between"),
}
# What is asked most of such a field: nobody looks for deals of exactly a million.
USUAL = {Kind.AMOUNT: "from", Kind.NUMBER: "from", Kind.TEXT: "has"}
SUGGESTED = {Company: "companies", Person: "people", Deal: "deals"}


@dataclass
class Choices:
    """What the condition of one field offers: links that need no more, comparisons, values to tick."""

    field: Field
    links: list[tuple[str, str, bool]]
    hows: list[tuple[str, Any]]
    how: str
    values: tuple[str, str]
    options: list[tuple[str, str, bool]]
    suggest: str = ""


@require_GET
@says_why
def condition(request: Request, table: str) -> HttpResponse:
    """The fields one may ask about (no `for`), the choices of one, or (`done`) the list with the condition set."""
    asked = ask(request, table, OWN)
    name = request.GET.get("for", "")
    if not name:
        offered = [f for f in asked.fields.by_name.values() if f.is_offered and f.means]
        return _render(request, asked, {"offered": [(f.label, _address(request, f.name)) for f in offered]})
    chosen = asked.fields.get(name)
    if request.GET.get("done"):
        return redirect(_list(asked, _with(asked, chosen)))
    without = _list(asked, [c for c in asked.selection.conditions if c.field != name])
    return _render(request, asked, {"choices": _choices(asked, chosen), "without": without, "hidden": _hidden(request)})


def _render(request: Request, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    template = "lists/condition.html" if request.htmx else "lists/condition_page.html"
    return render(request, template, {"section": asked.table.name, "asked": asked, **context})


def _address(request: Request, name: str) -> str:
    query = request.GET.copy()
    query["for"] = name
    return f"{request.path}?{query.urlencode()}"


def _hidden(request: Request) -> list[tuple[str, str]]:
    """What the form carries on: the whole list's address, and which field it is about."""
    own = {"how", "value", "and", "done"}
    return [(name, value) for name, values in request.GET.lists() for value in values if name not in own]


def _list(asked: Asked, conditions: list[Condition]) -> str:
    on_board = asked.request.GET.get("on") == "board"
    path = address_of("board", asked.request.member.workspace.slug) if on_board else ""
    return asked.address(replace(asked.selection, conditions=tuple(conditions)), path=path)


def _with(asked: Asked, chosen: Field) -> list[Condition]:
    """The conditions with those on one field replaced by what was chosen. Nothing chosen lifts it."""
    kept = [c for c in asked.selection.conditions if c.field != chosen.name]
    get = asked.request.GET
    how, values = get.get("how", "is"), [value for value in get.getlist("value") if value.strip()]
    pairs = [(how, value) for value in values]
    if how == "between":
        pairs = [(side, value) for side, value in (("from", get.get("value")), ("to", get.get("and"))) if value]
    elif chosen.is_many and chosen.kind == Kind.ROW:
        pairs = [(how, _number_called(asked, chosen, value)) for value in values]
    named = [
        (chosen.name if side == "is" else f"{chosen.name}.{side}", _tolerant(chosen, side, value))
        for side, value in pairs
    ]
    return [*kept, *asked.fields.read(named).conditions]


def _tolerant(chosen: Field, how: str, value: str) -> str:
    """Days and numbers as people write them."""
    means = chosen.means.get(how)
    try:
        if means == Kind.DAY:
            return str(read_day(value.strip().lower()))
        if means == Kind.NUMBER:
            return str(read_amount(value, present().decimal_mark))
    except Exception as fault:
        raise NotUnderstood(str(getattr(fault, "message", fault)), chosen.name) from fault
    return value


def _number_called(asked: Asked, chosen: Field, value: str) -> str:
    """The number of the row that bears a name; a number stays one."""
    if value in (ME, NONE) or (value.isascii() and value.isdigit()):
        return value
    rows: QuerySet[Any] = chosen.model.objects.visible_to(asked.request.member)
    found = rows.filter(name__iexact=value.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise NotUnderstood(_("There is nothing called “%(name)s”.") % {"name": value}, chosen.name)
    return str(found)


def _choices(asked: Asked, chosen: Field) -> Choices:
    given = asked.selection.given(chosen.name)
    usual = USUAL.get(chosen.kind, "is")
    how = next((how for how in given if how not in ("in", "empty")), usual if usual in chosen.means else "is")
    values = (*given.get(how, ()), "")
    low, high = values[0], ""
    if "from" in given and "to" in given:
        how, low, high = "between", given["from"][0], given["to"][0]
    words = DAY_HOW if chosen.kind in (Kind.DAY, Kind.MOMENT) else HOW
    hows = [(name, words[name]) for name in chosen.means if name in words]
    if ("from" in chosen.means and "to" in chosen.means and "in" in chosen.means) or "under" in chosen.means:
        hows.append(("between", words["between"]))
    if chosen.kind == Kind.YES_NO:
        hows = []
    suggest = SUGGESTED.get(chosen.model, "") if chosen.is_many else ""
    if suggest and low:
        named = names_of(asked, [c for c in asked.selection.conditions if c.field == chosen.name])
        low = named.get((chosen.name, low), low)
    return Choices(chosen, _links(asked, chosen, given), hows, how, (low, high), _options(asked, chosen, given), suggest)  # fmt: skip


def _links(asked: Asked, chosen: Field, given: dict[str, tuple[str, ...]]) -> list[tuple[str, str, bool]]:
    """Choices that are a whole condition each: words, the list that follows, whether it holds."""
    said: list[tuple[str, str, str]] = []
    if "in" in chosen.means:
        said += [("in", name, str(words)) for name, words in PERIODS.items()]
    if chosen.kind == Kind.YES_NO:
        said += [("is", "yes", _("yes")), ("is", "no", _("no"))]
    if "empty" in chosen.means:
        said += [("empty", "yes", _("is empty")), ("empty", "no", _("is known"))]
    kept = [c for c in asked.selection.conditions if c.field != chosen.name]
    return [
        (words, _list(asked, [*kept, Condition(chosen.name, how, (value,))]), given.get(how) == (value,))
        for how, value, words in said
    ]


def _options(asked: Asked, chosen: Field, given: dict[str, tuple[str, ...]]) -> list[tuple[str, str, bool]]:
    """Values to tick: a choice's own, or the rows of a small table."""
    if chosen.is_many:
        return []
    ticked = {value for values in (given.get("is", ()), given.get("not", ())) for value in values}
    if chosen.kind in (Kind.ROW, Kind.TAGS):
        return [(value, words, value in ticked) for value, words in rows_to_choose(asked.request, chosen)]
    return [(str(value), str(words), str(value) in ticked) for value, words in chosen.choices]


def rows_to_choose(request: Request, chosen: Field) -> list[tuple[str, str]]:
    """The rows of a small table as choices; oneself and nobody first, where they may be meant."""
    rows = chosen.model.objects.visible_to(request.member)
    first: list[tuple[str, str]] = []
    if chosen.model is Member:
        rows, first = rows.filter(is_active=True).order_by("name"), [(ME, _("me"))]
    if chosen.model is Stage:
        rows = rows.filter(is_archived=False).select_related("pipeline").order_by("pipeline__position", "position")
        several = len({stage.pipeline_id for stage in rows}) > 1
        return [(str(s.pk), f"{s.name} ({s.pipeline.name})" if several else s.name) for s in rows]
    if chosen.is_empty:
        first.append((NONE, _("nobody") if chosen.model is Member else _("none")))
    return [*first, *((str(row.pk), str(row)) for row in rows[:MOST_CHOICES])]


@require_GET
def suggest(request: Request, table: str) -> HttpResponse:
    """Names of deals, companies or people while one is typed."""
    model = next((model for model, name in SUGGESTED.items() if name == table), None)
    if model is None:
        raise Http404
    words = request.GET.get("q", "").replace("\0", "")[:200]
    kinds = {"companies": "company", "people": "person", "deals": "deal"}
    rows: QuerySet[Any] = model.objects.visible_to(request.member)  # type: ignore[attr-defined]
    names = rows.filter(pk__in=best_found(words, kinds[table], 8)).values_list("name", flat=True)
    return render(request, "contacts/suggestions.html", {"names": sorted(names)})
