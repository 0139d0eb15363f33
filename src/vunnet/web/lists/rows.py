"""The rows of a list's page: which, along an index; then only what its columns show; groups with counts and sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from vunnet.deals.models import Deal, not_opened_on_a_known_day
from vunnet.deals.models import Kind as Closing
from vunnet.lib.money import Money
from vunnet.lists.tables import COUNTED, TABLES, counted
from vunnet.web.deals.cards import Mate, Step, mates_of, steps_of
from vunnet.web.lists.asked import Asked
from vunnet.workspaces.fields import Field, Kind
from vunnet.workspaces.models import Member
from vunnet.workspaces.selecting import Key, behind, cursor, keys, place_of, with_places
from vunnet.workspaces.worded import AnyOf, Worded, worded

PAGE = 50
MOST_COUNTED = 10_000
# What every row of a table is read with, whatever its columns are.
ALWAYS: dict[str, tuple[str, ...]] = {
    "deals": ("name", "company__name", "amount", "currency", "stage_id", "stage__name", "stage__kind", "expected_close_on", "closed_at", "stage_entered_at", "owner_id", "owner__name"),
    "companies": ("name", "city", "domain"),
    "people": ("name", "email", "title", "phone", "company__name"),
    "activities": ("subject", "kind", "deal_id", "deal__name", "company_id", "company__name", "person_id", "due_at", "at", "done_at", "due_has_time"),
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One row with what its columns show, and the group it stands in."""

    pk: int
    values: dict[str, Any]
    group: Any = None
    step: Step | None = None
    mates: list[Mate] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A heading with what stands under it, on this page and off it."""

    words: str
    count: int = 0
    sums: list[Money] = field(default_factory=list)


@dataclass
class Found:
    """A page of rows, where the next begins, and the group in which the page before ended."""

    rows: list[Row]
    next: str
    before: Any = ...


@dataclass
class Totals:
    """How many rows there are, and of deals their sums; `is_more` where counting stopped."""

    count: int
    sums: list[Money] = field(default_factory=list)
    weighted: list[Money] = field(default_factory=list)
    is_more: bool = False


def page(asked: Asked) -> Found:
    """One page. First which rows, along the order; then those few with what their columns need."""
    group = asked.selection.group
    order = keys(asked.fields, asked.table.order(asked.selection), group)
    rest = behind(asked.found, order, asked.after)
    places = list(with_places(rest, order)[: PAGE + 1])
    at = group_part(asked.fields.get(group)) if group else None
    rows = read(asked, [place[0] for place in places[:PAGE]], asked.columns)
    if at is not None:
        groups = {place[0]: place[at] for place in places}
        for row in rows:
            row.group = groups[row.pk]
    before = place_of(order, asked.after)[at - 1] if at is not None and asked.after else ...
    return Found(rows, cursor(places[PAGE - 1]) if len(places) > PAGE else "", before)


def group_part(said: Field) -> int:
    """Which part of a row's place tells its group: a row's number stands behind its name."""
    return 2 if said.kind == Kind.ROW and not said.is_custom else 1


def read(asked: Asked, numbers: Sequence[int], columns: Sequence[str]) -> list[Row]:
    """These rows in this order, read by a few queries however many there are."""
    fields = [asked.fields.get(name) for name in columns]
    paths = dict.fromkeys(ALWAYS[asked.table.name])
    for said in fields:
        paths |= dict.fromkeys(path for path in (said.path, said.shown) if path)
    counts = tuple(name for name in columns if name in COUNTED)
    asks, member = _values(asked.table.name, tuple(paths), counts), asked.request.member
    values = asks(member, list(numbers)) if counts else asks(list(numbers))
    found = {each["pk"]: Row(each["pk"], each) for each in values}
    rows = [found[number] for number in numbers if number in found]
    _complete(asked, rows, columns)
    return rows


@lru_cache(maxsize=200)
def _values(table: str, paths: tuple[str, ...], counts: tuple[str, ...]) -> Worded[..., dict[str, Any]]:
    """Rows by their numbers with these columns; what is counted for them is counted for who asks."""

    def plain(numbers: list[int]) -> Any:
        rows = TABLES[table].model._default_manager.filter(AnyOf("pk", numbers)).order_by()
        return rows.values("pk", *paths)

    def with_counts(member: Member, numbers: list[int]) -> Any:
        rows = TABLES[table].model._default_manager.filter(AnyOf("pk", numbers)).order_by()
        return rows.annotate(**{name: counted(name, member) for name in counts}).values("pk", *paths, *counts)

    return Worded(with_counts if counts else plain)


def _complete(asked: Asked, rows: list[Row], columns: Sequence[str]) -> None:
    numbers = [row.pk for row in rows]
    if asked.table.model is Deal:
        steps = steps_of(numbers)
        mates = mates_of(numbers) if "mates" in columns else {}
        undated = {pk for (pk,) in _not_opened(numbers)} if "created" in columns else set()
        for row in rows:
            _forget_unknown_days(row, row.pk in undated)
            owner = [Mate(row.values["owner_id"], row.values["owner__name"])] if row.values["owner_id"] else []
            row.step, row.mates = steps.get(row.pk), mates.get(row.pk) or owner
    if "tags" in columns:
        tags = tags_of(asked, numbers)
        for row in rows:
            row.tags = tags.get(row.pk, [])


@worded
def _not_opened(deals: list[int]) -> Any:
    return Deal.objects.filter(AnyOf("pk", deals), not_opened_on_a_known_day()).order_by().values_list("pk")


def _forget_unknown_days(row: Row, is_opening_unknown: bool) -> None:
    """What only keeps a deal's place in the order is no day to show."""
    if is_opening_unknown:
        row.values["created_at"] = None
    if row.values["closed_at"] is None and row.values["stage__kind"] != Closing.OPEN:
        row.values["stage_entered_at"] = None


def tags_of(asked: Asked, numbers: Sequence[int]) -> dict[int, list[str]]:
    tags: dict[int, list[str]] = {}
    for row, name in _tags(asked.table.name)(list(numbers)):
        tags.setdefault(row, []).append(name)
    return tags


@cache
def _tags(table: str) -> Worded[[list[int]], tuple[int, str]]:
    links: Any = TABLES[table].model._meta.get_field("tags")
    column = links.field.attname

    def of(numbers: list[int]) -> Any:
        rows = links.related_model._default_manager.filter(AnyOf(column, numbers))
        return rows.order_by("tag__name").values_list(column, "tag__name")

    return Worded(of)


def totals(asked: Asked) -> Totals:
    """Of deals all with their sums, by currency; of other tables the number, counted as far as it tells anything."""
    if asked.table.model is Deal:
        rows = list(asked.found.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount")))
        return Totals(sum(row["n"] for row in rows), _sums(rows))
    count = asked.found.order_by().values("pk")[: MOST_COUNTED + 1].count()
    return Totals(min(count, MOST_COUNTED), is_more=count > MOST_COUNTED)


def _sums(rows: Sequence[dict[str, Any]]) -> list[Money]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row["total"]:
            sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + row["total"]
    return [Money(total, currency) for currency, total in sums.items()]


def groups(asked: Asked, rows: Sequence[Row]) -> dict[Any, tuple[int, list[Money]]]:
    """How many rows stand in each group that this page shows, wherever they are listed, and of deals their sums."""
    if not asked.selection.group or not rows:
        return {}
    order = keys(asked.fields, asked.table.order(asked.selection), asked.selection.group)
    key = order[group_part(asked.fields.get(asked.selection.group)) - 1]
    here = Q(pk__in=[])
    for value in dict.fromkeys(row.group for row in rows):
        here |= key.equal(value)
    return _counted(asked.found.filter(here), key, asked.table.model is Deal)


def _counted(found: QuerySet[Any], key: Key, has_money: bool) -> dict[Any, tuple[int, list[Money]]]:
    by = ["place", "currency"] if has_money else ["place"]
    sums = {"n": Count("pk"), **({"total": Sum("amount")} if has_money else {})}
    counted: dict[Any, list[dict[str, Any]]] = {}
    for row in found.order_by().annotate(place=key.expression).values(*by).annotate(**sums):
        counted.setdefault(row["place"], []).append(row)
    return {place: (sum(row["n"] for row in rows), _sums(rows) if has_money else []) for place, rows in counted.items()}
