"""What the board shows: columns of cards, by stage or by any other choice, and the last room beside the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from vunnet.deals.models import Kind, Pipeline, Stage
from vunnet.lib.money import Money, sums
from vunnet.web.deals.cards import COLUMNS, Card, open_cards
from vunnet.web.lists.asked import Asked
from vunnet.web.lists.rows import Totals
from vunnet.workspaces.fields import Condition, Field, Sort
from vunnet.workspaces.fields import Kind as Holds
from vunnet.workspaces.models import Member
from vunnet.workspaces.selecting import Key, behind, cursor, group_key, keys
from vunnet.workspaces.worded import worded

# More than two screens of a column; the rest comes, more at a time, as one scrolls.
CARDS, MORE, MOST = 20, 50, 300
IN_LANE, MOST_LANES = 4, 10
MOST_COLUMNS = 12
BY_VALUE = Sort("amount", True)


@dataclass
class Column:
    """Cards that stand together, with sums over all of them. `stage` where the board is by stage; `place` is its value."""

    place: str
    name: str
    stage: Stage | None = None
    count: int = 0
    sums: list[Money] = field(default_factory=list)
    weighted: list[Money] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    after: str = ""

    @property
    def more(self) -> int:
        return max(0, self.count - len(self.cards))


@dataclass
class Lane:
    """The cards of one owner, over all columns."""

    place: str
    name: str
    count: int
    sums: list[Money]
    columns: list[Column]


def totals(found: Sequence[Column]) -> Totals:
    """What stands on the board, whether its cards are shown or not."""
    return Totals(
        sum(column.count for column in found),
        sums(money for column in found for money in column.sums),
        sums(money for column in found for money in column.weighted),
    )


def pipeline_of(asked: Asked) -> Pipeline | None:
    """The pipeline asked for, else the first."""
    wanted = asked.selection.value("pipeline")
    rows: list[Pipeline] = _pipelines(asked.request.member)
    return next((row for row in rows if not wanted.isdecimal() or str(row.pk) == wanted), None)


@worded
def _pipelines(member: Member) -> QuerySet[Any]:
    rows: QuerySet[Any] = Pipeline.objects.visible_to(member)
    return rows.filter(is_archived=False)


def deals_on(asked: Asked) -> QuerySet[Any]:
    """The deals that the board's own conditions leave, whatever stage they stand in."""
    everywhere = asked.selection.without("state", "stage", "pipeline").having(Condition("state", "is", ("all",)))
    return asked.table.found(asked.rows, asked.fields, replace(everywhere, sort=None, group=""), asked.scope)


def open_stages(pipeline: Pipeline) -> list[Stage]:
    return _open_stages(pipeline.pk)


@worded
def _open_stages(pipeline_id: int) -> QuerySet[Any]:
    return Stage.objects.filter(pipeline_id=pipeline_id, kind=Kind.OPEN, is_archived=False)


def stage_columns(asked: Asked, stages: Sequence[Stage], only: Sequence[int] = (), shown: dict[int, int] | None = None) -> list[Column]:  # fmt: skip
    """The open stages with counts and sums over all their deals, each (or `only` some) with its first cards."""
    deals = deals_on(asked)
    table = {stage.pk: Column(str(stage.pk), stage.name, stage) for stage in stages}
    counted = deals.filter(stage__in=list(table)).order_by().values("stage_id", "currency")
    for row in counted.annotate(n=Count("pk"), total=Sum("amount")):
        column = table[row["stage_id"]]
        column.count += row["n"]
        column.sums += [Money(row["total"], row["currency"])] if row["total"] else []
    for column in table.values():
        share = column.stage.probability / Decimal(100) if column.stage else Decimal(0)
        column.weighted = [total.times(share) for total in column.sums]
    for card in open_cards(_tops(deals, [s for s in stages if not only or s.pk in only], shown or {}), asked.scope.stale_after()):  # fmt: skip
        table[card.stage_id].cards.append(card)
    return _ended(list(table.values()))


def _ended(columns: list[Column]) -> list[Column]:
    """Each column with the place where its cards end."""
    for column in columns:
        if column.cards:
            last = column.cards[-1]
            column.after = cursor([last.pk, last.money.amount if last.money else None])
    return columns


def _order(asked: Asked) -> list[Key]:
    return keys(asked.fields, BY_VALUE)


def _top(deals: QuerySet[Any], stage: Stage, count: int) -> QuerySet[Any]:
    order = [F("amount").desc(nulls_last=True), F("pk").desc()]
    return deals.filter(stage=stage).order_by(*order).values_list(*COLUMNS)[:count]


def _tops(deals: QuerySet[Any], stages: Sequence[Stage], shown: dict[int, int]) -> list[tuple[Any, ...]]:
    """Each stage's first cards, most valuable first, in one question to the database."""
    if not stages:
        return []
    first, *rest = (_top(deals, stage, min(MOST, max(CARDS, shown.get(stage.pk, 0)))) for stage in stages)
    # Of several questions joined to one, the database may give the rows in any order.
    return sorted(first.union(*rest, all=True) if rest else first, key=_by_value)


def _by_value(row: tuple[Any, ...]) -> tuple[bool, Any, int]:
    pk, amount = row[0], row[3]
    return amount is None, -(amount or 0), -pk


def more_cards(asked: Asked, column: Column, after: str) -> tuple[list[Card], str]:
    """The next 50 cards of a column behind a place, and where they end if there are still more."""
    deals = behind(deals_on(asked).filter(_standing(asked, column)), _order(asked), after)
    order = [F("amount").desc(nulls_last=True), F("pk").desc()]
    rows = list(deals.order_by(*order).values_list(*COLUMNS)[: MORE + 1])
    cards = open_cards(rows[:MORE], asked.scope.stale_after())
    return cards, cursor([rows[MORE - 1][0], rows[MORE - 1][3]]) if len(rows) > MORE else ""


def _standing(asked: Asked, column: Column) -> Q:
    """The condition of standing in a column."""
    if column.stage is not None:
        return Q(stage=column.stage)
    said = asked.fields.get(asked.board["by"])
    value = (int(column.place) if said.kind == Holds.ROW else column.place) if column.place else None
    return Q(stage__kind=Kind.OPEN) & group_key(said).equal(value)


def choice_columns(asked: Asked, pipeline: Pipeline) -> list[Column]:
    """Open deals of a pipeline by another choice than their stage: the values that most deals have, then those without one."""
    said = asked.fields.get(asked.board["by"])
    deals = deals_on(asked).filter(pipeline=pipeline, stage__kind=Kind.OPEN)
    key = group_key(said)
    counted = _counted(deals, key)
    table = _named(asked, said, counted)
    for card, place in _first_cards(asked, deals, asked.board["by"], CARDS, in_lanes=False):
        if place in table:
            table[place].cards.append(card)
    return _ended(list(table.values()))


def _counted(deals: QuerySet[Any], key: Key) -> dict[Any, Column]:
    columns: dict[Any, Column] = {}
    rows = deals.order_by().annotate(place=key.expression).values("place", "currency", "stage__probability")
    for row in rows.annotate(n=Count("pk"), total=Sum("amount")):
        column = columns.setdefault(row["place"], Column("" if row["place"] is None else str(row["place"]), ""))
        column.count += row["n"]
        if row["total"]:
            total = Money(row["total"], row["currency"])
            column.sums.append(total)
            column.weighted.append(total.times(row["stage__probability"] / Decimal(100)))
    for column in columns.values():
        column.sums, column.weighted = sums(column.sums), sums(column.weighted)
    return columns


def _named(asked: Asked, said: Field, counted: dict[Any, Column]) -> dict[Any, Column]:
    """The fullest columns under their names; those without a value last. A choice nobody has yet is shown too."""
    places = sorted((p for p in counted if p not in (None, "")), key=lambda p: -counted[p].count)[:MOST_COLUMNS]
    if said.kind == Holds.ROW and not said.is_custom:
        rows = said.model.objects.visible_to(asked.request.member).filter(pk__in=places)
        names: dict[Any, str] = {row.pk: str(row) for row in rows}
    else:
        names = {value: str(words) for value, words in said.choices} or {place: str(place) for place in places}
        places = [*names][:MOST_COLUMNS] if said.choices else places
    found = {place: counted.get(place, Column(str(place), "")) for place in places if place in names}
    for place, column in found.items():
        column.name = names[place]
    empty = counted.get(None, counted.get("", Column("", "")))
    empty.name = _("%(field)s: none") % {"field": said.label}
    return found | {None: empty}


def _first_cards(asked: Asked, deals: QuerySet[Any], by: str, most: int, *, in_lanes: bool) -> list[tuple[Card, Any]]:
    """The most valuable cards of each column (of each owner, in lanes) with its place, in one question."""
    order = [F("amount").desc(nulls_last=True), F("pk").desc()]
    place = group_key(asked.fields.get(by)).expression
    parts = [F("place"), F("owner_id")] if in_lanes else [F("place")]
    ranked = deals.annotate(place=place, rank=Window(RowNumber(), partition_by=parts, order_by=order))
    # What a card reads anyway must not be selected a second time: filtering by rank would drop it.
    more = () if by in ("stage", "owner") else ("place",)
    found = sorted(ranked.filter(rank__lte=most).values_list(*COLUMNS, *more), key=_by_value)
    cards = open_cards([row[: len(COLUMNS)] for row in found], asked.scope.stale_after())
    at = {"stage": COLUMNS.index("stage_id"), "owner": COLUMNS.index("owner_id")}.get(by, -1)
    return [(card, row[at]) for card, row in zip(cards, found, strict=True)]


def lanes(asked: Asked, columns: Sequence[Column], pipeline: Pipeline) -> list[Lane]:
    """The board cut by owner: for each, the columns with their first few cards. Those who own most stand first."""
    deals = deals_on(asked).filter(pipeline=pipeline, stage__kind=Kind.OPEN)
    by = asked.board.get("by", "stage")
    key = group_key(asked.fields.get(by))
    owners: dict[Any, Lane] = {}
    cells: dict[tuple[Any, Any], Column] = {}
    rows = deals.order_by().annotate(place=key.expression).values("place", "owner_id", "owner__name", "currency")
    for row in rows.annotate(n=Count("pk"), total=Sum("amount")):
        name = row["owner__name"] or _("nobody")
        lane = owners.setdefault(row["owner_id"], Lane(str(row["owner_id"] or "none"), name, 0, [], []))
        place = "" if row["place"] is None else str(row["place"])
        cell = cells.setdefault((row["owner_id"], place), Column(place, ""))
        lane.count, cell.count = lane.count + row["n"], cell.count + row["n"]
        lane.sums += [Money(row["total"], row["currency"])] if row["total"] else []
    shown = sorted(owners.items(), key=lambda item: -item[1].count)[:MOST_LANES]
    of_shown = Q(owner__in=[owner for owner, _lane in shown if owner]) | Q(owner=None)
    for card, column in _first_cards(asked, deals.filter(of_shown), by, IN_LANE, in_lanes=True):
        owner = card.owner.member_id if card.owner else None
        cells[(owner, "" if column is None else str(column))].cards.append(card)
    for owner, lane in shown:
        lane.sums = sums(lane.sums)
        lane.columns = [cells.get((owner, c.place), Column(c.place, c.name, c.stage)) for c in columns]
        for cell, column in zip(lane.columns, columns, strict=True):
            cell.name, cell.stage = column.name, column.stage
    return [lane for _owner, lane in shown]


def pipelines(asked: Asked) -> list[tuple[str, str]]:
    """The pipelines there are, where there are several: name, address."""
    rows: list[Pipeline] = _pipelines(asked.request.member)
    if len(rows) < 2:
        return []
    return [
        (row.name, asked.address(asked.selection.having(Condition("pipeline", "is", (str(row.pk),))), path=asked.request.path))
        for row in rows
    ]  # fmt: skip
