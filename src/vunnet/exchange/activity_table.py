"""Calls, mails, meetings, notes and tasks of any source: which of them a record is, and when it happened."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vunnet.exchange.arrow import pc
from vunnet.exchange.rows import Rows

_KINDS = {
    "call": r"(?i)\bcall|anrop|samtale|telefon|\bring(te|er|e)?\b|llamada",
    "mail": r"(?i)\be-?mail|\bmail|e-post|correo",
    "meeting": r"(?i)meeting|\bevent|\bdemo|\blunch|møte|reuni",
    "note": r"(?i)\bnote|notat|nota\b",
}
TASK = r"(?i)\btask|to-?do|oppgave|gjøremål|tarea"
OPEN = r"(?i)^(no|not done|undone|open|false|0|nei|åpen|ikke (ut|full)ført)$"
DONE = r"(?i)^(done|completed|complete|fullført|closed|true|yes|1|ja)$"


def activity_kinds(types: Any, subjects: Any | None = None, *, calls: Any | None = None) -> Any:
    """Kinds by the source's own type, then by a subject such as "Email: …"; what is neither is a task."""
    kinds = pa.nulls(len(types), pa.string())
    if calls is not None:
        kinds = pc.if_else(calls.is_valid(), "call", kinds)
    for kind, pattern in _KINDS.items():
        said = pc.fill_null(pc.match_substring_regex(types, pattern), False)
        kinds = pc.if_else(pc.and_(kinds.is_null(), said), kind, kinds)
    if subjects is not None:
        for kind, start in (("call", "Call"), ("mail", "Email:")):
            said = pc.fill_null(pc.starts_with(subjects, start), False)
            kinds = pc.if_else(pc.and_(kinds.is_null(), said), kind, kinds)
    return pc.fill_null(kinds, "task")


def done_times(rows: Rows) -> dict[str, Any]:
    """`at`, `due_on` and `done_at` from what the record says: completed when, due when, done or not.

    A done record without a time of completion counts for the day it was due; one that is not done has no `at`, but a
    record without any word on being done (a logged call) happened when it says.
    """
    due = _moment(rows, "due_on")
    starts, created, completed = (_moment(rows, name) for name in ("starts", "created_at", "done"))
    says_done = rows.has("is_closed") or rows.has("status")
    if rows.has("is_closed"):
        done = pc.fill_null(rows.flag("is_closed"), False)
    else:
        done = pc.fill_null(pc.match_substring_regex(rows.text("status"), DONE), False)
    done = pc.or_(done, completed.is_valid())
    when = pc.coalesce(completed, starts, due, created)
    at = pc.if_else(done, when, pa.scalar(None, when.type)) if says_done and not rows.has("starts") else when
    found = {"at": at, "done_at": pc.if_else(done, when, pa.scalar(None, when.type))}
    return found | ({"due_on": rows.day("due_on")} if rows.has("due_on") else {})


def _moment(rows: Rows, meaning: str) -> Any:
    return rows.moment(meaning) if rows.has(meaning) else pa.nulls(rows.sheet.count, pa.timestamp("us"))
