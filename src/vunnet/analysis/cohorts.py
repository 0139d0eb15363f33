"""Do newer deals do as well at the same age? The share won by day 30, 60, 90 of the deals opened each month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

import ibis
import numpy as np

from vunnet.analysis import engine, tails
from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, NotRecorded, Rate, wilson
from vunnet.analysis.evidence import DIFFERS, LEVEL, NO_EVIDENCE, benjamini_hochberg, homogeneity
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Rows, Shown, flat
from vunnet.analysis.time_to_close import HORIZONS, NOBODY, not_timed

ALWAYS = (30, 60, 90)
RISING, FALLING = "differs: rising", "differs: falling"


@dataclass(frozen=True)
class Cohort:
    """The deals opened in a month; `won_by` days of HORIZONS, None where its youngest deal was not followed so long."""

    month: date
    deals: int
    won_by: dict[int, Rate | None]

    def to_json(self) -> dict[str, object]:
        shares = {days: self.won_by[days] for days in (*ALWAYS, *(h for h in HORIZONS if h not in ALWAYS))}
        plain = {f"won_by_{days}": rate.rate if rate else None for days, rate in shares.items()}
        spans = {str(days): rate.to_json() for days, rate in shares.items() if rate}
        return {"created": f"{self.month:%Y-%m}", "deals": self.deals} | plain | {"by_day": spans}


@dataclass(frozen=True)
class Cohorts(Shown):
    """The months in order. `verdict` compares, at day `compared_by`, those with ten deals or more followed so long:
    whether they differ at all, and whether they rise or fall with time.
    """

    rows: tuple[Cohort, ...]
    compared_by: int
    p_value: float | None
    trend_p_value: float | None
    verdict: str

    @property
    def differ(self) -> bool:
        """Whether the months are told apart, be it by a trend."""
        return self.verdict in (DIFFERS, RISING, FALLING)

    def compared(self) -> tuple[Cohort, ...]:
        """The months that the verdict is about."""
        return tuple(row for row in self.rows if row.deals >= TOO_FEW and row.won_by.get(self.compared_by))

    def to_json(self) -> list[dict[str, object]]:
        return [row.to_json() for row in self.rows]

    def compared_to_json(self) -> dict[str, object]:
        """The verdict on the months together: at which day, of how many months, and what the two tests say."""
        names = ("compared_by", "p_value", "trend_p_value", "verdict")
        return {name: getattr(self, name) for name in names} | {"months": len(self.compared())}

    def table(self) -> Rows:
        """The months, one row each; beside each the verdict on all of them together."""
        return Rows(tuple(flat(row.to_json() | self.compared_to_json()) for row in self.rows))


def cohorts(prepared: Prepared, opened_in: Period | None = None, by_day: int = 30) -> Cohorts | NotRecorded:
    """The deals opened (in the period) by local month of opening, and the share won by each of HORIZONS.

    A cell is blank where the cohort's youngest deal has not been followed so long. Months that began before
    `observed_from` are left out: of their deals only those that lived on are known.
    """
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    deals, ticks = prepared.timed(opened_in), prepared.ticks
    month = deals.created_on.truncate("M")
    won = deals.outcome == "won"
    tallies = {f"won_{days}": deals.count(where=won & (deals.lived <= days * ticks.per_day)) for days in HORIZONS}
    found = deals.group_by(month=month).aggregate(deals=deals.count(), youngest=deals.born.max(), **tallies)
    if prepared.horizon.observed_from:
        found = found.filter(found.month >= ibis.literal(prepared.horizon.observed_from))
    now = prepared.horizon.now(ticks)
    rows = [_cohort(row, (now - row["youngest"]) / ticks.per_day) for row in engine.rows(found)]
    if not rows:
        return NOBODY
    return compare(tuple(sorted(rows, key=lambda row: row.month)), by_day)


def _cohort(row: dict[str, Any], followed: float) -> Cohort:
    won_by = {days: wilson(row[f"won_{days}"], row["deals"]) if days <= followed else None for days in HORIZONS}
    month = row["month"]
    return Cohort(date(month.year, month.month, 1), row["deals"], won_by)


def compare(rows: tuple[Cohort, ...], by_day: int) -> Cohorts:
    """The verdict on months, at the horizon nearest to `by_day`: homogeneity and trend, q-values over the two."""
    at = min(HORIZONS, key=lambda days: abs(days - by_day))
    told = [
        (place, rate.won, rate.closed)
        for place, row in enumerate(rows)
        if (rate := row.won_by[at]) and row.deals >= TOO_FEW
    ]
    won, deals = [int(one[1]) for one in told], [int(one[2]) for one in told]
    differ, trend = homogeneity(won, deals), _trend([one[0] for one in told], won, deals)
    z, p_trend = trend or (0.0, None)
    q_values = benjamini_hochberg([differ, p_trend])
    return Cohorts(rows, at, differ, p_trend, _verdict(len(told), q_values, z))


def _trend(places: list[int], won: list[int], deals: list[int]) -> tuple[float, float] | None:
    """Cochran–Armitage's z of a share that rises (above 0) or falls with time, and its p-value; None where there is
    nothing to tell.

    Months that scatter more than chance does around the trend are no evidence of one: the variance is inflated by what
    is left of Pearson's chi-square per degree of freedom (McCullagh & Nelder 1989, 4.5).

    >>> [round(found, 4) for found in _trend([0, 1, 2], [30, 20, 10], [100, 100, 100])]
    [-3.5355, 0.0004]
    """
    place, w, n = (np.asarray(column, float) for column in (places, won, deals))
    rate = w.sum() / max(n.sum(), 1)
    if len(n) < 3 or not 0 < rate < 1:
        return None
    away = place - (place * n).sum() / n.sum()
    z = float((away * (w - n * rate)).sum() / np.sqrt(rate * (1 - rate) * (n * away**2).sum()))
    scatter = float(((w - n * rate) ** 2 / (n * rate * (1 - rate))).sum() - z * z) / (len(n) - 2)
    if scatter <= 1:
        return z, 2 * tails.normal(abs(z))
    return z / sqrt(scatter), 2 * tails.student(abs(z) / sqrt(scatter), len(n) - 2)


def _verdict(compared: int, q_values: list[float | None], trend: float) -> str:
    if compared < 2:
        return TOO_FEW_WORDS
    differ, trending = (q is not None and q < LEVEL for q in q_values)
    if trending:
        return RISING if trend > 0 else FALLING
    return DIFFERS if differ else NO_EVIDENCE
