"""Where can the method be improved? What would come back if each stage held its own better quarters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate, wilson
from vunnet.analysis.currency import currencies, several
from vunnet.analysis.evidence import LEVEL, NO_EVIDENCE, benjamini_hochberg, homogeneity
from vunnet.analysis.hierarchy import better_gap
from vunnet.analysis.journeys import Journeys, derived_journeys, recorded_journeys
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quarters import full_quarters, name
from vunnet.analysis.question import Period
from vunnet.analysis.regression import Estimate
from vunnet.analysis.shown import Shown
from vunnet.analysis.stages import ladders
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
    rows = [row for ways in _ways(prepared) for row in _of_pipeline(prepared, ways, periods, column, worth)]
    if not rows:
        return FEW_DEALS
    q_values = benjamini_hochberg([row.p_value for row in rows])
    told = [_judged(row, q) for row, q in zip(rows, q_values, strict=True)]
    told.sort(key=lambda row: (-row.extra_wins.low, -row.extra_wins.value, row.stage, row.value or ""))
    return Leaks(tuple(told), periods, worth[1])


def _ways(prepared: Prepared) -> Iterator[Journeys]:
    visits = prepared.visits
    if visits is None:
        yield derived_journeys(prepared)
        return
    for ladder in ladders(prepared):
        yield recorded_journeys(prepared, visits, ladder)


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


def _of_pipeline(
    prepared: Prepared,
    journeys: Journeys,
    periods: tuple[Period, ...],
    by: str | None,
    worth: tuple[float | None, str | None],
) -> Iterator[Leak]:
    found: dict[tuple[int, str | None], dict[int, dict[str, Any]]] = defaultdict(dict)
    sizes: dict[str | None, int] = defaultdict(int)
    for row in engine.rows(_tallies(prepared, journeys, periods, by)):
        whole = found[row["stage"], None].setdefault(row["quarter"], dict.fromkeys(SUMS, 0))
        for key in SUMS:
            whole[key] += row[key] or 0
        if by is not None and row["member"] is not None:
            found[row["stage"], row["member"]][row["quarter"]] = row
            sizes[row["member"]] += row["went_on"] + row["fell"]
    largest = sorted(sizes, key=lambda member: (-sizes[member], member or ""))[:LARGEST]
    for (stage, member), quarters in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if member is not None and (member not in largest or len(sizes) < 2):
            continue
        own = [quarters.get(place, {}) for place in range(1, len(periods) + 1)]
        leak = _leak(own, journeys.ticks.per_day, worth[0])
        if leak:
            at = (journeys.pipeline, journeys.stages[stage], by if member is not None else None, member)
            yield replace(leak, pipeline=at[0], stage=at[1], by=at[2], value=at[3])


SUMS = ("went_on", "fell", "settled", "won", "fell_value", "fell_ticks")


def _tallies(prepared: Prepared, journeys: Journeys, periods: tuple[Period, ...], by: str | None) -> ir.Table:
    """Who left each stage in each quarter: one query for all stages."""
    about = {"amount": prepared.deals.amount.cast("float64")}
    member = prepared.deals[by].cast("string") if by else ibis.null("string")
    deals = journeys.deals.join(prepared.deals.select("deal_id", **about, member=member), "deal_id")
    each = [_left(prepared, deals, journeys, k, periods) for k in range(len(journeys.stages))]
    left = ibis.union(*each) if len(each) > 1 else each[0]
    left = left.filter(left.quarter > 0, left.quarter <= len(periods))
    fell = ~left.on
    return left.group_by("stage", "quarter", "member").aggregate(
        went_on=left.count(where=left.on),
        fell=left.count(where=fell),
        settled=left.count(where=left.on & (left.outcome != "open")),
        won=left.count(where=left.on & (left.outcome == "won")),
        fell_value=left.amount.sum(where=fell),
        fell_ticks=left.stayed.sum(where=fell),
    )


def _left(prepared: Prepared, deals: ir.Table, journeys: Journeys, k: int, periods: tuple[Period, ...]) -> ir.Table:
    """The deals that left stage k: on or fallen away, in which quarter (0: before all, n + 1: after), and how long after
    entering it."""
    entered = deals[f"entered_{k}"]
    entries = [deals[f"entered_{j}"] for j in range(k + 1, len(journeys.stages))]
    later = ibis.null("int64") if not entries else ibis.least(*entries) if len(entries) > 1 else entries[0]
    advanced = later.notnull()
    at = ibis.ifelse(advanced, ibis.greatest(later, entered), deals.done)
    bounds = [period.first for period in periods if period.first]
    begins = [prepared.horizon.tick(first, journeys.ticks) for first in bounds]
    after = periods[-1].last
    begins += [prepared.horizon.tick(after, journeys.ticks) + journeys.ticks.per_day] if after else []
    passed = [(at >= begin).fill_null(False).cast("int64") for begin in begins]
    quarter = passed[0]
    for step in passed[1:]:
        quarter = quarter + step
    table = deals.select(
        "member",
        "amount",
        "outcome",
        stage=ibis.literal(k, "int64"),
        on=advanced | (deals.outcome == "won"),
        stayed=at - entered,
        quarter=quarter,
        here=entered.notnull() & (advanced | (deals.outcome != "open")) & at.notnull(),
    )
    return table.filter(table.here & (table.stayed >= 0)).drop("here")


def _leak(quarters: list[dict[str, Any]], per_day: int, worth: float | None) -> Leak | None:
    """One row from its quarters; None under four quarters of ten deals."""
    went, fell = ([int(row.get(key) or 0) for row in quarters] for key in ("went_on", "fell"))
    told = [place for place in range(len(quarters)) if went[place] + fell[place] >= TOO_FEW]
    year = range(len(quarters) - A_YEAR, len(quarters))
    if len(told) < A_YEAR or not any(place in told for place in year):
        return None
    n = [went[place] + fell[place] for place in told]
    on = [went[place] for place in told]
    recent = np.array([n[at] if place in year else 0 for at, place in enumerate(told)], float)
    settled, won = (sum(int(row.get(key) or 0) for row in quarters) for key in ("settled", "won"))
    gap = better_gap(np.array(on), np.array(n), recent, (won, settled))
    volume = sum(went[place] + fell[place] for place in year)
    extra = Estimate(*(volume * share for share in gap.gain))
    lost_value = sum(float(quarters[place].get("fell_value") or 0) for place in year)
    return Leak(
        pipeline=None,
        stage="",
        by=None,
        value=None,
        quarters=tuple(wilson(w, w + f) for w, f in zip(went, fell, strict=True)),
        lost=sum(fell[place] for place in year),
        lost_value=lost_value if worth is not None and lost_value > 0 else None,
        lost_days=sum(int(quarters[place].get("fell_ticks") or 0) for place in year) / per_day,
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
