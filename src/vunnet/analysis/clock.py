"""Time: zones as plain expressions any engine understands, and durations as whole numbers so that ties are exact.

Times in the tables are naive UTC. A duration is counted in ticks: local calendar days, or milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Whole = NDArray[np.int64]

MILLISECONDS_A_DAY = 86_400_000
EPOCH = date(1970, 1, 1)
MOMENT_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 - times in the tables are naive UTC


@dataclass(frozen=True)
class Ticks:
    """The unit of a duration: `per_day` ticks make a day (1: calendar days)."""

    per_day: int

    @property
    def whole_days(self) -> bool:
        return self.per_day == 1

    def of(self, utc: ir.Value, local: ir.Value) -> ir.Value:
        """A moment as a whole number of ticks since 1970, from its UTC and its local column."""
        return local.date().delta(ibis.literal(EPOCH), unit="day") if self.whole_days else milliseconds(utc)


DAYS = Ticks(1)
EXACT = Ticks(MILLISECONDS_A_DAY)


def milliseconds(utc: ir.Value) -> ir.Value:
    """Milliseconds since 1970."""
    # DuckDB's epoch is a float with the fraction, whatever Ibis believes; floor makes it whole.
    seconds = utc.epoch_seconds() // 1
    return seconds * 1_000 + utc.millisecond()


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as missing:
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/Oslo or UTC") from missing


def midnight(day: date, where: ZoneInfo) -> datetime:
    """The UTC moment (naive) at which a local day begins."""
    return datetime.combine(day, time(), where).astimezone(UTC).replace(tzinfo=None)


def naive_utc(moment: datetime) -> datetime:
    """A moment as naive UTC; a naive one is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def offset_seconds(moment: datetime, where: ZoneInfo) -> int:
    """What to add to a naive UTC moment to get local time."""
    offset = moment.replace(tzinfo=UTC).astimezone(where).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def transitions(where: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """(moment in UTC, offset in seconds from then on), oldest first; the first entry is `first` itself.

    >>> spring = transitions(zone("Europe/Oslo"), datetime(2026, 1, 1), datetime(2026, 6, 1))
    >>> [(str(at), offset) for at, offset in spring]
    [('2026-01-01 00:00:00', 3600), ('2026-03-29 01:00:00', 7200)]
    """
    found = [(first, offset_seconds(first, where))]
    at = first
    while at < last:
        following = at + timedelta(days=7)
        if offset_seconds(following, where) != found[-1][1]:
            change = _change(where, at, following)
            found.append((change, offset_seconds(change, where)))
        at = following
    return found


def _change(where: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the offset stops being what it was at `before`."""
    old = offset_seconds(before, where)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if offset_seconds(middle, where) == old else (before, middle)
    return after.replace(microsecond=0)


def local(utc: ir.Value, changes: list[tuple[datetime, int]]) -> ir.Value:
    """A UTC column as local time, by the offsets of `transitions`."""
    shifts = [(at, ibis.interval(seconds=offset)) for at, offset in changes]
    if len(shifts) == 1:
        return utc + shifts[0][1] if changes[0][1] else utc
    newest_first = [(utc >= ibis.literal(at), shift) for at, shift in reversed(shifts[1:])]
    return utc + ibis.cases(*newest_first, else_=shifts[0][1])


def tells_time(table: ir.Table, names: tuple[str, ...], changes: list[tuple[datetime, int]]) -> dict[str, bool | None]:
    """Whether any value of each UTC column is not a local midnight; None for a column without values.

    A few rows usually settle it; only dates throughout need all of them.
    """
    few = _tell_time(table.select(*names).limit(1_000), names, changes)
    return few if all(few.values()) else _tell_time(table, names, changes)


def _tell_time(table: ir.Table, names: tuple[str, ...], changes: list[tuple[datetime, int]]) -> dict[str, bool | None]:
    moments = {name: local(table[name], changes) for name in names}
    asked = {name: (moment != moment.truncate("D")).any() for name, moment in moments.items()}
    return dict(table.aggregate(**asked).to_pyarrow().to_pylist()[0])


# --- the same on arrays, where the engine has read moments as whole numbers -------------------------------------------

NEVER = 1 << 62  # a moment or tick that has not come, or is not recorded
A_SECOND, A_DAY = 1_000_000, 86_400_000_000


def moments(column: Any) -> Whole:
    """A column of times as microseconds since 1970; NEVER for null."""
    return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64()).fill_null(NEVER), np.int64)


def shifts(changes: list[tuple[datetime, int]]) -> tuple[tuple[int, int], ...]:
    """`transitions` as (microseconds since 1970, offset in microseconds)."""
    return tuple(((at - MOMENT_ZERO) // timedelta(microseconds=1), offset * A_SECOND) for at, offset in changes)


def local_moments(at: Whole, changes: tuple[tuple[int, int], ...]) -> Whole:
    """Moments in UTC as local ones; NEVER stays far away."""
    offsets = np.array([offset for _, offset in changes], np.int64)
    if len(changes) == 1:
        return at + offsets[0] if offsets[0] else at
    return at + offsets[np.searchsorted(np.array([begin for begin, _ in changes[1:]], np.int64), at, side="right")]


def ticked(at: Whole, ticks: Ticks, changes: tuple[tuple[int, int], ...]) -> Whole:
    """Moments as ticks since 1970; NEVER stays.

    >>> ticked(np.array([86_400_000_000 + 1_500, NEVER]), EXACT, ((0, 0),)).tolist() == [86_400_001, NEVER]
    True
    """
    found = local_moments(at, changes) // A_DAY if ticks.whole_days else at // 1_000
    return np.asarray(np.where(at == NEVER, NEVER, found), np.int64)


def tells_times(at: Whole, changes: tuple[tuple[int, int], ...]) -> bool | None:
    """Whether any moment is not a local midnight; None without any: what `tells_time` asks the engine."""
    for some in (at[:1_000], at):
        known = some[some != NEVER]
        if len(known) and bool((local_moments(known, changes) % A_DAY != 0).any()):
            return True
    return False if len(known) else None
