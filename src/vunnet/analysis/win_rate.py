"""Of the deals that were decided, how many were won?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import exp, log, sqrt
from typing import Any

import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, Z95, NotRecorded, Rate, wilson
from vunnet.analysis.currency import currencies, several
from vunnet.analysis.evidence import against_the_rest, verdict
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown

DAY = timedelta(days=1)
NO_LOST_AMOUNTS = NotRecorded("most lost deals carry no amount, so a rate by value would say nothing")
NO_AMOUNTS = NotRecorded("no closed deal carries an amount")
NO_PERIOD = NotRecorded("only a period with two ends has one before it")
NO_PERIOD_BEFORE = NotRecorded("the records do not reach back over the whole period before")


@dataclass(frozen=True)
class WinRate(Shown):
    """Won / (won + lost), by count and by value; cancelled deals stand beside."""

    by_count: Rate
    by_value: Rate | NotRecorded
    cancelled: int

    @property
    def value_told(self) -> Rate | None:
        """The rate by value where it is recorded and enough deals have closed to say; else None."""
        few = self.by_count.closed < TOO_FEW
        return None if few or isinstance(self.by_value, NotRecorded) or self.by_value.rate is None else self.by_value

    def to_json(self) -> dict[str, object]:
        return {"by_count": self.by_count.to_json(), "by_value": self.by_value.to_json(), "cancelled": self.cancelled}


def closed(prepared: Prepared, closed_in: Period | None = None) -> ir.Table:
    """The won and lost deals, of the period if one is given."""
    deals = prepared.deals.filter(prepared.deals.outcome.isin(("won", "lost")))
    return deals.filter(closed_in.holds(deals.closed_on)) if closed_in else deals


def win_rate(prepared: Prepared, closed_in: Period | None = None) -> WinRate:
    """The win rate of the deals closed in the period, or of all closed deals.

    By count with Wilson's interval. By value: won amount of closed amount, interval by the delta method on the logit,
    each deal one draw; not recorded where currencies differ or most lost deals carry no amount.
    """
    deals = prepared.deals
    if closed_in:
        deals = deals.filter(closed_in.holds(deals.closed_on))
    found = engine.rows(deals.aggregate(**_tallies(deals)))[0]
    by_value = several(found["currencies"]) or _by_value(found)
    return WinRate(wilson(found["won"], found["won"] + found["lost"]), by_value, found["cancelled"])


def _tallies(deals: ir.Table) -> dict[str, ir.Value]:
    won, lost = deals.outcome == "won", deals.outcome == "lost"
    paid = deals.amount.fill_null(0).cast("float64")
    return {
        "won": deals.count(where=won),
        "lost": deals.count(where=lost),
        "cancelled": deals.count(where=deals.outcome == "cancelled"),
        "lost_with_amount": deals.count(where=lost & (deals.amount > 0)),
        "won_value": deals.amount.sum(where=won),
        "lost_value": deals.amount.sum(where=lost),
        "won_squares": (paid * paid).sum(where=won),
        "lost_squares": (paid * paid).sum(where=lost),
        "currencies": currencies(deals, (won | lost) & deals.amount.notnull()),
    }


def _by_value(found: dict[str, Any]) -> Rate | NotRecorded:
    won, lost = float(found["won_value"] or 0), float(found["lost_value"] or 0)
    if won + lost <= 0:
        return NO_AMOUNTS
    if found["lost_with_amount"] * 2 < found["lost"]:
        return NO_LOST_AMOUNTS
    squares = (found["won_squares"] or 0.0, found["lost_squares"] or 0.0)
    return by_value(won, lost, squares, found["won"] + found["lost"])


@dataclass(frozen=True)
class Change(Shown):
    """The win rate of `period`, the equally long one before, and whether the present one differs from it."""

    period: Period
    before: Rate
    p_value: float | None
    verdict: str

    def to_json(self) -> dict[str, object]:
        days = {"from": str(self.period.first), "to": str(self.period.last)}
        return days | self.before.to_json() | {"p_value": self.p_value, "change": self.verdict}


def change(prepared: Prepared, closed_in: Period | None, now: Rate) -> Change | NotRecorded:
    """How the win rate `now` of a period stands to the equally long period that ended the day before it.

    Chi-square between the two, or Fisher's exact test where small; "too few to say" under ten closed in either. Not
    recorded without a period of two ends, and where the records do not reach back over all of the one before.
    """
    period = closed_in.before if closed_in else None
    reached = prepared.first_closed_on
    if period is None or period.first is None:
        return NO_PERIOD
    if reached is None or reached > period.first:
        return NO_PERIOD_BEFORE
    deals = closed(prepared, period)
    found = engine.rows(deals.aggregate(won=deals.count(where=deals.outcome == "won"), closed=deals.count()))[0]
    before = wilson(found["won"], found["closed"])
    if min(before.closed, now.closed) < TOO_FEW:
        return Change(period, before, None, TOO_FEW_WORDS)
    won, both = int(now.won), (int(now.won + before.won), int(now.closed + before.closed))
    p_value = against_the_rest(won, int(now.closed), *both)
    return Change(period, before, p_value, verdict(won, int(now.closed), p_value, before.rate or 0.0))


def by_value(won: float, lost: float, squares: tuple[float, float], deals: int) -> Rate:
    """Won amount / closed amount as a ratio of sums over `deals` deals (Cochran 1977, 6.3); sums and sums of squares
    in.

    >>> rate = by_value(600.0, 400.0, (60_000.0, 40_000.0), 10)
    >>> rate.rate, round(rate.low, 2), round(rate.high, 2)
    (0.6, 0.28, 0.85)
    """
    total = won + lost
    rate = won / total
    if deals < 2 or not 0.0 < rate < 1.0:
        return Rate(won, total, rate, None, None)
    spread = squares[0] * (1 - rate) ** 2 + squares[1] * rate**2
    error = sqrt(spread * deals / (deals - 1)) / total
    half = Z95 * error / (rate * (1 - rate))
    centre = log(rate / (1 - rate))
    return Rate(won, total, rate, _share(centre - half), _share(centre + half))


def _share(logit: float) -> float:
    return 1 / (1 + exp(-logit)) if logit > -700 else 0.0
