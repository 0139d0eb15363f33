"""Decisions about deals from values only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from vunnet.lib.errors import RuleBroken

STARTING_STAGES: tuple[tuple[str, str, Decimal], ...] = (
    (gettext_noop("New prospect"), "open", Decimal(5)),
    (gettext_noop("Contacted"), "open", Decimal(10)),
    (gettext_noop("Needs mapped"), "open", Decimal(25)),
    (gettext_noop("Site visit"), "open", Decimal(40)),
    (gettext_noop("Quote sent"), "open", Decimal(60)),
    (gettext_noop("Negotiation"), "open", Decimal(80)),
    (gettext_noop("Won"), "won", Decimal(100)),
    (gettext_noop("Lost"), "lost", Decimal(0)),
    (gettext_noop("Cancelled"), "cancelled", Decimal(0)),
)
STARTING_REASONS: dict[str, tuple[str, ...]] = {
    "won": (
        gettext_noop("Best solution"),
        gettext_noop("Price"),
        gettext_noop("Relationship"),
        gettext_noop("Delivery time"),
        gettext_noop("Service"),
    ),
    "lost": (
        gettext_noop("Price"),
        gettext_noop("Chose a competitor"),
        gettext_noop("No budget"),
        gettext_noop("No decision"),
        gettext_noop("Timing"),
        gettext_noop("Missing feature"),
    ),
    "cancelled": (gettext_noop("Duplicate"), gettext_noop("Not a real opportunity"), gettext_noop("Customer withdrew")),
}


class Share(NamedTuple):
    member_id: int
    share: Decimal
    role: str = ""


def demand_whole(shares: Sequence[Share]) -> None:
    """The sellers' shares of a deal sum to exactly 100 %, each seller once."""
    if len({share.member_id for share in shares}) != len(shares):
        raise RuleBroken(_("The same person stands twice in the team."), "team")
    if shares and sum(share.share for share in shares) != 1:
        total = sum(share.share for share in shares) * 100
        raise RuleBroken(_("The shares sum to %(total)s %%, not 100 %%.") % {"total": f"{total:g}"}, "team")


def even_shares(count: int) -> list[Decimal]:
    """Shares of four decimals that sum to exactly 1; the first takes what does not divide.

    >>> even_shares(3)
    [Decimal('0.3334'), Decimal('0.3333'), Decimal('0.3333')]
    """
    part = (Decimal(1) / count).quantize(Decimal("0.0001"), "ROUND_DOWN")
    return [1 - part * (count - 1), *[part] * (count - 1)]


def demand_order(changed_at: datetime, last_at: datetime | None, now: datetime) -> None:
    """A change happened after the one before it, and not in the future."""
    if last_at and changed_at < last_at:
        raise RuleBroken(
            _("The deal changed stage on %(last)s; a move cannot be earlier than that.")
            % {"last": f"{last_at:%Y-%m-%d %H:%M}"},
            "changed_at",
        )
    if changed_at > now:
        raise RuleBroken(_("A move cannot lie in the future."), "changed_at")


def demand_amount(amount: Decimal | None) -> None:
    """Money is a number from 0 up that its column can hold."""
    if amount is not None and (not amount.is_finite() or amount < 0 or amount >= Decimal("1e16")):
        raise RuleBroken(_("An amount is a number from 0 up, such as 1 250 000."), "amount")
