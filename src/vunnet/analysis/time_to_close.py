"""How many of the deals opened are won, lost or cancelled by day t?"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.lives import all_lives
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.survival import Curve

HORIZONS = (7, 14, 30, 60, 90, 180, 365)
CAUSES = {"won": 1, "lost": 2, "cancelled": 3}
NO_CREATION = NotRecorded("no creation dates are recorded")
NO_CLOSING = NotRecorded("no closing dates are recorded")
NOBODY = NotRecorded("no deal of the period was followed")


@dataclass(frozen=True)
class TimeToClose(Shown):
    """Aalen–Johansen cumulative incidence of won, lost and cancelled by days since opening, of `opened` deals."""

    opened: int
    curve: Curve
    median_days_to_close: float | None
    delayed_entry: bool

    def at(self, outcome: str, days: float) -> Share | None:
        """The share that had ended so within so many days; None where nobody was followed so long."""
        return self.curve.at(CAUSES[outcome], days)

    def drawn(self, outcome: str, until: float, points: int = 121) -> tuple[tuple[float, Share], ...]:
        """The curve on an even grid of days, for a picture."""
        return self.curve.drawn(CAUSES[outcome], until, points)

    def to_json(self) -> dict[str, object]:
        by_outcome = {outcome: [_row(self.at(outcome, days), days) for days in HORIZONS] for outcome in CAUSES}
        return by_outcome | {
            "median_days_to_close": self.median_days_to_close,
            "delayed_entry": self.delayed_entry,
            "opened": self.opened,
        }


def _row(share: Share | None, days: int) -> dict[str, object]:
    return {"days": days} | (share.to_json() if share else {"share": None, "low": None, "high": None})


def time_to_close(prepared: Prepared, opened_in: Period | None = None) -> TimeToClose | NotRecorded:
    """Cumulative incidence of the deals opened in the period (or all), open ones censored at `as_of`.

    Won, lost and cancelled compete. Under `observed_from` a deal opened before it is at risk from that day on, and one
    closed before it was never observed. Events come before censorings of the same day.
    """
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    timed = prepared.timed(opened_in)
    delayed = prepared.horizon.observed_from is not None
    found = all_lives(lives(timed), tuple(CAUSES.values()), prepared.ticks, delayed)
    if found.n == 0:
        return NOBODY
    return TimeToClose(found.n, found, found.median_days(), delayed)


def not_timed(prepared: Prepared) -> NotRecorded | None:
    """Why the source has no durations, or None where it has."""
    if not prepared.created_recorded:
        return NO_CREATION
    return NO_CLOSING if prepared.closed_undated else None


def lives(timed: ir.Table) -> ir.Table:
    """time, cause and entry of deals with `lived`, `outcome` and `entry`."""
    cause = ibis.cases(*((timed.outcome == outcome, code) for outcome, code in CAUSES.items()), else_=0)
    return timed.select(time=timed.lived, cause=cause.cast("int64"), entry=timed.entry)
