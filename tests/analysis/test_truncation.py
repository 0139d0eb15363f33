"""Records of closings that begin late are found, and nothing else is taken for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import comb, prod

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.analysis.rows import Row, day, deal, maven_rows, prepared, table
from vunnet.analysis import engine
from vunnet.analysis.question import Question
from vunnet.analysis.report import analyze
from vunnet.analysis.truncation import CHANCE, _log_chance
from vunnet.charts import Language, words

Days = NDArray[np.int64]
LAST = 400
KINDS: dict[str, Callable[[np.random.Generator, int, float], Days]] = {
    "even chances": lambda random, n, mean: random.exponential(mean, n).astype(np.int64),
    "some take very long": lambda random, n, mean: (mean * random.lognormal(0, 1, n)).astype(np.int64),
    "all take as long": lambda random, n, mean: (mean * random.uniform(0.7, 1.3, n)).astype(np.int64),
}


def opened_in(rows: list[Row], as_of: float | date = LAST, **more: date) -> date | None:
    with prepared(rows, as_of, observed_from=more.get("observed_from")) as source:
        return source.horizon.observed_from


def book(random: np.random.Generator, n: int, mean: float, kind: str, recorded_from: int = 0) -> list[Row]:
    """Deals opened over a year; of those closed before a day nothing is recorded."""
    born = random.integers(0, 365, n)
    ended = born + KINDS[kind](random, n, mean)
    return [
        deal(str(i), "won" if i % 2 else "lost", float(at), float(over))
        for i, (at, over) in enumerate(zip(born, ended, strict=True))
        if over >= recorded_from
    ]


def test_records_that_begin_late_are_found() -> None:
    random = np.random.default_rng(1)
    found = [opened_in(book(random, 400, 40, kind, recorded_from=150)) for kind in list(KINDS)[:2] for _ in range(5)]
    assert all(first is not None and 0 <= (first - day(150).date()).days <= 3 for first in found)


def test_records_from_the_beginning_are_not() -> None:
    random = np.random.default_rng(2)
    assert [opened_in(book(random, 150, mean, kind)) for kind in KINDS for mean in (4, 60, 300)] == [None] * 9


def test_at_most_one_in_a_thousand_is_false() -> None:
    """Simulated books of many kinds, some with half of their deals opened on the first day."""
    random, false, books = np.random.default_rng(3), 0, 0
    for kind in KINDS:
        for mean in (5, 40, 200):
            for n in (8, 40, 200):
                for _ in range(250):
                    born = random.integers(0, 365, n) * (random.random(n) > random.choice((0.0, 0.5)))
                    false += _is_low(born, born + KINDS[kind](random, n, mean))
                    books += 1
    assert books == 6_750
    assert false <= 13  # 1 in 1000 makes 6.75; more than 13 has a chance of 1 %


def _is_low(born: Days, ended: Days) -> bool:
    """What closings_begin counts, by numpy."""
    first = int(ended.min())
    if first > LAST:
        return False
    before, over = born < first, ended <= LAST
    days = np.where(before, first, np.minimum(ended, LAST)) - born
    lives = [
        {"before": bool(b), "days": int(d), "over": bool(o), "n": 1} for b, d, o in zip(before, days, over, strict=True)
    ]
    return _log_chance(lives) < np.log(CHANCE)


def test_the_chance_is_that_of_drawing_the_closings_from_all_who_reached_the_age() -> None:
    # Opened on day 10 or later: one closes at age 0, two at age 3, one is open at age 3. Before: ages 0 to 1, and 0 to 4.
    later = [(0, True), (3, True), (3, True), (3, False)]
    lives = [{"before": False, "days": days, "over": over, "n": 1} for days, over in later]
    lives += [{"before": True, "days": days, "over": True, "n": 1} for days in (2, 5)]
    expected = prod([comb(4, 1) / comb(6, 1), comb(3, 2) / comb(4, 2)])
    assert _log_chance(lives) == pytest.approx(np.log(expected))


@pytest.mark.parametrize(("waiting", "is_found"), [(1_000, True), (998, False)])
def test_one_in_a_thousand_is_where_chance_ends(waiting: int, is_found: bool) -> None:
    """One deal is opened and closed on day 20, while so many older ones could have been: the chance is 1 / (1 + so many)."""
    rows = [deal("new", "won", 20, 20), *(deal(f"o{n}", "open", n % 20) for n in range(waiting))]
    assert opened_in(rows, as_of=30) == (day(20).date() if is_found else None)


def test_few_deals_say_nothing() -> None:
    old = [deal(f"o{n}", "won", 0, 40 + n) for n in range(9)]
    quick = [deal(f"q{n}", "won", 41 + n, 42 + n) for n in range(1)]
    assert opened_in(old + quick) is None


def test_what_is_said_wins() -> None:
    rows = book(np.random.default_rng(1), 400, 40, "even chances", recorded_from=150)
    assert opened_in(rows, observed_from=day(0).date()) == day(0).date()
    assert opened_in(rows, as_of=149) is None  # nothing has closed by then
    assert opened_in(rows, as_of=300) == opened_in([*rows, deal("later", "won", 310, 320)], as_of=300) is not None


def test_maven_is_as_if_it_had_been_said() -> None:
    rows, asked = maven_rows(), Question(date(2017, 12, 31))
    with engine.opened({"deals": table("deals", rows)}, threads=2) as tables:
        found = analyze(tables, asked)
        given = analyze(tables, replace(asked, observed_from=date(2017, 3, 1)))
    assert (found.observed_from, found.inferred, given.inferred) == (date(2017, 3, 1), True, False)
    told, said = found.to_json(), given.to_json()
    assert (told.pop("observed_from_is"), said.pop("observed_from_is")) == ("inferred", "given")
    assert told == said
    sentence = "Closings are recorded from 1 Mar 2017 on: deals opened before count from that day."
    assert words.records_sentence(found, Language("en")) == sentence
    assert words.records_sentence(given, Language("en")) == ""
