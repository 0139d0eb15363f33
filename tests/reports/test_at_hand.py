"""One opened copy is kept for whoever asks next, and no longer than it is of use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vunnet.reports import at_hand


class Copies:
    """Opens things, and knows which of them are still open."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.open: list[str] = []

    def borrow(self, name: str) -> Any:
        return at_hand.borrowed(name, lambda: self._open(name))

    @contextmanager
    def _open(self, name: str) -> Iterator[Any]:
        self.made.append(name)
        self.open.append(name)
        try:
            yield name.upper()
        except ZeroDivisionError as fault:
            raise ValueError("what the engine said") from fault
        finally:
            self.open.remove(name)


@pytest.fixture
def copies() -> Iterator[Copies]:
    at_hand.let_go()
    yield Copies()
    at_hand.let_go()


def test_the_same_is_opened_once_and_stays_open(copies: Copies) -> None:
    for _time in range(3):
        with copies.borrow("a") as prepared:
            assert prepared == "A"
    assert (copies.made, copies.open) == (["a"], ["a"])
    at_hand.let_go()
    assert copies.open == []


def test_something_else_takes_its_place(copies: Copies) -> None:
    for name in ("a", "b", "a"):
        with copies.borrow(name):
            assert copies.open == [name]
    assert copies.made == ["a", "b", "a"]


def test_who_finds_it_in_use_opens_their_own_and_one_of_them_stays(copies: Copies) -> None:
    with copies.borrow("a"), copies.borrow("a"):
        assert copies.open == ["a", "a"]
    assert copies.open == ["a"]


def test_what_failed_is_not_kept_and_the_engine_says_why(copies: Copies) -> None:
    with pytest.raises(ValueError, match="what the engine said"), copies.borrow("a"):
        raise ZeroDivisionError
    assert copies.open == []


def test_it_goes_after_so_many_questions(copies: Copies) -> None:
    for _time in range(at_hand.QUESTIONS + 1):
        with copies.borrow("a"):
            pass
    assert len(copies.made) == 2


def test_it_goes_when_nobody_asks_any_more(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "KEPT_FOR", 0.05)
    with copies.borrow("a"):
        pass
    until = time.monotonic() + 10
    while copies.open and time.monotonic() < until:
        time.sleep(0.01)
    assert copies.open == []
