"""How many deals there are, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.stale import Stale, stale


@dataclass(frozen=True)
class Counts(Shown):
    """Deals by what became of them; `deals` is the sum of the other five but `stale`, which are some of the open."""

    deals: int
    not_opened: int
    open: int
    won: int
    lost: int
    cancelled: int
    stale: int | NotRecorded
    negative_durations: int = 0

    def to_json(self) -> dict[str, object]:
        names = ("deals", "not_opened", "open", "won", "lost", "cancelled", "negative_durations")
        still = self.stale.to_json() if isinstance(self.stale, NotRecorded) else self.stale
        return {name: getattr(self, name) for name in names} | {"stale": still}


def counts(prepared: Prepared, closed_in: Period | None = None, old: Stale | None = None) -> Counts:
    """Deals by outcome as known at `as_of`.

    `closed_in` leaves the closed deals of other days out; the open ones stay. Not opened: open, without a creation
    date, in a source that records creation. Negative durations count here and are left out of every time.
    `old`: the stale deals, where they are known already.
    """
    deals = prepared.deals
    if closed_in:
        deals = deals.filter((deals.outcome == "open") | closed_in.holds(deals.closed_on))
    found = engine.rows(deals.aggregate(deals=deals.count(), **_by_outcome(deals), refused=deals.refused.sum()))[0]
    not_opened = found["unborn"] if prepared.created_recorded else 0
    return Counts(
        deals=found["deals"],
        not_opened=not_opened,
        open=found["open"] - not_opened,
        won=found["won"],
        lost=found["lost"],
        cancelled=found["cancelled"],
        stale=(old or stale(prepared)).count_or_why,
        negative_durations=found["refused"] or 0,
    )


def _by_outcome(deals: ir.Table) -> dict[str, ir.Value]:
    tallies = {outcome: deals.count(where=deals.outcome == outcome) for outcome in ("open", "won", "lost", "cancelled")}
    return tallies | {"unborn": deals.count(where=(deals.outcome == "open") & ~deals.opened)}
