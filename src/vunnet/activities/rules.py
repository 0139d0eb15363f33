"""Decisions about activities from values only: who is mentioned in a text, what a file may be called, and the moment kept for a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import PurePath

LONGEST_NAME = 150
# A day without a time is kept as this moment of it: the same day from Honolulu (−10) to Auckland (+13), whoever reads it
# where. Of all zones it is another day only in Pago Pago (−11) and Kiritimati (+14).
OF_A_DAY = time(10, tzinfo=UTC)


def all_day(day: date) -> datetime:
    """The moment kept for a day without a time.

    >>> all_day(date(2026, 11, 28)).isoformat()
    '2026-11-28T10:00:00+00:00'
    """
    return datetime.combine(day, OF_A_DAY)


def moved_to(day: date, before: datetime, zone: tzinfo) -> datetime:
    """Another day at the same time of day, as it is read in a zone."""
    return datetime.combine(day, before.astimezone(zone).time(), zone)


def mentioned(text: str, members: Iterable[tuple[int, str]]) -> list[int]:
    """Numbers of the members whose "@Name" stands in a text, each once, in the order of their first mention.

    The longest name wins, so that "@Bob Bergland" does not also call Bob Berg; a name goes on to the end of its word.

    >>> mentioned("Ask @bob berg, not bob@berg.example", [(1, "Bob Berg"), (2, "Bob")])
    [1]
    """
    folded = text.casefold()
    found: dict[int, int] = {}
    taken: set[int] = set()
    for number, name in sorted(members, key=lambda member: -len(member[1])):
        for place in _places(folded, "@" + name.strip().casefold()):
            if place not in taken:
                taken.add(place)
                found.setdefault(number, place)
    return sorted(found, key=lambda number: found[number])


def _places(text: str, sign: str) -> Iterable[int]:
    place = text.find(sign) if len(sign) > 1 else -1
    while place >= 0:
        end = place + len(sign)
        is_whole = (place == 0 or not text[place - 1].isalnum()) and (end == len(text) or not text[end].isalnum())
        if is_whole:
            yield place
        place = text.find(sign, place + 1)


def file_name(name: str) -> str:
    """The last part of a file's name without control characters; never a path, never empty, its ending kept.

    >>> file_name("C:\\\\offers\\\\offer.pdf"), file_name("../../etc/passwd"), file_name(" . ")
    ('offer.pdf', 'passwd', 'file')
    """
    bare = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable()).strip()
    if not bare.strip(". "):
        return "file"
    stem, dot, ending = bare.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return bare[:LONGEST_NAME]
