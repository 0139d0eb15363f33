"""What the board shows: a pipeline's open stages as columns of cards, and the last room beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.deals.filters import DealFilter, Sort
from vunnet.deals.models import Deal, DealMember, Kind, Pipeline, Stage, StageChange
from vunnet.jobs.tasks import soon_refresh_usual
from vunnet.lib.money import Money
from vunnet.lib.periods import Period, month_of
from vunnet.reports import usual
from vunnet.web.asking import Request

CARDS = 50
WON_SHOWN = 7


@dataclass
class Card:
    """A deal as a card or list line shows it."""

    deal: Deal
    step: Activity | None = None
    team: list[DealMember] = field(default_factory=list)
    link: int = 0
    stale_after: float | None = None

    @property
    def lateness(self) -> str:
        return self.step.lateness(timezone.now(), timezone.get_current_timezone()) if self.step else "none"  # type: ignore[arg-type]

    @property
    def days_late(self) -> int:
        due = self.step and self.step.due_at
        return (timezone.localdate() - timezone.localtime(due).date()).days if due else 0

    @property
    def is_stale(self) -> bool:
        entered = self.deal.stage_entered_at
        return self.stale_after is not None and entered is not None and (timezone.now() - entered).total_seconds() > self.stale_after * 86400


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

    month: Period
    won: list[Deal]
    won_count: int
    won_sums: list[Money]
    won_median: Money | None
    lost_count: int
    lost_most: tuple[str, int] | None


def cards_of(deals: Iterable[Deal], stale_after: dict[int, float]) -> list[Card]:
    """Cards with each deal's next step, team and last link, in three queries however many there are."""
    cards = {deal.pk: Card(deal, stale_after=stale_after.get(deal.stage_id) if deal.is_open else None) for deal in deals}
    steps = Activity.objects.planned().filter(deal__in=list(cards)).order_by("deal_id", "due_at").distinct("deal_id")
    for step in steps:
        cards[step.deal_id].step = step
    for part in DealMember.objects.filter(deal__in=list(cards)).select_related("member").order_by("-share", "pk"):
        cards[part.deal_id].team.append(part)
    for deal_id, link in StageChange.objects.filter(deal__in=list(cards)).order_by().values_list("deal_id").annotate(Max("link")):
        cards[deal_id].link = link
    return list(cards.values())


def stays(request: Request) -> usual.Usual:
    """What is usual in each stage; when the kept answer is old, a job is asked to compute it anew."""
    found = usual.of(request.member)
    if found.is_old:
        soon_refresh_usual(request.member.workspace_id)
    return found


def pipeline_of(request: Request, wanted: DealFilter) -> Pipeline | None:
    """The pipeline asked for, else the first."""
    pipelines = Pipeline.objects.visible_to(request.member).filter(is_archived=False)
    return (pipelines.filter(pk=wanted.pipeline) if wanted.pipeline else pipelines).first()


def columns(request: Request, pipeline: Pipeline, wanted: DealFilter, stale_after: dict[int, float], only: Sequence[int] = ()) -> list[Column]:
    """The open stages of a pipeline (or `only` some), each with counts and sums over all its deals and the first 50 cards."""
    stages = [s for s in pipeline.stages.filter(kind=Kind.OPEN, is_archived=False) if not only or s.pk in only]
    deals = _deals(request, replace(wanted, state="all", stage=None, pipeline=None))
    table = {stage.pk: Column(stage) for stage in stages}
    for row in deals.filter(stage__in=list(table)).order_by().values("stage_id", "currency").annotate(n=Count("pk"), total=Sum("amount")):
        column = table[row["stage_id"]]
        column.count += row["n"]
        column.sums += [Money(row["total"], row["currency"])] if row["total"] else []
    shown = [deal for stage in stages for deal in _top(deals, stage)]
    for card in cards_of(shown, stale_after):
        table[card.deal.stage_id].cards.append(card)
    return list(table.values())


def more_cards(request: Request, stage: Stage, wanted: DealFilter, stale_after: dict[int, float], after: Deal) -> tuple[list[Card], bool]:
    """The next 50 cards of a stage behind a deal, and whether there are still more."""
    deals = _deals(request, replace(wanted, state="all", stage=None, pipeline=None))
    rows = list(_top(deals.filter(Sort("amount").after(after.amount, after.pk)), stage, CARDS + 1))
    return cards_of(rows[:CARDS], stale_after), len(rows) > CARDS


def _deals(request: Request, wanted: DealFilter) -> QuerySet[Any]:
    zone = request.member.workspace.zone
    deals: QuerySet[Any] = wanted.apply(Deal.objects.visible_to(request.member), request.member, zone)
    return deals


def _top(deals: QuerySet[Any], stage: Stage, count: int = CARDS) -> list[Deal]:
    rows = deals.filter(stage=stage).select_related("company", "owner").order_by(*Sort("amount").order())[:count]
    for deal in rows:
        deal.stage = stage
    return list(rows)


def last_room(request: Request, pipeline: Pipeline, wanted: DealFilter) -> LastRoom:
    """What was won and lost this month, under the board's own conditions."""
    month = month_of(timezone.localdate())
    start, end = month.moments(request.member.workspace.zone)
    closed = _deals(request, replace(wanted, state="all", stage=None, pipeline=None)).filter(
        pipeline=pipeline, closed_at__gte=start, closed_at__lt=end
    )
    won = list(closed.filter(stage__kind=Kind.WON).select_related("company").order_by("-closed_at", "-pk"))
    amounts = [deal.money for deal in won if deal.money]
    reasons = Counter(name or _("no reason given") for name in closed.filter(stage__kind=Kind.LOST).values_list("close_reason__name", flat=True))
    return LastRoom(
        month, won[:WON_SHOWN], len(won), amounts, _median(amounts), sum(reasons.values()), (reasons.most_common(1) or [None])[0]
    )


def _median(amounts: Sequence[Money]) -> Money | None:
    """Only where there is one currency: a median over several means nothing."""
    if not amounts or len({money.currency for money in amounts}) > 1:
        return None
    return Money(median(money.amount for money in amounts), amounts[0].currency)

