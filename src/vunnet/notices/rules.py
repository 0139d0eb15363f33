"""Decisions about notices from values only: what usually comes where, when a mail is tried again, and who hears of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# In the app, by mail: where nobody chose otherwise.
USUAL: Mapping[str, tuple[bool, bool]] = {
    "mentioned": (True, True),
    "assigned": (True, True),
    "due": (True, False),
    "moved": (True, False),
    "finished": (True, False),
    "digest": (False, False),
}
# A bulk change of fewer rows is done before one looks away.
LARGE = 100
MOVES = ("deal.moved", "deal.won", "deal.lost", "deal.cancelled", "deal.reopened")
ENDS = ("bulk.done", "bulk.undone", "import.done", "import.failed", "import.undone")
# Verb, and the field that then holds a new owner's number.
GIVEN = {"deal.opened": "owner", "deal.changed": "owner", "activity.planned": "member", "activity.changed": "member"}
VERBS = ("activity.mentioned", *GIVEN, *MOVES, *ENDS)
# Minutes after which a mail that failed is tried again; then it has failed for good.
AGAIN = (1, 5, 15, 60, 180, 480, 1440)
# The morning, in the member's own time zone.
MORNING = range(7, 12)


@dataclass(frozen=True)
class Told:
    """Who hears of an entry, and as what. No member: whoever owns the deal."""

    kind: str
    member: int | None
    facts: Mapping[str, Any]


def told(verb: str, by: int | None, changes: Mapping[str, Any]) -> list[Told]:
    """Who hears of one journal entry. Nobody hears of their own act.

    >>> told("activity.mentioned", 1, {"members": [1, 2]})
    [Told(kind='mentioned', member=2, facts={})]
    >>> told("deal.changed", 1, {"owner": [3, 4]})[0].member, told("deal.changed", 1, {"name": ["a", "b"]})
    (4, [])
    """
    if verb == "activity.mentioned":
        return [Told("mentioned", number, {}) for number in changes.get("members", []) if number != by]
    if verb in GIVEN:
        new = changes.get(GIVEN[verb])
        new = new[-1] if isinstance(new, list) else new
        return [Told("assigned", new, {})] if isinstance(new, int) and new != by else []
    if verb in MOVES:
        stage = changes.get("stage")
        to = stage[-1] if isinstance(stage, list) else None
        return [] if changes.get("merged") else [Told("moved", None, {"stage": to})]
    if verb in ENDS and by is not None and (verb.startswith("import.") or changes.get("rows", 0) >= LARGE):
        return [Told("finished", by, {"rows": changes.get("rows")})]
    return []


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a mail that failed so many times is tried again; None once it has failed for good."""
    return now + timedelta(minutes=AGAIN[tries - 1]) if tries <= len(AGAIN) else None


def one_line(text: str) -> str:
    """A subject without line breaks and control characters, so that nothing typed becomes a header of its own.

    >>> one_line("Offer\\r\\nBcc: eve@example.org")
    'Offer Bcc: eve@example.org'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
