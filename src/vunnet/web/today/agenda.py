"""The questions behind Today: one's planned steps by day, deals without a step, deals going stale, and one's month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal, Kind, Stage
from vunnet.lib.money import Money
from vunnet.lib.periods import Period, month_of
from vunnet.web.deals.cards import Card, cards_of
from vunnet.web.records.steps import Planned, planned
from vunnet.workspaces.models import Member

# What a person does in a day; the list, one click away, has the rest.
SHOWN = 20
DEALS = 10
# The number beside the menu's word stops counting here.
COUNTED = 100


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
    return Activity.objects.visible_to(member).planned().filter(member=member)


def parts(member: Member, now: datetime) -> list[Part]:
    """Late, today, tomorrow. A step with a time is late once it has passed; one with only a day when the day has."""
    start = _midnight(now.date())
    next_day, day_after = _midnight(now.date() + timedelta(days=1)), _midnight(now.date() + timedelta(days=2))
    is_late = Q(due_at__lt=start) | Q(due_has_time=True, due_at__lt=now)
    asked = {
        "late": is_late,
        "today": Q(due_at__gte=start, due_at__lt=next_day) & ~Q(due_has_time=True, due_at__lt=now),
        "tomorrow": Q(due_at__gte=next_day, due_at__lt=day_after),
    }
    rows = _mine(member)
    counts = rows.aggregate(**{name: Count("pk", filter=where) for name, where in asked.items()})
    joined = rows.select_related("deal__stage", "deal__company", "company", "person")
    # Of one day, what has no time comes first.
    order = {name: ("due_at", "pk") if name == "late" else ("due_has_time", "due_at", "pk") for name in asked}
    found = {name: list(joined.filter(where).order_by(*order[name])[:SHOWN]) for name, where in asked.items()}
    queries = {"late": "state=late", "today": "due.in=today", "tomorrow": "due.in=tomorrow"}
    return [Part(name, planned(found[name]), counts[name], f"member=me&{queries[name]}") for name in asked]


def next_meeting(parts: Sequence[Part], now: datetime) -> datetime | None:
    """When the next meeting of today begins."""
    steps = [step for part in parts if part.name == "today" for step in part.steps]
    times = [s.due_at for s in steps if s.activity.kind == Activity.Kind.MEETING and s.activity.due_has_time]
    return min((at for at in times if at >= now), default=None)


def due_count(member: Member) -> int:
    """How many steps are late or for today, counted no further than a hundred."""
    end = _midnight(timezone.localdate() + timedelta(days=1))
    # Every page says it. A hundred numbers are read sooner than Django words a count of them.
    return len(_mine(member).filter(due_at__lt=end).order_by().values_list("pk", flat=True)[:COUNTED])


def open_deals(member: Member) -> QuerySet[Deal]:
    """One's own. Their stages are asked for first: by owner and stage an index finds them among all deals one ever closed."""
    stages = list(Stage.objects.filter(workspace_id=member.workspace_id, kind=Kind.OPEN).values_list("pk", flat=True))
    deals: QuerySet[Deal] = Deal.objects.visible_to(member).filter(owner=member, stage__in=stages)
    return deals


def _few(rows: QuerySet[Deal], stale_after: dict[int, float]) -> Deals:
    """The most valuable of them."""
    shown = rows.with_names().order_by(F("amount").desc(nulls_last=True), "-pk")[:DEALS]  # type: ignore[attr-defined]
    return Deals(cards_of(shown, stale_after), rows.order_by().count())


def without_step(deals: QuerySet[Deal]) -> Deals:
    """Open deals for which nothing is planned."""
    steps = Activity.objects.planned().filter(deal=OuterRef("pk"))
    return _few(deals.filter(~Exists(steps)), {})


def going_stale(deals: QuerySet[Deal], stale_after: dict[int, float], now: datetime) -> Deals:
    """Open deals that stand in their stage for longer than 95 of 100 did (docs/metrics.md)."""
    where = Q(pk__in=[])
    for stage, days in stale_after.items():
        where |= Q(stage=stage, stage_entered_at__lt=now - timedelta(days=days))
    return _few(deals.filter(where), stale_after)


def month(member: Member, deals: QuerySet[Deal], now: datetime) -> Month:
    """One's deals won in this month, and those expected to close in it."""
    period = month_of(now.date())
    start, end = period.moments(member.workspace.zone)
    mine = Deal.objects.visible_to(member).filter(owner=member)
    won = mine.filter(stage__kind=Kind.WON, closed_at__gte=start, closed_at__lt=end)
    closing = deals.filter(expected_close_on__gte=period.first, expected_close_on__lte=period.last)
    won_count, won_sums = _summed(won)
    closing_count, closing_sums = _summed(closing)
    return Month(period, won_count, won_sums, closing_count, closing_sums)


def _summed(rows: QuerySet[Deal]) -> tuple[int, list[Money]]:
    found = list(rows.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount")))
    return sum(row["n"] for row in found), [Money(row["total"], row["currency"]) for row in found if row["total"]]
