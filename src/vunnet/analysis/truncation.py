"""Do the records of closings begin after some deals were already open?

Many exports hold only the deals that closed after some day, with openings that lie before it. Whatever closed earlier is
missing, so the deals opened before that day all seem to have lived long.
"""

from __future__ import annotations

from datetime import date
from math import log

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from vunnet.analysis import engine

CHANCE = 0.001
Real = NDArray[np.float64]


def closings_begin(deals: ir.Table, last: date) -> date | None:
    """The local day of the first closing, where chance cannot explain that nothing closed before it; else None.

    Were closings recorded all along, the closings at an age would be spread over all deals that reach the age. The
    chance that none falls on a deal opened before that day, while it was still to come, is a product over ages in whole
    days: C(n, d) / C(n + m, d), for d closings among n deals opened on the day or later, and m opened before it that
    reached the age before it. Under 1 in 1000, closings are recorded from that day on. `deals` are prepared ones,
    `last` the local day of `as_of`.
    """
    timed = deals.filter(deals.opened, ~deals.refused)
    first: date | None = engine.rows(timed.aggregate(day=timed.closed_on.min()))[0]["day"]
    if first is None:
        return None
    before = timed.created_on < ibis.literal(first)
    until = ibis.ifelse(before, ibis.literal(first), ibis.coalesce(timed.closed_on, ibis.literal(last)))
    asked = timed.select(before=before, days=until.delta(timed.created_on, unit="day"), over=timed.closed_on.notnull())
    lives = engine.rows(asked.group_by("before", "days", "over").aggregate(n=asked.count()))
    return first if _log_chance(lives) < log(CHANCE) else None


def _log_chance(lives: list[dict[str, int]]) -> float:
    """ln of the chance, from counts of lives in whole days: those opened before, and those opened on the day or later."""
    size = 1 + max(life["days"] for life in lives)
    waited, lived, closed = np.zeros(size), np.zeros(size), np.zeros(size)
    for life in lives:
        (waited if life["before"] else lived)[life["days"]] += life["n"]
        closed[life["days"]] += life["n"] if life["over"] and not life["before"] else 0
    # A deal opened before was still to be closed on each of its days but the last, which is that of the first closing.
    reached, early = _beyond(lived) + lived, _beyond(waited)
    return float((_ways(reached, closed) - _ways(reached + early, closed)).sum())


def _beyond(counts: Real) -> Real:
    """How many lie above each place."""
    return np.asarray(counts.sum() - np.cumsum(counts), np.float64)


def _ways(n: Real, chosen: Real) -> Real:
    """ln C(n, chosen)."""
    return np.asarray(gammaln(n + 1) - gammaln(chosen + 1) - gammaln(n - chosen + 1), np.float64)
