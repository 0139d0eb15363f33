"""A deal as a card or list line shows it: its next step, its team, its last link. Three queries however many deals there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Max
from django.utils import timezone

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal, DealMember, StageChange
from vunnet.lib.money import Money
from vunnet.workspaces.rules import initials
from vunnet.workspaces.worded import AnyOf, worded

mark_of = lru_cache(maxsize=4096)(initials)


class Mate(NamedTuple):
    """A seller on a deal and their share of the credit, 0…1."""

    member_id: int
    name: str
    share: Decimal | None = None
    role: str = ""

    @property
    def initials(self) -> str:
        return mark_of(self.name)


class Step(NamedTuple):
    """What is planned next."""

    pk: int
    kind: str
    subject: str
    due_at: datetime
    has_time: bool
    who: str | None

    @property
    def words(self) -> str:
        return self.subject or str(Activity.Kind(self.kind).label)


@dataclass(slots=True)
class Card:
    """What a card shows. `deal` is there where the page needs more of it than a card does."""

    pk: int
    name: str
    company: str
    money: Money | None
    entered_at: datetime | None
    is_open: bool
    owner: Mate | None = None
    stage_id: int = 0
    deal: Any = None
    step: Step | None = None
    team: list[Mate] = field(default_factory=list)
    link: int = 0
    stale_after: float | None = None

    @property
    def mates(self) -> list[Mate]:
        """The team; where none was set, the owner."""
        return self.team or ([self.owner] if self.owner else [])

    @property
    def lateness(self) -> str:
        """ "late", "today", "set" or "none", as of now."""
        return lateness(self.step, timezone.localtime())

    @property
    def days_late(self) -> int:
        return (timezone.localdate() - timezone.localtime(self.step.due_at).date()).days if self.step else 0

    @property
    def is_stale(self) -> bool:
        return is_stale(self, timezone.now())


def lateness(step: Step | None, now: datetime) -> str:
    """How a step stands at a moment, by the days of that moment's time zone."""
    if step is None:
        return "none"
    due = step.due_at.astimezone(now.tzinfo)
    if due.date() > now.date():
        return "set"
    return "today" if due.date() == now.date() and not (step.has_time and due < now) else "late"


def is_stale(card: Card, now: datetime) -> bool:
    """Whether the deal has stood in its stage for longer than 95 of 100 did."""
    if card.stale_after is None or card.entered_at is None:
        return False
    return (now - card.entered_at).total_seconds() > card.stale_after * 86400


COLUMNS = (
    "pk",
    "name",
    "company__name",
    "amount",
    "currency",
    "stage_entered_at",
    "stage_id",
    "owner_id",
    "owner__name",
)


def open_cards(rows: Iterable[tuple[Any, ...]], stale_after: Mapping[int, float]) -> list[Card]:
    """Cards of open deals from `values_list(*COLUMNS)`: a board shows hundreds, and whole models would cost it its speed."""
    cards = [
        Card(
            pk, name, company or "", None if amount is None else Money(amount, currency), entered_at, True,
            Mate(owner, who) if owner else None, stage, stale_after=stale_after.get(stage),
        )
        for pk, name, company, amount, currency, entered_at, stage, owner, who in rows
    ]  # fmt: skip
    return _completed(cards)


def cards_of(deals: Iterable[Deal], stale_after: Mapping[int, float]) -> list[Card]:
    """Cards of deals read `with_names()`."""
    return _completed([_card(deal, stale_after) for deal in deals])


def _card(deal: Deal, stale_after: Mapping[int, float]) -> Card:
    owner = Mate(deal.owner.pk, deal.owner.name) if deal.owner else None
    stale = stale_after.get(deal.stage_id) if deal.is_open else None
    company = str(deal.company or "")
    return Card(
        deal.pk,
        deal.name,
        company,
        deal.money,
        deal.stage_entered_at,
        deal.is_open,
        owner,
        deal.stage_id,
        deal,
        stale_after=stale,
    )


def _completed(found: list[Card]) -> list[Card]:
    cards = {card.pk: card for card in found}
    for deal, step in steps_of(cards).items():
        cards[deal].step = step
    for deal, mates in mates_of(cards).items():
        cards[deal].team = mates
    for deal, link in _last_links(list(cards)):
        cards[deal].link = link
    return found


@worded
def _last_links(deals: list[int]) -> Any:
    changes = StageChange.objects.filter(AnyOf("deal_id", deals)).order_by()
    return changes.values_list("deal_id").annotate(Max("link"))


def steps_of(deals: Iterable[int]) -> dict[int, Step]:
    """The next step of each deal that has one."""
    return {deal: Step(*step) for deal, *step in _next_steps(list(deals))}


@worded
def _next_steps(deals: list[int]) -> Any:
    steps = Activity.objects.planned().filter(AnyOf("deal_id", deals))
    first = steps.order_by("deal_id", "due_at", "pk").distinct("deal_id")
    return first.values_list("deal_id", "pk", "kind", "subject", "due_at", "due_has_time", "member__name")


def mates_of(deals: Iterable[int]) -> dict[int, list[Mate]]:
    """The team of each deal that has one, the greatest share first."""
    teams: dict[int, list[Mate]] = {}
    for deal, *mate in _mates(list(deals)):
        teams.setdefault(deal, []).append(Mate(*mate))
    return teams


@worded
def _mates(deals: list[int]) -> Any:
    parts = DealMember.objects.filter(AnyOf("deal_id", deals)).order_by("-share", "pk")
    return parts.values_list("deal_id", "member_id", "member__name", "share", "role")
