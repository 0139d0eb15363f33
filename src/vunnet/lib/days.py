"""Days as people write them: 24.12.2026, 24/12, 24 Dec, week 50, tomorrow, i morgen, neste fredag, +3d."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

NEAR = {
    "today": 0, "tomorrow": 1, "yesterday": -1, "day after tomorrow": 2,
    "i dag": 0, "idag": 0, "i morgen": 1, "imorgen": 1, "i går": -1, "igår": -1, "i overmorgen": 2, "overimorgen": 2,
}  # fmt: skip
WEEKDAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "mandag": 0, "tirsdag": 1, "onsdag": 2, "torsdag": 3, "fredag": 4, "lørdag": 5, "søndag": 6,
    "man": 0, "tir": 1, "ons": 2, "tor": 3, "fre": 4, "lør": 5, "søn": 6,
}  # fmt: skip
NEXT = ("next ", "neste ")
UNITS = {"d": "d", "day": "d", "days": "d", "dag": "d", "dager": "d", "w": "w", "week": "w", "weeks": "w", "u": "w", "uke": "w", "uker": "w",
         "m": "m", "month": "m", "months": "m", "md": "m", "mnd": "m", "måned": "m", "måneder": "m"}  # fmt: skip
SPAN = re.compile(r"(?:(?:in|om) |\+ ?)(\d{1,4}) ?([a-zåæø]*)$")
NEXT_SPAN = {"next week": "w", "neste uke": "w", "next month": "m", "neste måned": "m"}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")
# "tomorrow 10:00", "24/12 at 9", "fredag kl. 14.30"
WITH_TIME = re.compile(r"(.+?),? (?:(?:at|kl\.?) ?(\d{1,2})(?:[:.](\d{2}))?|(\d{1,2})[:.](\d{2}))$")
MONTHS: tuple[tuple[str, ...], ...] = (
    *(("jan",), ("feb",), ("mar",), ("apr",), ("may", "mai"), ("jun",)),
    *(("jul",), ("aug",), ("sep",), ("oct", "okt"), ("nov",), ("dec", "des")),
)
# "24 Dec", "24. desember 2026", "Dec 24", "December 24th, 2026"
NAMED = re.compile(r"(?:(\d{1,2})\.? ?([a-z]{3,9})|([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?)\.?,?(?: (\d{4}))?$")
MONTH_NAMES = {
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
    *("december", "januar", "februar", "mars", "mai", "juni", "juli", "oktober", "desember", "sept"),
}
WEEK = re.compile(r"(?:week|uke) ?(\d{1,2})(?: (\d{4}))?$")
NUMERIC = re.compile(r"(\d{1,2})[./ -](\d{1,2})(?:[./ -](\d{4}|\d{2}))?\.?$")


def read_day(text: str, today: date, *, is_month_first: bool = False) -> date:
    """The day somebody means. Raises ValueError for what is none.

    A day without a year is the next such day; a week is its Monday, the present one today. A weekday is the next one, never today; "next friday" is the friday of next week.
    Where day and month cannot stand in the reader's own order, the other order is taken.

    >>> thursday = date(2026, 11, 26)
    >>> [str(read_day(text, thursday)) for text in ("24/12", "I morgen", "fredag", "neste fredag", "+3d", "uke 50")]
    ['2026-12-24', '2026-11-27', '2026-11-27', '2026-12-04', '2026-11-29', '2026-12-07']
    >>> [str(read_day(text, thursday)) for text in ("24. desember", "Dec 24", "17 Dec 2027", "jan 15th", "om 2 uker")]
    ['2026-12-24', '2026-12-24', '2027-12-17', '2027-01-15', '2026-12-10']
    """
    words = " ".join(text.lower().split())
    try:
        found = _near(words, today) or _in(words, today) or _numeric(words, today, is_month_first)
        found = found or _named(words, today) or _week(words, today)
    except OverflowError:
        found = None
    if found is None:
        raise ValueError(text)
    return found


def read_day_and_time(text: str, today: date, *, is_month_first: bool = False) -> tuple[date, time | None]:
    """The day somebody means, and the time of that day where one stands behind it. Raises ValueError for what is none.

    >>> read_day_and_time("i morgen kl. 9", date(2026, 11, 26))
    (datetime.date(2026, 11, 27), datetime.time(9, 0))
    """
    try:
        return read_day(text, today, is_month_first=is_month_first), None
    except ValueError:
        found = WITH_TIME.match(" ".join(text.lower().split()))
        if found is None:
            raise
    hour, minute = found[2] or found[4], found[3] or found[5] or 0
    return read_day(found[1], today, is_month_first=is_month_first), time(int(hour), int(minute))


def _near(words: str, today: date) -> date | None:
    if words in NEAR:
        return today + timedelta(days=NEAR[words])
    if words in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS[words] - today.weekday() - 1) % 7 + 1)
    for prefix in NEXT:
        if words.startswith(prefix) and words.removeprefix(prefix) in WEEKDAYS:
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=7 + WEEKDAYS[words.removeprefix(prefix)])
    return None


def _in(words: str, today: date) -> date | None:
    if words in NEXT_SPAN:
        return _later(today, 1, NEXT_SPAN[words])
    found = SPAN.match(words)
    if not found or (found[2] or "d") not in UNITS:
        return None
    return _later(today, int(found[1]), UNITS[found[2] or "d"])


def _later(today: date, count: int, unit: str) -> date:
    if unit != "m":
        return today + timedelta(days=count * (7 if unit == "w" else 1))
    years, month = divmod(today.month - 1 + count, 12)
    # 31 January and a month is the last of February.
    for day in range(today.day, 27, -1):
        if found := _day(today.year + years, month + 1, day):
            return found
    return date(today.year + years, month + 1, today.day)


def _numeric(words: str, today: date, is_month_first: bool) -> date | None:
    if found := ISO.match(words):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    found = NUMERIC.match(words)
    if not found:
        return None
    pairs = [(int(found[1]), int(found[2])), (int(found[2]), int(found[1]))]
    for day, month in reversed(pairs) if is_month_first else pairs:
        if made := _of_year(found[3], day, month, today):
            return made
    return None


def _named(words: str, today: date) -> date | None:
    found = NAMED.match(words)
    if not found:
        return None
    name = found[2] or found[3]
    if len(name) > 3 and name not in MONTH_NAMES:
        return None
    month = next((n for n, begins in enumerate(MONTHS, 1) if name.startswith(begins)), 0)
    return _of_year(found[5], int(found[1] or found[4]), month, today) if month else None


def _week(words: str, today: date) -> date | None:
    """Its Monday: of this year, else of the next; the present week is today."""
    found = WEEK.match(words)
    if not found:
        return None
    number, this_year = int(found[1]), today.isocalendar().year
    if number == today.isocalendar().week and found[2] in (None, str(this_year)):
        return today
    for year in [int(found[2])] if found[2] else [this_year, this_year + 1]:
        try:
            monday = date.fromisocalendar(year, number, 1)
        except ValueError:
            continue
        if found[2] or monday >= today:
            return monday
    return None


def _of_year(year: str | None, day: int, month: int, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    # 29 February: in the next year that has one.
    for ahead in range(9):
        made = _day(today.year + ahead, month, day)
        if made and made >= today:
            return made
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
