"""The copy that was asked last, opened and prepared, kept for a minute: who looks at Insight asks one question after another.

To open a copy of 100,000 deals takes a third of a second, a third of what a filtered funnel takes. One is kept, by whoever gave it back last;
who finds it in use opens their own. It goes when it was not asked for a minute, after so many questions (each leaves the deals it was
about in the engine's memory), or when something else was asked.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

from vunnet.analysis.prepare import Prepared

KEPT_FOR = 60.0
QUESTIONS = 12


@dataclass(eq=False)
class _Open:
    """An opened copy, and how often it was asked."""

    name: Hashable
    prepared: Prepared
    stack: ExitStack
    asked: int = 0
    timer: threading.Timer | None = field(default=None, repr=False)


_kept: _Open | None = None
_lock = threading.Lock()


@contextmanager
def borrowed(name: Hashable, make: Callable[[], AbstractContextManager[Prepared]]) -> Iterator[Prepared]:
    """What is so called, as it is kept or made anew; kept afterwards, unless asking it failed."""
    held = _take(name) or _open(name, make)
    try:
        yield held.prepared
    except BaseException as fault:
        # The engine says what broke in its own words, where it has any.
        held.stack.__exit__(type(fault), fault, fault.__traceback__)
        raise
    held.asked += 1
    _give_back(held)


def let_go() -> None:
    """Close what is kept, now."""
    _let_go(None)


atexit.register(let_go)


def _open(name: Hashable, make: Callable[[], AbstractContextManager[Prepared]]) -> _Open:
    with ExitStack() as stack:
        return _Open(name, stack.enter_context(make()), stack.pop_all())


def _take(name: Hashable) -> _Open | None:
    """Nobody else has it from now on. What is called otherwise is closed: two would take twice the memory."""
    global _kept
    with _lock:
        held, _kept = _kept, None
    if held is None:
        return None
    if held.timer:
        held.timer.cancel()
    if held.name == name:
        return held
    held.stack.close()
    return None


def _give_back(held: _Open) -> None:
    global _kept
    with _lock:
        if _kept is None and held.asked < QUESTIONS:
            _kept = held
            held.timer = threading.Timer(KEPT_FOR, _let_go, [held])
            held.timer.daemon = True
            held.timer.start()
            return
    held.stack.close()


def _let_go(only: _Open | None) -> None:
    global _kept
    with _lock:
        if _kept is None or only not in (None, _kept):
            return
        held, _kept = _kept, None
    if held.timer:
        held.timer.cancel()
    held.stack.close()
