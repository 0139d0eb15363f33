"""What a page shows at once: the answer to the latest data where it is at hand, else the one before it, with the moment of
its data, while the newer is worked out beside. Answers lie in a folder beside the copy, so that a new process has them too.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from queue import SimpleQueue

from django.db import connection
from django.utils import timezone

import vunnet.analysis
from vunnet.analysis.question import Question
from vunnet.analysis.report import Report
from vunnet.reports import asking, copy
from vunnet.workspaces import walls

logger = logging.getLogger(__name__)

GOOD_FOR = timedelta(days=7)
IN_MEMORY, IN_FOLDER = 20, 60
# Seconds a page waits for newer numbers before it shows those it has; None: it works them out itself, however long it takes.
PATIENCE: float | None = 0.15


@dataclass(frozen=True)
class Known:
    """An answer, the copy it was worked out from, and when that copy was the latest."""

    report: Report
    copy: copy.Copy
    at: datetime


@dataclass(frozen=True)
class Found:
    """What a page shows. `before`: the moment of its data, where newer numbers are being worked out."""

    report: Report
    before: datetime | None = None


@dataclass(frozen=True)
class Asking:
    """One question as a page asks it. `page` names it whatever the day and the data, and holds what its asker may see."""

    workspace_id: int
    page: Hashable
    question: Question
    split: str | None
    by: Sequence[str]
    parts: Sequence[str]

    @property
    def folder(self) -> Path:
        return copy.home_of(self.workspace_id) / "answers"

    @property
    def file(self) -> Path:
        name = repr((self.page, asking.conditions(self.question), self.split, tuple(self.by), tuple(self.parts)))
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.pickle"


_known: OrderedDict[Path, Known] = OrderedDict()
_under_way: dict[Path, Future[Report]] = {}
_asked: SimpleQueue[tuple[Asking, Future[Report]]] = SimpleQueue()
_worker: threading.Thread | None = None
_lock = threading.Lock()


def find(asked: Asking, patience: float | None) -> Found:
    """The latest answer, or the one before it. Runs in the workspace's scope."""
    known = _recall(asked.file)
    if known and known.report.question == asked.question and copy.is_latest(asked.workspace_id, known.copy):
        return Found(known.report)
    if known is None or patience is None or timezone.now() - known.at > GOOD_FOR:
        return Found(_work_out(asked))
    with suppress(TimeoutError):
        return Found(_soon(asked).result(patience))
    return Found(known.report, known.at)


def _work_out(asked: Asking) -> Report:
    now, here = timezone.now(), copy.fresh(asked.workspace_id)
    report = asking.ask_of(here, asked.workspace_id, asked.question, asked.split, asked.by, asked.parts)
    _remember(asked, Known(report, here, now))
    return report


def _soon(asked: Asking) -> Future[Report]:
    """What is being worked out for one page, whoever waits for it. One thread does it all, one after the other: memory for one."""
    global _worker
    with _lock:
        if present := _under_way.get(asked.file):
            return present
        future = _under_way[asked.file] = Future()
        if _worker is None:
            _worker = threading.Thread(target=_work, name="newer numbers", daemon=True)
            _worker.start()
    _asked.put((asked, future))
    return future


def _work() -> None:
    while True:
        asked, future = _asked.get()
        try:
            with walls.scope(workspace_id=asked.workspace_id):
                report = _work_out(asked)
        except Exception as why:
            # Who waits is told; where nobody waits any longer, the log is.
            logger.exception("newer numbers of workspace %s", asked.workspace_id)
            future.set_exception(why)
        else:
            future.set_result(report)
        finally:
            with _lock:
                del _under_way[asked.file]
            connection.close()


def _remember(asked: Asking, known: Known) -> None:
    with _lock:
        _known[asked.file] = known
        _known.move_to_end(asked.file)
        while len(_known) > IN_MEMORY:
            _known.popitem(last=False)
    asked.folder.mkdir(parents=True, exist_ok=True)
    draft = asked.file.with_suffix(f".{threading.get_ident()}")
    draft.write_bytes(_program() + pickle.dumps(known))
    draft.replace(asked.file)
    older = sorted(asked.folder.glob("*.pickle"), key=lambda path: path.stat().st_mtime, reverse=True)[IN_FOLDER:]
    for path in older:
        path.unlink(missing_ok=True)


def _recall(file: Path) -> Known | None:
    """From memory, else from the folder; None where there is none, or another version of the program wrote it."""
    with _lock:
        if found := _known.get(file):
            _known.move_to_end(file)
            return found
    try:
        body = file.read_bytes()
    except OSError:
        return None
    if not body.startswith(_program()):
        return None
    try:
        # Our own, from the folder that holds the secret key and the copies: who can write there needs no pickle.
        known: Known = pickle.loads(body[len(_program()) :])  # noqa: S301
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError):
        logger.warning("an answer could not be read and is worked out anew: %s", file.name)
        return None
    with _lock:
        _known[file] = known
    return known


@cache
def _program() -> bytes:
    """What tells one state of the analysis from another: an answer is only read by the program that wrote it."""
    files = sorted(Path(str(vunnet.analysis.__file__)).parent.rglob("*.py"))
    said = "".join(f"{path.name}{path.stat().st_size}{path.stat().st_mtime_ns}" for path in files)
    return hashlib.sha256(said.encode()).digest()
