"""Decisions about activities from values only: who is mentioned in a text, and what a file may be called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

LONGEST_NAME = 150


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
