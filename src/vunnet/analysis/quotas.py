"""The quotas of a source, read in one place: whose, for which days, how much, and which rows cannot be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.prepare import Prepared

NO_QUOTAS = NotRecorded("no quotas are recorded")
LONGEST, EARLIEST, LATEST = 3_660, 1900, 2199  # days, and years
FOR_ALL = NotRecorded("quotas are for all deals, and the question is about some of them")


@dataclass(frozen=True)
class Quota:
    """What a member, or where there is no member a team, is to win from the first to the last local day.

    `team` beside a member is the member's team in these days.
    """

    member: str | None
    team: str | None
    first: date
    last: date
    amount: float


@dataclass(frozen=True)
class Quotas:
    """The rows that are quotas, and of the others why they are none."""

    rows: tuple[Quota, ...]
    left_out: tuple[NotRecorded, ...]

    @property
    def periods(self) -> tuple[tuple[date, date], ...]:
        """The periods that have quotas, by their first day, then their last."""
        return tuple(sorted({(one.first, one.last) for one in self.rows}))

    def of(self, first: date, last: date) -> tuple[Quota, ...]:
        """The quotas of exactly these days."""
        return tuple(one for one in self.rows if (one.first, one.last) == (first, last))


def read_quotas(prepared: Prepared) -> Quotas | NotRecorded:
    """The source's quotas. Not recorded where there are none, or the question is about some of the deals."""
    table = prepared.tables.quotas
    if table is None:
        return NO_QUOTAS
    if prepared.deals is not prepared.every:
        return FOR_ALL
    names = {name: table[name] if name in table.columns else ibis.null("string") for name in ("member", "team")}
    days = {"first": table.period_start.cast("date"), "last": table.period_end.cast("date")}
    found = [_quota(row) for row in engine.rows(table.select(**names, **days, amount=table.amount.cast("float64")))]
    rows = [one for one in found if isinstance(one, Quota)]
    rows.sort(key=lambda one: (one.first, one.last, one.member or "", one.team or "", one.amount))
    left_out = sorted((one for one in found if isinstance(one, NotRecorded)), key=str)
    if not rows:
        return left_out[0] if left_out else NO_QUOTAS
    return Quotas(tuple(rows), tuple(left_out))


def is_by_member(rows: Sequence[Quota]) -> bool:
    """Whether all together have the members' quotas: not where those are 0 and teams have some."""
    return any(one.member is not None and one.amount for one in rows) or all(one.member is not None for one in rows)


def whole_quota(rows: Sequence[Quota]) -> float:
    """The members' quotas together; where they have none (or none above 0), the teams'."""
    by_member = is_by_member(rows)
    return sum(one.amount for one in rows if (one.member is not None) is by_member)


def target(prepared: Prepared, first: date, last: date) -> float | None:
    """The quota of exactly these days, of all together; None where there is none."""
    found = read_quotas(prepared)
    return None if isinstance(found, NotRecorded) else whole_quota(found.of(first, last)) or None


def _quota(row: dict[str, Any]) -> Quota | NotRecorded:
    """The row as a quota, or why it is none and what would make it one."""
    first, last, amount = row["first"], row["last"], row["amount"]
    who = row["member"] or row["team"]
    if not who:
        return NotRecorded("a quota names neither a member nor a team; fill in one of them")
    if first is None or last is None or amount is None:
        return NotRecorded(
            "the quota of {who} lacks its first day, its last day or its amount; fill it in", {"who": who}
        )
    named = {"who": who, "first": first.isoformat(), "last": last.isoformat()}
    if last < first:
        return NotRecorded("the quota of {who} ends on {last}, before it begins on {first}; correct its days", named)
    if (last - first).days > LONGEST or not EARLIEST <= first.year <= last.year <= LATEST:
        return NotRecorded(
            "the quota of {who} from {first} to {last} is for no period of at most ten years between 1900 and 2199; correct its days",
            named,
        )
    if not amount >= 0:
        return NotRecorded("the quota of {who} from {first} to {last} is under 0; a quota is 0 or more", named)
    return Quota(row["member"] or None, row["team"] or None, first, last, amount)
