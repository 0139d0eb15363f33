"""Did we win less, or did we get other deals? Kitagawa's decomposition of a change in win rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import engine, tails
from vunnet.analysis.answers import TOO_FEW, Z95, NotRecorded, Rate, counted, wilson
from vunnet.analysis.customers import FIRST
from vunnet.analysis.evidence import LEVEL, benjamini_hochberg
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quarters import before, full_quarters, name, recorded_from
from vunnet.analysis.question import Period
from vunnet.analysis.segments import CUSTOMER, attributes, crowded, with_customer, with_size
from vunnet.analysis.shown import Shown
from vunnet.analysis.win_rate import closed

Real = NDArray[np.float64]
Tally = tuple[str | None, int, int, int, int]
SHOWN = 8
OTHERS = "other"
NO_QUARTERS = NotRecorded("two full quarters are not recorded yet, so there is no change to explain")
NO_BEFORE = NotRecorded("the period before it is not recorded in full, so there is no change to explain")
NOTHING = NotRecorded("no attribute of the deals is recorded")


@dataclass(frozen=True)
class Points:
    """A part of the change in win rate (0.01: one point) with its interval; `evidence` where it is told from none."""

    change: float
    low: float
    high: float
    evidence: bool

    def to_json(self) -> dict[str, object]:
        return {"change": self.change, "low": self.low, "high": self.high, "evidence": self.evidence}


@dataclass(frozen=True)
class RatePart:
    """What one member's own rate adds to the change; `members` is 1, or how many are folded into "other"."""

    value: str | None
    points: Points
    members: int = 1

    def to_json(self) -> dict[str, object]:
        return {"value": self.value, "members": self.members} | self.points.to_json()


@dataclass(frozen=True)
class MixOrRate(Shown):
    """A change in win rate between two periods as mix and rate of one attribute.

    `mix` + `rate` = `to` − `from`, and the `parts` sum to `rate`. Nothing has evidence where the change itself has
    none.
    """

    by: str
    earlier: Period
    later: Period
    from_rate: Rate
    to_rate: Rate
    change: Points
    mix: Points
    rate: Points
    parts: tuple[RatePart, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "by": self.by,
            "from": name(self.earlier),
            "to": name(self.later),
            "from_rate": self.from_rate.rate,
            "to_rate": self.to_rate.rate,
            "from_closed": self.from_rate.closed,
            "to_closed": self.to_rate.closed,
            "mix": self.mix.change,
            "rate": self.rate.change,
            "mix_interval": self.mix.to_json(),
            "rate_interval": self.rate.to_json(),
            "change": self.change.to_json(),
            "parts": [part.to_json() for part in self.parts],
        }


def mix_or_rate(
    prepared: Prepared,
    closed_in: Period | None = None,
    by: Sequence[str] | None = None,
    size_edges: tuple[float, ...] = (),
    earlier: Period | None = None,
) -> tuple[MixOrRate, ...] | NotRecorded:
    """The change in win rate from `earlier` (default: the same length just before) to `closed_in` (default: the last
    full quarter), by each attribute that is filled in, or by the ones named. Where the time before `closed_in` is not
    recorded in full: between the last two full quarters, if both lie within it.
    """
    periods = _periods(prepared, closed_in, earlier)
    if isinstance(periods, NotRecorded):
        return periods
    chosen = attributes(prepared, by)
    deals, sized = with_size(closed(prepared), size_edges)
    deals = with_customer(prepared, deals, chosen)
    then, now = (period.holds(deals.closed_on) for period in periods)
    deals = deals.mutate(now=now).filter(then | now)
    too_many = crowded(deals, chosen)
    columns = [column for column in chosen if column not in too_many and (sized or column != "size")]
    if not columns:
        return NOTHING
    tallies = _tallies(deals, columns)
    for at, period in enumerate(periods):
        n = sum(row[4] if at else row[2] for row in tallies[columns[0]])
        if n < TOO_FEW:
            return counted(
                "only {n} deal closed in {period}: too few to say",
                "only {n} deals closed in {period}: too few to say",
                n,
                period=name(period),
            )
    if any(value == FIRST for value, *_counts in tallies.get(CUSTOMER, ())):
        del tallies[CUSTOMER]  # Whether a first one is new is not known; their rates are not compared.
    return tuple(decompose(column, *periods, rows) for column, rows in tallies.items() if len(rows) > 1)


def _periods(
    prepared: Prepared, closed_in: Period | None, earlier: Period | None
) -> tuple[Period, Period] | NotRecorded:
    quarters = full_quarters(prepared, 2)
    latest = (quarters[0], quarters[1]) if len(quarters) == 2 else NO_QUARTERS
    if closed_in is None:
        return latest
    first, begin = earlier or before(closed_in), recorded_from(prepared)
    if first is None or begin is None or (earlier is None and (first.first is None or first.first < begin)):
        # Two quarters within the period are a change that is known; they are named wherever they are shown.
        return latest if not isinstance(latest, NotRecorded) and _holds(closed_in, latest[0]) else NO_BEFORE
    return first, closed_in


def _holds(period: Period, quarter: Period) -> bool:
    """Whether a past quarter begins within the period."""
    return period.first is None or (quarter.first is not None and quarter.first >= period.first)


def _tallies(deals: ir.Table, columns: Sequence[str]) -> dict[str, list[Tally]]:
    """(value, won then, closed then, won now, closed now) of each member, by column: one query for all."""
    won = deals.outcome == "won"
    counts = {
        "then_won": deals.count(where=~deals.now & won),
        "then": deals.count(where=~deals.now),
        "now_won": deals.count(where=deals.now & won),
        "at_now": deals.count(where=deals.now),
    }
    each = [
        deals.group_by(value=deals[column].cast("string")).aggregate(**counts).mutate(by=ibis.literal(column))
        for column in columns
    ]
    found: dict[str, list[Tally]] = {column: [] for column in columns}
    for row in engine.rows(ibis.union(*each) if len(each) > 1 else each[0]):
        found[row["by"]].append((row["value"], row["then_won"], row["then"], row["now_won"], row["at_now"]))
    return found


def decompose(by: str, earlier: Period, later: Period, tallies: list[Tally]) -> MixOrRate:
    """Kitagawa (1955): mix = Σ (share now − share then) · mean rate; rate = Σ (rate now − rate then) · mean share.

    A member that closed nothing in one period has no rate there; it takes the other's, so that it is all mix.

    >>> found = decompose("size", Period(), Period(), [("small", 40, 80, 20, 40), ("large", 2, 20, 6, 60)])
    >>> round(found.from_rate.rate, 2), round(found.to_rate.rate, 2), round(found.mix.change, 2), found.rate.change
    (0.42, 0.26, -0.16, 0.0)
    """
    ordered = sorted(tallies, key=lambda row: (row[0] is None, -(row[2] + row[4]), row[0] or ""))
    counts = np.array([row[1:] for row in ordered], float)
    then, now = _Side.of(counts[:, 0], counts[:, 1]), _Side.of(counts[:, 2], counts[:, 3])
    mixes, rates = _effects(then, now)
    folded = _folded([row[0] for row in ordered])
    change = _points([_together([*mixes, *rates])], then, now)[0]
    mix, rate = _points([_together(mixes), _together(rates)], then, now, change.evidence)
    parts = [_together([rates[place] for place in places]) for _, places in folded]
    told = zip(folded, _points(parts, then, now, change.evidence), strict=True)
    return MixOrRate(
        by=by,
        earlier=earlier,
        later=later,
        from_rate=wilson(int(counts[:, 0].sum()), int(counts[:, 1].sum())),
        to_rate=wilson(int(counts[:, 2].sum()), int(counts[:, 3].sum())),
        change=change,
        mix=mix,
        rate=rate,
        parts=tuple(RatePart(value, points, len(places)) for (value, places), points in told),
    )


def _folded(values: list[str | None]) -> list[tuple[str | None, list[int]]]:
    """The largest members one by one, the rest together."""
    if len(values) <= SHOWN:
        return [(value, [place]) for place, value in enumerate(values)]
    alone = [(value, [place]) for place, value in enumerate(values[: SHOWN - 1])]
    return [*alone, (OTHERS, list(range(SHOWN - 1, len(values))))]


@dataclass(frozen=True)
class _Side:
    """One period: each member's share of its deals, its rate, and the variance of that rate."""

    share: Real
    rate: Real
    noise: Real
    n: float
    known: NDArray[np.bool_]

    @staticmethod
    def of(won: Real, closed: Real) -> _Side:
        known = closed > 0
        rate = np.divide(won, closed, out=np.zeros(len(won)), where=known)
        near = (won + 1) / (closed + 2)  # never 0 or 1, whose variance would be none
        noise = np.divide(near * (1 - near), closed, out=np.zeros(len(won)), where=known)
        return _Side(closed / closed.sum(), rate, noise, float(closed.sum()), known)

    def variance(self, by_share: Real, by_rate: Real) -> float:
        """Of what has these slopes: the shares are multinomial, the rates binomial."""
        centred = by_share - by_share @ self.share
        return float(centred**2 @ self.share / self.n + by_rate**2 @ self.noise)


@dataclass(frozen=True)
class _Effect:
    """A part of the change, and its slopes by share and rate of each member, then and now."""

    change: float
    slopes: Real  # 4 × members: share then, rate then, share now, rate now


def _effects(then: _Side, now: _Side) -> tuple[list[_Effect], list[_Effect]]:
    """The mix and the rate effect of each member."""
    moved, weight = now.share - then.share, (now.share + then.share) / 2
    before = np.where(then.known, then.rate, now.rate)
    after = np.where(now.known, now.rate, then.rate)
    mean, gained = (before + after) / 2, after - before
    half = np.where(then.known & now.known, 0.5, 1.0)  # where one rate stands for both, it moves the mean alone
    zero = np.zeros(len(moved))
    mixes = np.array([-mean, half * moved * then.known, mean, half * moved * now.known])
    told = then.known & now.known
    rates = np.array([gained / 2, np.where(told, -weight, zero), gained / 2, np.where(told, weight, zero)])
    places = range(len(moved))
    only = [np.arange(len(moved)) == place for place in places]
    return (
        [_Effect(float(moved[k] * mean[k]), mixes * only[k]) for k in places],
        [_Effect(float(gained[k] * weight[k]), rates * only[k]) for k in places],
    )


def _together(effects: list[_Effect]) -> _Effect:
    slopes = np.sum([effect.slopes for effect in effects], axis=0)
    return _Effect(sum(effect.change for effect in effects), slopes)


def _points(effects: list[_Effect], then: _Side, now: _Side, among_evidence: bool = True) -> list[Points]:
    """Each with its interval by the delta method; evidence by Benjamini–Hochberg over them."""
    slopes = [effect.slopes for effect in effects]
    errors = [sqrt(then.variance(four[0], four[1]) + now.variance(four[2], four[3])) for four in slopes]
    changes = [effect.change for effect in effects]
    p_values = [
        2 * tails.normal(abs(change) / error) if error else None for change, error in zip(changes, errors, strict=True)
    ]
    return [
        Points(change, change - Z95 * error, change + Z95 * error, among_evidence and q is not None and q < LEVEL)
        for change, error, q in zip(changes, errors, benjamini_hochberg(p_values), strict=True)
    ]
