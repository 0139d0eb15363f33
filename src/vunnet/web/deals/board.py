"""What the board shows: a pipeline's open stages as columns of cards, and the last room beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, FloatField, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.deals.filters import DealFilter, Sort
from vunnet.deals.models import Deal, Kind, Pipeline, Stage
from vunnet.jobs.tasks import soon_refresh_usual
from vunnet.lib.money import Money, sums
from vunnet.lib.periods import month_of
from vunnet.reports import usual
from vunnet.web.asking import Request
from vunnet.web.deals.cards import COLUMNS, Card, open_cards

# More than two screens of a column; the rest comes, more at a time, as one scrolls.
CARDS = 20
MORE = 50
ORDER = Sort("amount")
WON_SHOWN = 7


@dataclass
class Column:
    """One open stage with its sums over all its deals and its first cards."""

    stage: Stage
    count: int = 0
    sums: list[Money] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)

    @property
    def weighted(self) -> list[Money]:
        return [total.times(self.stage.probability / Decimal(100)) for total in self.sums]

    @property
    def more(self) -> int:
        return max(0, self.count - len(self.cards))


@dataclass
class LastRoom:
    """What closed this month: the room the pipeline leads to, and the door beside it."""

    month: date
    won: list[Deal]
    won_count: int
    won_sums: list[Money]
    won_median: Money | None
    lost_count: int
    lost_most: tuple[str, int] | None


@dataclass
class Totals:
    """All columns together."""

    count: int
    sums: list[Money]
    weighted: list[Money]


def totals(found: Sequence[Column]) -> Totals:
    """What stands on the board, whether its cards are shown or not."""
    return Totals(
        sum(column.count for column in found),
        sums(money for column in found for money in column.sums),
        sums(money for column in found for money in column.weighted),
    )


def stays(request: Request) -> usual.Usual:
    """What is usual in each stage; when the kept answer is old, a job is asked to compute it anew."""
    found = usual.of(request.member)
    if found.is_old:
        soon_refresh_usual(request.member.workspace_id)
    return found


def pipeline_of(request: Request, wanted: DealFilter) -> Pipeline | None:
    """The pipeline asked for, else the first."""
    pipelines = Pipeline.objects.visible_to(request.member).filter(is_archived=False)
    found: Pipeline | None = (pipelines.filter(pk=wanted.pipeline) if wanted.pipeline else pipelines).first()
    return found


def columns(
    request: Request, pipeline: Pipeline, wanted: DealFilter, stale_after: dict[int, float], only: Sequence[int] = ()
) -> list[Column]:
    """The open stages of a pipeline with counts and sums over all their deals, each (or `only` some) with its first cards."""
    stages = list(pipeline.stages.filter(kind=Kind.OPEN, is_archived=False))
    deals = _deals(request, replace(wanted, state="all", stage=None, pipeline=None))
    table = {stage.pk: Column(stage) for stage in stages}
    counted = deals.filter(stage__in=list(table)).order_by().values("stage_id", "currency")
    for row in counted.annotate(n=Count("pk"), total=Sum("amount")):
        column = table[row["stage_id"]]
        column.count += row["n"]
        column.sums += [Money(row["total"], row["currency"])] if row["total"] else []
    for card in open_cards(_tops(deals, [s for s in stages if not only or s.pk in only]), stale_after):
        table[card.stage_id].cards.append(card)
    return list(table.values())


def more_cards(
    request: Request, stage: Stage, wanted: DealFilter, stale_after: dict[int, float], after: Deal
) -> tuple[list[Card], bool]:
    """The next 50 cards of a stage behind a deal, and whether there are still more."""
    deals = _deals(request, replace(wanted, state="all", stage=None, pipeline=None))
    rows = list(_top(deals.filter(ORDER.after(after.amount, after.pk)), stage, MORE + 1))
    return open_cards(rows[:MORE], stale_after), len(rows) > MORE


def _deals(request: Request, wanted: DealFilter) -> QuerySet[Any]:
    zone = request.member.workspace.zone
    deals: QuerySet[Any] = wanted.apply(Deal.objects.visible_to(request.member), request.member, zone)
    return deals


def _top(deals: QuerySet[Any], stage: Stage, count: int = CARDS) -> QuerySet[Any]:
    return deals.filter(stage=stage).order_by(*ORDER.order()).values_list(*COLUMNS)[:count]


def _tops(deals: QuerySet[Any], stages: Sequence[Stage]) -> list[tuple[Any, ...]]:
    """Each stage's first cards, most valuable first, in one question to the database."""
    if not stages:
        return []
    first, *rest = (_top(deals, stage) for stage in stages)
    # Of several questions joined to one, the database may give the rows in any order.
    return sorted(first.union(*rest, all=True) if rest else first, key=_by_value)


def _by_value(row: tuple[Any, ...]) -> tuple[bool, Any, int]:
    pk, amount = row[0], row[3]
    return amount is None, -(amount or 0), -pk


class Median(Aggregate):
    """The middle value, by the database: a month may hold thousands of won deals."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def last_room(request: Request, pipeline: Pipeline, wanted: DealFilter) -> LastRoom:
    """What was won and lost this month, under the board's own conditions."""
    month = month_of(timezone.localdate())
    start, end = month.moments(request.member.workspace.zone)
    deals = _deals(request, replace(wanted, state="all", stage=None, pipeline=None))
    closed = deals.filter(pipeline=pipeline, closed_at__gte=start, closed_at__lt=end)
    ends = {stage.kind: stage.pk for stage in pipeline.stages.exclude(kind=Kind.OPEN)}
    won = closed.filter(stage=ends[Kind.WON])
    rows = list(won.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount"), middle=Median("amount")))
    lost = closed.filter(stage=ends[Kind.LOST]).order_by().values_list("close_reason__name").annotate(n=Count("pk"))
    reasons = sorted(lost, key=lambda row: -row[1])
    return LastRoom(
        timezone.localdate(),
        list(won.select_related("company").order_by("-closed_at", "-pk")[:WON_SHOWN]),
        sum(row["n"] for row in rows),
        [Money(row["total"], row["currency"]) for row in rows if row["total"]],
        _median(rows),
        sum(n for _reason, n in reasons),
        (reasons[0][0] or _("no reason given"), reasons[0][1]) if reasons else None,
    )


def _median(rows: Sequence[dict[str, Any]]) -> Money | None:
    """Only where there is one currency: a median over several means nothing."""
    if len(rows) != 1 or rows[0]["middle"] is None:
        return None
    return Money(Decimal(str(rows[0]["middle"])), rows[0]["currency"])
