"""Asking analysis about a workspace: its copy opened, one question, the answer kept until the data change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pyarrow as pa

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.deal_path import DealPath
from vunnet.analysis.deal_path import deal_path as path_of
from vunnet.analysis.prepare import Prepared, prepare
from vunnet.analysis.question import Question
from vunnet.analysis.report import Report, analyze, answer
from vunnet.analysis.schema import MOMENT
from vunnet.reports import at_hand, copy

# A funnel of 100,000 deals is 8 MB.
KEPT = 40
Answer = TypeVar("Answer")
TABLES = ("deals", "visits", "stages", "touches", "members", "lines")

_kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
_lock = threading.Lock()


def ask(
    workspace_id: int,
    question: Question,
    split: str | None = None,
    by: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
) -> Report:
    """The analysis, or some parts of it, for one question about the workspace. Runs in the workspace's scope."""
    return ask_of(copy.fresh(workspace_id), workspace_id, question, split, by, parts)


def ask_of(
    here: copy.Copy,
    workspace_id: int,
    question: Question,
    split: str | None,
    by: Sequence[str] | None,
    parts: Sequence[str] | None,
) -> Report:
    """The same, of a copy at hand."""
    name = (workspace_id, _frozen(question), split, tuple(by or ()), tuple(parts or ()))
    return keep(name, (here.folder, here.position), lambda: _answer(here, question, split, by, parts))


def deal_path(workspace_id: int, question: Question, deal_id: str) -> DealPath | NotRecorded:
    """The path of one deal beside the other deals the question is about. ValueError for a deal not known on its day."""
    here = copy.fresh(workspace_id)
    name = ("path", workspace_id, _frozen(question), deal_id)

    def walk() -> DealPath | NotRecorded:
        with opened(here, question) as prepared:
            return path_of(prepared.about(question), deal_id)

    return keep(name, (here.folder, here.position), walk)


def keep(name: Hashable, version: Hashable, compute: Callable[[], Answer]) -> Answer:
    """What was computed for this version of what is so called, else compute it; one version of each, of those used last."""
    with _lock:
        present = _kept.get(name)
        if present and present[0] == version:
            _kept.move_to_end(name)
            found: Answer = present[1]
            return found
    made = compute()
    with _lock:
        _kept[name] = (version, made)
        _kept.move_to_end(name)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _answer(
    here: copy.Copy, question: Question, split: str | None, by: Sequence[str] | None, parts: Sequence[str] | None
) -> Report:
    with opened(here, question) as prepared:
        return answer(prepared, question, split, by, parts)


def rehearse() -> Report:
    """The whole analysis of one deal: the engine is loaded and has spoken before anybody asks. Touches no workspace."""
    then = pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)], MOMENT)
    deals = pa.table({"deal_id": pa.array(["1"]), "outcome": pa.array(["won"]), "created_at": then, "closed_at": then})
    visits = pa.table({"deal_id": pa.array(["1"]), "stage": pa.array(["1"]), "entered_at": then, "left_at": then})
    with engine.opened({"deals": deals, "visits": visits}, threads=1, memory="1GB") as tables:
        return analyze(tables, Question(date(2026, 1, 31)))


def opened(here: copy.Copy, question: Question) -> AbstractContextManager[Prepared]:
    """The copy as prepared tables, as known on the question's day."""
    known_on = (question.as_of, question.time_zone, question.observed_from)
    return at_hand.borrowed((here.folder, here.position, *known_on), lambda: _prepared(here, question))


@contextmanager
def _prepared(here: copy.Copy, question: Question) -> Iterator[Prepared]:
    files = {name: here.file(name) for name in TABLES}
    with engine.opened(files, threads=2, memory="1GB") as tables:
        yield prepare(tables, question.as_of, question.time_zone, question.observed_from)


def _frozen(question: Question) -> Hashable:
    plain = tuple(getattr(question, name) for name in question.__dataclass_fields__ if name not in ("where", "compare"))
    return (plain, conditions(question), tuple(side.entered_in for side in question.compare or ()))


def conditions(question: Question) -> Hashable:
    """Which deals a question is about, whatever the day."""
    wheres = [question.where, *(side.where for side in question.compare or ())]
    return tuple(tuple(sorted(where.items())) for where in wheres)
