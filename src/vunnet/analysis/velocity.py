"""How fast does the pipeline turn into won value? Four parts, and what they make a day."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, Z95, NotRecorded, Rate, counted, wilson
from vunnet.analysis.currency import NO_AMOUNTS, currencies, several
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.time_to_close import NOBODY, not_timed

AT_ONCE = NotRecorded("the won deals closed on the day they opened")


@dataclass(frozen=True)
class Velocity(Shown):
    """`per_day` = deals × win rate × mean value / mean days, with its interval; `won_per_day` is what was truly won.

    `deals` are the worked ones: how many stood open on an average day of the `days` looked at. The two need not agree:
    the formula counts neither cancelled deals nor how long lost ones stay open.
    """

    deals: float
    win_rate: Rate
    mean_value: float
    mean_days: float
    per_day: float
    low: float
    high: float
    won_per_day: float
    days: float
    won: int
    currency: str | None

    def to_json(self) -> dict[str, object]:
        names = ("deals", "mean_value", "mean_days", "per_day", "low", "high", "won_per_day", "days", "won", "currency")
        return {name: getattr(self, name) for name in names} | {
            "win_rate": self.win_rate.rate,
            "win_rate_interval": self.win_rate.to_json(),
        }


def velocity(prepared: Prepared, closed_in: Period | None = None) -> Velocity | NotRecorded:
    """Worked deals × win rate × mean won value / mean days to win, of the period as far as it is recorded.

    Worked deals: the mean number open, deal-days / days. Win rate, days to win and value are of the deals closed on the
    same days; a period's days before `observed_from` or the first opening are left out of all.
    """
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    looked_at = _span(prepared, closed_in or Period())
    if looked_at is None:
        return NOBODY
    period, span = looked_at
    found = engine.rows(_tallies(prepared.deals, period, span))[0]
    if found["won"] < TOO_FEW:
        return counted("only {n} deal is won: too few to say", "only {n} deals are won: too few to say", found["won"])
    return several(found["currencies"]) or _velocity(found, span, prepared.ticks.per_day)


def _span(prepared: Prepared, asked: Period) -> tuple[Period, tuple[int, int]] | None:
    """What is looked at, of the period as far as it is recorded: its days, and its first and last tick."""
    ticks, horizon, deals = prepared.ticks, prepared.horizon, prepared.deals
    first = engine.rows(deals.aggregate(tick=deals.born.min(), day=deals.created_on.min()))[0]
    if first["tick"] is None:
        return None
    later = [day for day in (horizon.observed_from, asked.first) if day]
    begin, end = max([first["tick"], *(horizon.tick(day, ticks) for day in later)]), horizon.now(ticks)
    if asked.last:
        end = min(end, horizon.tick(asked.last, ticks) + ticks.per_day)
    return (Period(max([first["day"], *later]), asked.last), (begin, end)) if begin < end else None


def _tallies(deals: ir.Table, period: Period, span: tuple[int, int]) -> ir.Table:
    inside = period.holds(deals.closed_on)
    timed = deals.ended.notnull() & ~deals.refused
    open_ticks = ibis.least(deals.ended, span[1]) - ibis.greatest(deals.born + deals.entry, span[0])
    won = inside & (deals.outcome == "won")
    value, days = deals.amount.cast("float64"), (deals.ended - deals.born).cast("float64")
    both = won & timed & deals.amount.notnull()
    return deals.aggregate(
        worked=open_ticks.sum(where=timed & (open_ticks > 0)),
        won=deals.count(where=won),
        lost=deals.count(where=inside & (deals.outcome == "lost")),
        paid=deals.count(where=won & deals.amount.notnull()),
        timed=deals.count(where=won & timed),
        both=deals.count(where=both),
        value=value.sum(where=won),
        value_squares=(value * value).sum(where=won),
        lived=days.sum(where=won & timed),
        lived_squares=(days * days).sum(where=won & timed),
        products=(value * days).sum(where=both),
        value_of_both=value.sum(where=both),
        lived_of_both=days.sum(where=both),
        currencies=currencies(deals, won & deals.amount.notnull()),
    )


def _velocity(found: dict[str, Any], span: tuple[int, int], per_day: int) -> Velocity | NotRecorded:
    if not found["paid"] or not found["value"]:
        return NO_AMOUNTS
    if not found["lived"]:
        return AT_ONCE
    days = (span[1] - span[0]) / per_day
    deals = (found["worked"] or 0) / per_day / days
    rate = wilson(found["won"], found["won"] + found["lost"])
    mean_value = found["value"] / found["paid"]
    mean_days = found["lived"] / found["timed"] / per_day
    speed = deals * (rate.rate or 0.0) * mean_value / mean_days
    spread = Z95 * sqrt(_relative_variance(found))
    return Velocity(
        deals=deals,
        win_rate=rate,
        mean_value=mean_value,
        mean_days=mean_days,
        per_day=speed,
        low=speed * exp(-spread),
        high=speed * exp(spread),
        won_per_day=found["value"] / days,
        days=days,
        won=found["won"],
        currency=next(iter(found["currencies"] or ()), None),
    )


def _relative_variance(found: dict[str, Any]) -> float:
    """Of win rate × mean value / mean days, by the delta method on the logarithm; value and days of a deal go together."""
    won, closed = found["won"], found["won"] + found["lost"]
    value = _relative(found["paid"], found["value"], found["value_squares"])
    days = _relative(found["timed"], found["lived"], found["lived_squares"])
    n = found["both"]
    together = 0.0
    if n > 1 and found["value_of_both"] and found["lived_of_both"]:
        means = (found["value_of_both"] / n, found["lived_of_both"] / n)
        together = (found["products"] / n - means[0] * means[1]) / (n - 1) / (means[0] * means[1])
    return float(max(0.0, 1 / won - 1 / closed + value + days - 2 * together))


def _relative(n: int, total: float, squares: float) -> float:
    """The variance of a mean, over the mean squared."""
    if n < 2 or not total:
        return 0.0
    mean = total / n
    return max(0.0, squares / n - mean * mean) / (n - 1) / (mean * mean)
