"""The processes `vunnet up` keeps running: started, watched, started again after a pause, stopped in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vunnet.cli.parents import PARENT

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
"""Seconds a process must have lasted for its earlier ends to be forgotten."""
SECONDS_TO_STOP = 12.0


class Watched(Protocol):
    """Something that may end by itself and can be started again."""

    name: str

    def start(self) -> None: ...
    def is_running(self) -> bool: ...


@dataclass
class Child:
    """One `vunnet …` process of our own."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches `up` alone, which stops the others one after the other.
        self.process = subprocess.Popen(command(*self.arguments), env=environment(), start_new_session=True)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process and self.is_running():
            self.process.terminate()

    def make_stop(self, deadline: float) -> None:
        """Wait until `deadline` (of the monotonic clock), then kill it and what it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Keeper:
    """Starts what has ended, after a pause that doubles with every end that comes soon."""

    watched: Watched
    say: Callable[[str], None]
    pause: float = FIRST_PAUSE
    started_at: float = 0.0
    next_start_at: float | None = None
    ends: int = field(default=0)

    def start(self) -> None:
        self.watched.start()
        self.started_at = time.monotonic()
        self.next_start_at = None

    def look(self) -> None:
        """Notice an end, or start again once the pause is over."""
        now = time.monotonic()
        if self.next_start_at is not None:
            if now >= self.next_start_at:
                self.start()
        elif not self.watched.is_running():
            self._wait(now)

    def _wait(self, now: float) -> None:
        self.ends += 1
        lasted = now - self.started_at
        self.pause = FIRST_PAUSE if lasted > STEADY_AFTER else min(self.pause * 2, LONGEST_PAUSE)
        self.next_start_at = now + self.pause
        self.say(f"{self.watched.name} ended by itself; it is started again in {self.pause:.0f} s")


def command(*arguments: str) -> list[str]:
    """The command line of another `vunnet` process on the same Python."""
    return [sys.executable, "-m", "vunnet", *arguments]


def environment() -> dict[str, str]:
    """Our environment, and who the parent is."""
    return {**os.environ, PARENT: str(os.getpid())}


def stop_all(children: list[Child]) -> None:
    """Ask all at once, wait for all; kill what has not ended in time."""
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.make_stop(deadline)
