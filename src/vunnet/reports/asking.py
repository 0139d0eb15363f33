"""Asking analysis about a workspace: its copy opened, one question, the answer kept until the data change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from vunnet.reports import copy

KEPT = 200
Answer = TypeVar("Answer")
TABLES = ("deals", "visits", "stages", "touches", "members", "lines")

_kept: OrderedDict[Hashable, Any] = OrderedDict()
_lock = threading.Lock()


def ask(
    workspace_id: int,
    question: Question,
    split: str | None = None,
    by: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
) -> Report:
    """The analysis, or some parts of it, for one question about the workspace. Runs in the workspace's scope."""
    here = copy.fresh(workspace_id)
    key = (workspace_id, here.folder.name, here.position, _frozen(question), split, tuple(by or ()), tuple(parts or ()))
    return keep(key, lambda: _answer(here, question, split, by, parts))


def deal_path(workspace_id: int, question: Question, deal_id: str) -> DealPath | NotRecorded:
    """The path of one deal beside the other deals the question is about. ValueError for a deal not known on its day."""
    here = copy.fresh(workspace_id)
    key = ("path", workspace_id, here.folder.name, here.position, _frozen(question), deal_id)

    def walk() -> DealPath | NotRecorded:
        with opened(here, question) as prepared:
            return path_of(prepared.about(question), deal_id)

    return keep(key, walk)


def keep(key: Hashable, compute: Callable[[], Answer]) -> Answer:
    """What was computed for this key before, else compute it; the 200 used last are kept."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found: Answer = _kept[key]
            return found
    made = compute()
    with _lock:
        _kept[key] = made
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


@contextmanager
def opened(here: copy.Copy, question: Question) -> Iterator[Prepared]:
    """The copy as prepared tables, as known on the question's day."""
    files = {name: here.file(name) for name in TABLES}
    with engine.opened(files, threads=2, memory="1GB") as tables:
        yield prepare(tables, question.as_of, question.time_zone, question.observed_from)


def _frozen(question: Question) -> Hashable:
    plain = tuple(getattr(question, name) for name in question.__dataclass_fields__ if name not in ("where", "compare"))
    sides = [(_conditions(side.where), side.entered_in) for side in question.compare or ()]
    return (plain, _conditions(question.where), tuple(sides))


def _conditions(where: Mapping[str, tuple[str | None, ...]]) -> Hashable:
    return tuple(sorted(where.items()))
