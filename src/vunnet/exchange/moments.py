"""Dates and times as other systems write them, into UTC; never guessed where day and month could be swapped.

A whole column is read at once: ISO forms by Arrow, the rest value by distinct value. Whether 3/4/2024 is in March or
April is decided by the column's other values, then by the file's other columns; what stays open is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import limits
from vunnet.exchange.arrow import pc
from vunnet.exchange.sentences import said

MOMENT = pa.timestamp("us")
SAMPLE = 500
DAY_FIRST, MONTH_FIRST = "day first", "month first"
EPOCH = datetime.fromisoformat("1970-01-01")
EARLIEST = datetime.fromisoformat(f"{limits.EARLIEST_YEAR}-01-01")
LATEST = datetime.fromisoformat(f"{limits.LATEST_YEAR}-12-31")
BLANKS = frozenset({"", "(no value)", "(none)", "null", "none", "n/a", "#n/a", "-", "--"})

_ISO = (
    r"^(19|20|21)\d\d-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    r"([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?$"
)
_ISO_START = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?"
_TIME = (
    r"(?:[ T,]+(?:kl\.? ?|at )?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[aApP]\.?[mM]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})" + _TIME, re.ASCII)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)" + _TIME, re.ASCII
)
_NAMED = re.compile(
    r"(?:[A-Za-zÀ-ÿ]{2,10}\.?,? )?(?:(?P<day>\d{1,2})\.?(?:st|nd|rd|th)?[ -](?:de )?(?P<name>[A-Za-zÀ-ÿ]{3,10})\.?"
    r"|(?P<name2>[A-Za-zÀ-ÿ]{3,10})\.? (?P<day2>\d{1,2})(?:st|nd|rd|th)?),?[ -](?:de )?(?P<year>\d{4})" + _TIME,
    re.ASCII,
)
_EPOCH = re.compile(r"\d{12,13}", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene",
            "feb",
            "mar",
            "apr abr",
            "may mai",
            "jun",
            "jul",
            "aug ago",
            "sep",
            "oct okt",
            "nov",
            "dec des dic",
        ),
        start=1,
    )
    for name in names.split()
}
ASK_ORDER = said("Day and month could be swapped and nothing in the file tells; write it as 2024-03-31.")
NOT_A_DATE = said("This is not a date; write it as 2024-03-31 or 2024-03-31 14:05.")
NO_SUCH_DAY = said("There is no such day or time in the calendar; write a date like 2024-03-31.")
A_SERIAL = said("This is Excel's count of days, not a date; format the column as a date and save again.")
FAR_YEAR = said(
    "The year is not between {first} and {last}; write a date like 2024-03-31.",
    first=str(limits.EARLIEST_YEAR),
    last=str(limits.LATEST_YEAR),
)


class Unreadable(ValueError):
    """A value that is no date, with the sentence for its owner."""


@dataclass(frozen=True)
class MomentColumn:
    """Naive UTC timestamps, null where missing or refused; `bad` rows with their `whys`. `dated`: no time of day."""

    values: Any
    bad: np.ndarray
    whys: Sequence[str]


def read_moments(column: Any, zone: str, order: Callable[[], str] = str) -> MomentColumn:
    """Text into naive UTC timestamps; a time without an offset, or a plain date, is in `zone`.

    `order` is asked (for DAY_FIRST, MONTH_FIRST or "") only where the column itself does not settle 3/4/2024.
    """
    column = without_blanks(column)
    # A cast that fails on every value is far slower than one that succeeds: look at some values first.
    sample = column.drop_null().slice(0, SAMPLE)
    try:
        if _all_match(sample, _ISO_START + "$"):
            return _good(_to_utc(_in_range(column.cast(MOMENT)), zone))
        if _all_match(sample, _ISO_START + r"(Z|[+-]\d\d:?\d\d)$"):
            return _good(_in_range(column.cast(pa.timestamp("us", "UTC")).cast(MOMENT)))
    except pa.ArrowInvalid:
        pass
    return _one_by_one(column, zone, order)


def _all_match(sample: Any, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(sample, pattern)).as_py() is not False)


def _good(values: Any) -> MomentColumn:
    return MomentColumn(values, np.empty(0, dtype=np.int64), [])


def without_blanks(column: Any) -> Any:
    """The words that systems write for nothing, such as "(No value)", as nulls."""
    short = pc.less_equal(pc.utf8_length(column), max(map(len, BLANKS)))
    if not pc.any(short).as_py():
        return column
    blank = pc.fill_null(pc.is_in(pc.utf8_lower(column), pa.array(sorted(BLANKS))), False)
    return pc.if_else(blank, pa.scalar(None, pa.string()), column) if pc.any(blank).as_py() else column


def _in_range(values: Any) -> Any:
    low, high = EARLIEST, LATEST
    ends: dict[str, datetime | None] = pc.min_max(values).as_py()
    first, last = ends["min"], ends["max"]
    if first is not None and last is not None and (first < low or last > high):
        raise pa.ArrowInvalid("outside the years that are read")
    return values


def _to_utc(values: Any, zone: str) -> Any:
    if zone == "UTC":
        return values
    return pc.assume_timezone(values, zone, ambiguous="earliest", nonexistent="latest").cast(MOMENT)


def _one_by_one(column: Any, zone: str, order: Callable[[], str]) -> MomentColumn:
    """Most values may still be plain ISO: those at once, the others by distinct value."""
    iso = pc.fill_null(pc.match_substring_regex(column, _ISO), False)
    plain = _to_utc(pc.if_else(iso, column, pa.scalar(None, pa.string())).cast(MOMENT), zone)
    rest = pc.if_else(iso, pa.scalar(None, pa.string()), column).dictionary_encode()
    settled_order = order_in(rest.dictionary) or (order() if len(_slashed(rest.dictionary)) else "")
    walls, offsets, whys = _distinct(rest.dictionary.to_pylist(), settled_order)
    naive = _to_utc(pa.array(walls, MOMENT), zone)
    settled = pc.if_else(pa.array(offsets, pa.bool_()), pa.array(walls, MOMENT), naive).take(rest.indices)
    codes = pc.fill_null(rest.indices, -1).to_numpy()
    wrong = np.array([*(bool(why) for why in whys), False])
    bad = np.flatnonzero(wrong[codes])
    return MomentColumn(pc.coalesce(plain, settled), bad, [whys[codes[row]] for row in bad])


def _distinct(texts: Iterable[str], order: str) -> tuple[list[datetime | None], list[bool], list[str]]:
    walls: list[datetime | None] = []
    moments: list[bool] = []
    whys: list[str] = []
    for text in texts:
        try:
            wall, is_moment = read_one(text, order)
            walls.append(wall)
            moments.append(is_moment)
            whys.append("")
        except Unreadable as fault:
            walls.append(None)
            moments.append(False)
            whys.append(fault.args[0])
    return walls, moments, whys


def order_in(texts: Any) -> str:
    """DAY_FIRST or MONTH_FIRST where some value proves it and none the contrary; otherwise "".

    >>> order_in(pa.array(["03/04/2024", "25/12/2023"]))
    'day first'
    """
    slashed = _slashed(texts)
    if not len(slashed):
        return ""
    parts = pc.extract_regex(slashed, r"^(?P<a>\d{1,2})[-/](?P<b>\d{1,2})[-/]")
    first = pc.max(pc.struct_field(parts, "a").cast(pa.int32())).as_py()
    second = pc.max(pc.struct_field(parts, "b").cast(pa.int32())).as_py()
    if (first > 12) != (second > 12):
        return DAY_FIRST if first > 12 else MONTH_FIRST
    halves = pc.any(pc.match_substring_regex(slashed, r"(?i)\d\s*[ap]\.?m")).as_py()
    return MONTH_FIRST if halves and first <= 12 else ""


def _slashed(texts: Any) -> Any:
    return texts.filter(pc.fill_null(pc.match_substring_regex(texts, r"^\d{1,2}[-/]\d{1,2}[-/]\d"), False))


def read_one(text: str, order: str = "") -> tuple[datetime, bool]:
    """One value: the time as written, and whether it carries its own offset (then it is UTC already)."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _built(found, int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _YEAR_LAST.fullmatch(text):
        day, month = _ordered(int(found["first"]), int(found["second_"]), found["mark"], order)
        return _built(found, _year(found["year"]), month, day)
    if found := _NAMED.fullmatch(text):
        name = (found["name"] or found["name2"])[:3].casefold()
        if name in _MONTHS:
            return _built(found, int(found["year"]), _MONTHS[name], int(found["day"] or found["day2"]))
    if _EPOCH.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(text)), True
    raise Unreadable(A_SERIAL if _SERIAL.fullmatch(text) else NOT_A_DATE)


def _ordered(first: int, second: int, mark: str, order: str) -> tuple[int, int]:
    """Day and month. A point between them is written day first everywhere."""
    if mark == "." or first > 12 or first == second:
        return first, second
    if second > 12:
        return second, first
    if not order:
        raise Unreadable(ASK_ORDER)
    return (first, second) if order == DAY_FIRST else (second, first)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 70 else 1900)


def _built(found: re.Match[str], year: int, month: int, day: int) -> tuple[datetime, bool]:
    if not limits.EARLIEST_YEAR <= year <= limits.LATEST_YEAR:
        raise Unreadable(FAR_YEAR)
    try:
        day_of = date(year, month, day)
        clock = time(_hour(found), int(found["minute"] or 0), int(found["second"] or 0), _part(found))
    except ValueError as fault:
        raise Unreadable(NO_SUCH_DAY) from fault
    wall = datetime.combine(day_of, clock)
    if not found["zone"]:
        return wall, False
    return wall.replace(tzinfo=_offset(found["zone"])).astimezone(UTC).replace(tzinfo=None), True


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"] or 0)
    if not found["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise Unreadable(NO_SUCH_DAY)
    return hour % 12 + (12 if found["half"][0] in "pP" else 0)


def _part(found: re.Match[str]) -> int:
    return int((found["part"] or "0").ljust(6, "0")[:6])


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if ahead >= timedelta(hours=24):
        raise Unreadable(NO_SUCH_DAY)
    return timezone(-ahead if text[0] == "-" else ahead)
