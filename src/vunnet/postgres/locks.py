"""Locks between processes, kept by the operating system: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, overload


@overload
def hold(path: Path, *, shared: bool = False, wait: Literal[True] = True) -> int: ...
@overload
def hold(path: Path, *, shared: bool = False, wait: Literal[False]) -> int | None: ...
def hold(path: Path, *, shared: bool = False, wait: bool = True) -> int | None:
    """Take the lock at `path`, shared or alone; None if `wait` is False and another process has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        return None
    return file


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at `path` alone for a while."""
    lock = hold(path)
    try:
        yield
    finally:
        let_go(lock)


def let_go(lock: int) -> None:
    """Give a lock back."""
    os.close(lock)
