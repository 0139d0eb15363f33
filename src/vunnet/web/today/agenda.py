"""The questions behind Today: one's planned steps by day, deals without a step, deals going stale, and one's month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal, Kind, Stage
from vunnet.lib.money import Money
from vunnet.lib.periods import Period, month_of
from vunnet.web.deals.cards import Card, cards_of
from vunnet.workspaces.models import Member
from vunnet.workspaces.worded import AnyOf, worded

# What a person does in a day; the list, one click away, has the rest.
SHOWN = 20
DEALS = 10
# The number beside the menu's word stops counting here.
COUNTED = 100


class Planned(NamedTuple):
    """A planned step with the names that a line of Today says."""

    pk: int
    kind: str
    subject: str
    due_at: datetime
    has_time: bool
    deal_id: int | None
    company_id: int | None
    person_id: int | None
    deal: str | None
    amount: Decimal | None
    currency: str | None
    stage: str | None
    deal_company: str | None
    company: str | None
    person: str | None
    person_email: str | None
    phone: str | None

    @property
    def words(self) -> str:
        return self.subject or str(Activity.Kind(self.kind).label)


COLUMNS = (
    "pk", "kind", "subject", "due_at", "due_has_time", "deal_id", "company_id", "person_id", "deal__name", "deal__amount",
    "deal__currency", "deal__stage__name", "deal__company__name", "company__name", "person__name", "person__email", "person__phone",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One section of the day: its first steps, how many there are, and what to ask the list of activities for all of them."""

    name: str
    steps: list[Planned]
    count: int
    query: str


@dataclass(frozen=True)
class Deals:
    """Deals that ask for something: the first of them, and how many there are."""

    cards: list[Card]
    count: int


@dataclass(frozen=True)
class Month:
    """One's own month: what was won, and what is expected to close."""

    period: Period
    won_count: int = 0
    won: list[Money] = field(default_factory=list)
    closing_count: int = 0
    closing: list[Money] = field(default_factory=list)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _mine(member: Member) -> QuerySet[Activity]:
    return Activity.objects.visible_to(member).planned().filter(member_id=member.pk)


def _late(start: datetime, now: datetime) -> Q:
    """A step with a time is late once it has passed; one with only a day when the day has."""
    return Q(due_at__lt=start) | Q(due_has_time=True, due_at__lt=now)


def _lines(rows: QuerySet[Activity], *order: str) -> QuerySet[Any]:
    return rows.order_by(*order).values_list(*COLUMNS)[:SHOWN]


@worded
def _first_late(member: Member, start: datetime, now: datetime) -> QuerySet[Any]:
    return _lines(_mine(member).filter(_late(start, now)), "due_at", "pk")


@worded
def _first_between(member: Member, start: datetime, end: datetime) -> QuerySet[Any]:
    # Of one day, what has no time comes first.
    return _lines(_mine(member).filter(due_at__gte=start, due_at__lt=end), "due_has_time", "due_at", "pk")


@worded
def _first_to_come(member: Member, start: datetime, end: datetime, now: datetime) -> QuerySet[Any]:
    ahead = _mine(member).filter(due_at__gte=start, due_at__lt=end).exclude(due_has_time=True, due_at__lt=now)
    return _lines(ahead, "due_has_time", "due_at", "pk")


@worded
def _counts(member: Member, start: datetime, end: datetime, day_after: datetime, now: datetime) -> QuerySet[Any]:
    late = _late(start, now)
    soon = _mine(member).filter(due_at__lt=day_after).order_by().values_list("member_id")
    return soon.annotate(
        late=Count("pk", filter=late),
        today=Count("pk", filter=Q(due_at__lt=end) & ~late),
        tomorrow=Count("pk", filter=Q(due_at__gte=end)),
    )


def parts(member: Member, now: datetime) -> list[Part]:
    """Late, today, tomorrow."""
    start, end, day_after = (_midnight(now.date() + timedelta(days=days)) for days in range(3))
    _member, *counts = next(iter(_counts(member, start, end, day_after, now)), (0, 0, 0, 0))
    found = {
        "late": (_first_late(member, start, now), "state=late"),
        "today": (_first_to_come(member, start, end, now), "due.in=today"),
        "tomorrow": (_first_between(member, end, day_after), "due.in=tomorrow"),
    }
    return [
        Part(name, [Planned(*row) for row in rows], count, f"member=me&{query}")
        for (name, (rows, query)), count in zip(found.items(), counts, strict=True)
    ]


def next_meeting(parts: Sequence[Part], now: datetime) -> datetime | None:
    """When the next meeting of today begins."""
    steps = [step for part in parts if part.name == "today" for step in part.steps]
    times = [step.due_at for step in steps if step.kind == Activity.Kind.MEETING and step.has_time]
    return min((at for at in times if at >= now), default=None)


def due_count(member: Member) -> int:
    """How many steps are late or for today, counted no further than a hundred."""
    return len(_due(member, _midnight(timezone.localdate() + timedelta(days=1))))


@worded
def _due(member: Member, end: datetime) -> QuerySet[Any]:
    return _mine(member).filter(due_at__lt=end).order_by().values_list("pk", flat=True)[:COUNTED]


def open_deals(member: Member) -> QuerySet[Deal]:
    """One's own. Their stages are asked for first: by owner and stage an index finds them among all deals one ever closed."""
    deals: QuerySet[Deal] = Deal.objects.visible_to(member).filter(
        AnyOf("stage_id", _stages(member)), owner_id=member.pk
    )
    return deals


@worded
def _stages(member: Member) -> QuerySet[Any]:
    open_ones = Stage.objects.filter(workspace_id=member.workspace_id, kind=Kind.OPEN)
    return open_ones.order_by().values_list("pk", flat=True)


def asking(deals: QuerySet[Deal], stale_after: dict[int, float], now: datetime) -> tuple[Deals, Deals]:
    """Of open deals those for which nothing is planned, and those that stand in their stage for longer than 95 of 100 did
    (docs/metrics.md).
    """
    no_step = ~Exists(Activity.objects.planned().filter(deal=OuterRef("pk")))
    stale = Q(pk__in=[])
    for stage, days in stale_after.items():
        stale |= Q(stage=stage, stage_entered_at__lt=now - timedelta(days=days))
    counts = deals.aggregate(no_step=Count("pk", filter=Q(no_step)), stale=Count("pk", filter=stale))
    forgotten, quiet = _few(deals.filter(no_step)), _few(deals.filter(stale))
    # One deal may stand in both, as a card of each.
    cards = {card.pk: card for card in cards_of(_named(sorted({*forgotten, *quiet})), stale_after)}
    return (
        Deals([cards[pk] for pk in forgotten if pk in cards], counts["no_step"]),
        Deals([cards[pk] for pk in quiet if pk in cards], counts["stale"]),
    )


def _few(rows: QuerySet[Deal]) -> list[int]:
    """The most valuable of them."""
    return list(rows.order_by(F("amount").desc(nulls_last=True), "-pk").values_list("pk", flat=True)[:DEALS])


@worded
def _named(deals: list[int]) -> QuerySet[Any]:
    return Deal.objects.filter(AnyOf("pk", deals)).select_related("company", "owner", "stage")


def month(member: Member, now: datetime) -> Month:
    """One's deals won in this month, and those expected to close in it."""
    period = month_of(now.date())
    start, end = period.moments(member.workspace.zone)
    won_count, won_sums = _summed(_won(member, start, end))
    closing_count, closing_sums = _summed(_closing(member, _stages(member), period.first, period.last))
    return Month(period, won_count, won_sums, closing_count, closing_sums)


@worded
def _won(member: Member, start: datetime | None, end: datetime | None) -> QuerySet[Any]:
    mine: QuerySet[Any] = Deal.objects.visible_to(member).filter(owner_id=member.pk)
    return _sums(mine.filter(stage__kind=Kind.WON, closed_at__gte=start, closed_at__lt=end))


@worded
def _closing(member: Member, stages: list[int], first: date | None, last: date | None) -> QuerySet[Any]:
    mine: QuerySet[Any] = Deal.objects.visible_to(member).filter(AnyOf("stage_id", stages), owner_id=member.pk)
    return _sums(mine.filter(expected_close_on__gte=first, expected_close_on__lte=last))


def _sums(rows: QuerySet[Deal]) -> QuerySet[Any]:
    return rows.order_by().values_list("currency").annotate(n=Count("pk"), total=Sum("amount"))


def _summed(found: list[tuple[str, int, Decimal | None]]) -> tuple[int, list[Money]]:
    return sum(n for _currency, n, _total in found), [Money(total, currency) for currency, _n, total in found if total]
