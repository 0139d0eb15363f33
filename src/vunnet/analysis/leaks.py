"""Where can the method be improved? What would come back if each stage held its own better quarters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate, wilson
from vunnet.analysis.clock import NEVER, Whole
from vunnet.analysis.currency import currencies, several
from vunnet.analysis.evidence import LEVEL, NO_EVIDENCE, benjamini_hochberg, homogeneity
from vunnet.analysis.hierarchy import better_gap
from vunnet.analysis.journeys import OPEN, WON, Journeys, all_journeys
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quarters import full_quarters, name
from vunnet.analysis.question import Period
from vunnet.analysis.regression import Estimate
from vunnet.analysis.roster import NAMED, Named, Real, roster
from vunnet.analysis.shown import Shown
from vunnet.analysis.time_to_close import not_timed

LEAKS = "a leak"
A_YEAR = 4  # quarters
LARGEST = 8
TOO_SHORT = NotRecorded("fewer than four full quarters are recorded, so no stage has better quarters of its own yet")
FEW_DEALS = NotRecorded("no stage was left by ten deals or more in each of four quarters")


@dataclass(frozen=True)
class Leak:
    """A stage (of one member of a segment): who left it in the last year, and what its better quarters would bring.

    `quarters`: went on of all that left the stage, oldest first. `now`: the last four together; `better`: the upper
    quartile of all, shrunk. `extra_value` is None where won deals carry no addable amounts.
    """

    pipeline: str | None
    stage: str
    by: str | None
    value: str | None
    quarters: tuple[Rate, ...]
    lost: int
    lost_value: float | None
    lost_days: float
    now: float
    better: float
    extra_wins: Estimate
    extra_value: Estimate | None
    p_value: float | None
    q_value: float | None
    verdict: str

    def to_json(self) -> dict[str, object]:
        plain = ("pipeline", "stage", "by", "value", "lost", "lost_value", "lost_days", "now", "better")
        return {key: getattr(self, key) for key in plain} | {
            "extra_wins": self.extra_wins.to_json(),
            "extra_value": self.extra_value.to_json() if self.extra_value else None,
            "q_value": self.q_value,
            "verdict": self.verdict,
            "quarters": [rate.to_json() for rate in self.quarters],
        }


@dataclass(frozen=True)
class Leaks(Shown):
    """The stages by the lower end of what would come back in a year; `periods` are the quarters looked at."""

    rows: tuple[Leak, ...]
    periods: tuple[Period, ...]
    currency: str | None

    def to_json(self) -> list[dict[str, object]]:
        return [row.to_json() | {"from": name(self.periods[0]), "to": name(self.periods[-1])} for row in self.rows]


def leaks(prepared: Prepared, by: str | None = None) -> Leaks | NotRecorded:
    """Each stage of each pipeline, and its largest members of the column `by`.

    A deal counts in the quarter in which it went on from the stage (to a later one, or won) or was lost or cancelled
    there. What the last year would have brought had it gone as in the upper quartile of up to twelve quarters: extra
    deals that go on, times the share won of those that do. Evidence: the quarters differ at all (q < 0.05 over rows).
    """
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    periods = full_quarters(prepared)
    if len(periods) < A_YEAR:
        return TOO_SHORT
    column = by if by and prepared.has(by) else None
    worth = _worth(prepared)
    split = _split(prepared, column)
    rows = [
        row for ways in all_journeys(prepared) for row in _of_pipeline(prepared, ways, periods, (column, split), worth)
    ]
    if not rows:
        return FEW_DEALS
    q_values = benjamini_hochberg([row.p_value for row in rows])
    told = [_judged(row, q) for row, q in zip(rows, q_values, strict=True)]
    told.sort(key=lambda row: (-row.extra_wins.low, -row.extra_wins.value, row.stage, row.value or ""))
    return Leaks(tuple(told), periods, worth[1])


def _worth(prepared: Prepared) -> tuple[float | None, str | None]:
    """The mean value of a won deal, and its currency; None where there is none to name."""
    deals = prepared.deals.filter(prepared.deals.outcome == "won", prepared.deals.amount.notnull())
    every = deals.deal_id.notnull()
    found = engine.rows(deals.aggregate(mean=deals.amount.cast("float64").mean(), currencies=currencies(deals, every)))[
        0
    ]
    if several(found["currencies"]) or not found["mean"]:
        return None, None
    return float(found["mean"]), next(iter(found["currencies"] or ()), None)


def _split(prepared: Prepared, by: str | None) -> Named | None:
    """The members of a column of deals."""
    if by is None:
        return None
    deals = roster(prepared)
    return (
        deals.named(by) if by in NAMED else deals.members(prepared.every.select("deal_id", member=prepared.every[by]))
    )


def _of_pipeline(
    prepared: Prepared,
    journeys: Journeys,
    periods: tuple[Period, ...],
    by: tuple[str | None, Named | None],
    worth: tuple[float | None, str | None],
) -> Iterator[Leak]:
    column, split = by
    members, rows = _members(journeys, split)
    sums = np.stack([each for _, each in sorted(_sums(prepared, journeys, periods, members, len(rows)))])
    whole = sums.sum(axis=1)  # stage, quarter, sum
    for k, stage in enumerate(journeys.stages):
        told = [(None, None, whole[k]), *((column, rows[row], sums[k, row]) for row in _largest(sums, rows, split))]
        for attribute, member, quarters in told:
            leak = _leak(quarters, journeys.ticks.per_day, worth[0])
            if leak:
                yield replace(leak, pipeline=journeys.pipeline, stage=stage, by=attribute, value=member)


def _members(journeys: Journeys, split: Named | None) -> tuple[Whole, list[str | None]]:
    """The row of each deal's member, and the members by row; the last row is of those not filled in."""
    if split is None:
        return np.zeros(len(journeys.deals), np.int64), [None]
    codes = split.codes[journeys.deals].astype(np.int64)
    return np.where(codes < 0, len(split.names), codes), [*split.names, None]


def _largest(sums: Real, rows: list[str | None], split: Named | None) -> list[int]:
    """The rows of the members with most deals that left a stage, by name; none of a column with one member."""
    if split is None:
        return []
    size = sums[..., 0].sum(axis=(0, 2)) + sums[..., 1].sum(axis=(0, 2))
    there = [row for row in range(len(split.names)) if size[row]]
    if len(there) < 2:
        return []
    return sorted(sorted(there, key=lambda row: (-size[row], rows[row] or ""))[:LARGEST])


SUMS = ("went_on", "fell", "settled", "won", "fell_value", "fell_ticks")


def _sums(
    prepared: Prepared, journeys: Journeys, periods: tuple[Period, ...], row: Whole, rows: int
) -> Iterator[tuple[int, Real]]:
    """For each stage: SUMS over the deals that left it, by member and quarter."""
    amount, outcome = roster(prepared).amount[journeys.deals], journeys.outcome
    bounds = _bounds(prepared, journeys, periods)
    for k, later in journeys.later():
        entered, advanced = journeys.entered[k], later < NEVER
        at = np.where(advanced, np.maximum(later, entered), journeys.done)
        on = advanced | (outcome == WON)
        gone = (entered < NEVER) & (advanced | (outcome != OPEN)) & (at < NEVER) & (at >= entered)
        quarter = np.searchsorted(bounds, at, side="right") - 1
        gone &= (quarter >= 0) & (quarter < len(periods))
        cell = row * len(periods) + quarter
        settled = on & (outcome != OPEN)
        flags = (on, ~on, settled, on & (outcome == WON))
        counted = [np.bincount(cell[gone & flag], minlength=rows * len(periods)) for flag in flags]
        fell = gone & ~on
        weights = (np.nan_to_num(amount[fell]), (at - entered)[fell].astype(np.float64))
        weighed = [np.bincount(cell[fell], weight, rows * len(periods)) for weight in weights]
        yield k, np.stack([*counted, *weighed], axis=-1).reshape(rows, len(periods), len(SUMS))


def _bounds(prepared: Prepared, journeys: Journeys, periods: tuple[Period, ...]) -> Whole:
    """Ticks at which each quarter begins, and the last one ends."""
    begins = [prepared.horizon.tick(period.first, journeys.ticks) for period in periods if period.first]
    last = periods[-1].last
    ends = [prepared.horizon.tick(last + timedelta(days=1), journeys.ticks)] if last else []
    return np.array([*begins, *ends], np.int64)


def _leak(quarters: Real, per_day: int, worth: float | None) -> Leak | None:
    """One row from its quarters; None under four quarters of ten deals."""
    went, fell, settled_then, won_then = (quarters[:, place].astype(int).tolist() for place in range(4))
    told = [place for place in range(len(quarters)) if went[place] + fell[place] >= TOO_FEW]
    year = range(len(quarters) - A_YEAR, len(quarters))
    if len(told) < A_YEAR or not any(place in told for place in year):
        return None
    n = [went[place] + fell[place] for place in told]
    on = [went[place] for place in told]
    recent = np.array([n[at] if place in year else 0 for at, place in enumerate(told)], float)
    gap = better_gap(np.array(on), np.array(n), recent, (sum(won_then), sum(settled_then)))
    volume = sum(went[place] + fell[place] for place in year)
    extra = Estimate(*(volume * share for share in gap.gain))
    lost_value = float(quarters[-A_YEAR:, 4].sum())
    return Leak(
        pipeline=None,
        stage="",
        by=None,
        value=None,
        quarters=tuple(wilson(w, w + f) for w, f in zip(went, fell, strict=True)),
        lost=sum(fell[place] for place in year),
        lost_value=lost_value if worth is not None and lost_value > 0 else None,
        lost_days=float(quarters[-A_YEAR:, 5].sum()) / per_day,
        now=gap.now,
        better=gap.better,
        extra_wins=extra,
        extra_value=None
        if worth is None
        else Estimate(*(worth * wins for wins in (extra.value, extra.low, extra.high))),
        p_value=homogeneity(on, n),
        q_value=None,
        verdict=NO_EVIDENCE,
    )


def _judged(row: Leak, q_value: float | None) -> Leak:
    """Without evidence that the quarters differ nothing need come back: the lower end is 0."""
    if q_value is not None and q_value < LEVEL and row.extra_wins.low > 0:
        return replace(row, q_value=q_value, verdict=LEAKS)
    value = row.extra_value
    return replace(
        row,
        q_value=q_value,
        extra_wins=replace(row.extra_wins, low=0.0),
        extra_value=replace(value, low=0.0) if value else None,
    )
