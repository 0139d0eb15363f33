"""Every recorded stay of every deal as whole numbers: read once, shared by funnel, leaks, stale deals and forecast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir

from vunnet.analysis.clock import DAYS, EXACT, Ticks, Whole, moments, tells_times, ticked
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.roster import Codes, Roster, coded, roster


@dataclass(frozen=True)
class Trail:
    """One entry a stay, in any order: the number of its deal, its stage (a code into `stages`), and when it was entered
    and left (microseconds since 1970 in UTC; left NEVER: still there)."""

    stages: tuple[str, ...]
    deal: Codes
    stage: Codes
    entered: Whole
    left: Whole
    changes: tuple[tuple[int, int], ...]

    @cached_property
    def stay_ticks(self) -> Ticks:
        """Calendar days where entering or leaving has no time of day throughout."""
        return DAYS if not self.tells_entry or self._dated(self.left) else EXACT

    @cached_property
    def tells_entry(self) -> bool:
        """Whether stages are entered at a time of day."""
        return not self._dated(self.entered)

    def _dated(self, at: Whole) -> bool:
        return tells_times(at, self.changes) is False

    def ticks(self, at: Whole, ticks: Ticks) -> Whole:
        return ticked(at, ticks, self.changes)


def trail(prepared: Prepared, visits: ir.Table) -> Trail:
    """The stays of the visible deals."""
    if "trail" not in prepared.kept:
        prepared.kept["trail"] = _read(roster(prepared), visits, prepared)
    found: Trail = prepared.kept["trail"]
    return found


def stays(deals: ir.Table, visits: ir.Table) -> ir.Table:
    """The stays with the numbers of their deals instead of the names."""
    named = deals.select("deal_id", "number")
    return visits.join(named, "deal_id").select("number", "stage", "entered_at", "left_at")


def _read(deals: Roster, visits: ir.Table, prepared: Prepared) -> Trail:
    read = stays(deals.table, visits).to_pyarrow()
    stage = coded(read["stage"])
    return Trail(
        stages=stage.names,
        deal=deals.places(read["number"]),
        stage=stage.codes,
        entered=moments(read["entered_at"]),
        left=moments(read["left_at"]),
        changes=prepared.shifts,
    )
