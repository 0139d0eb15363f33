"""What closed this month: the room the pipeline leads to, and the door beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, FloatField, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.deals.models import Kind, Pipeline
from vunnet.lib.money import Money
from vunnet.lib.periods import month_of
from vunnet.web.deals.board import deals_on
from vunnet.web.lists.asked import Asked

WON_SHOWN = 7


@dataclass
class WonDeal:
    """As the last room lists it."""

    pk: int
    words: str
    money: Money | None


@dataclass
class LastRoom:
    """Won and lost of a month under the board's own conditions."""

    month: date
    won: list[WonDeal]
    won_count: int
    won_sums: list[Money]
    won_median: Money | None
    lost_count: int
    lost_most: tuple[str, int] | None


class Median(Aggregate):
    """The middle value, by the database: a month may hold thousands of won deals."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def last_room(asked: Asked, pipeline: Pipeline) -> LastRoom:
    """Three questions: what was won in sum, the latest of it, and why deals were lost."""
    month = month_of(timezone.localdate())
    start, end = month.moments(asked.scope.zone)
    closed = deals_on(asked).filter(pipeline=pipeline, closed_at__gte=start, closed_at__lt=end)
    won = closed.filter(stage__kind=Kind.WON)
    rows = list(won.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount"), middle=Median("amount")))
    lost = closed.filter(stage__kind=Kind.LOST).order_by().values_list("close_reason__name").annotate(n=Count("pk"))
    reasons = sorted(lost, key=lambda row: -row[1])
    latest = won.order_by("-closed_at", "-pk").values_list("pk", "name", "company__name", "amount", "currency")
    return LastRoom(
        timezone.localdate(),
        [
            WonDeal(pk, company or name, None if amount is None else Money(amount, currency))
            for pk, name, company, amount, currency in (latest[:WON_SHOWN] if rows else [])
        ],
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
