"""What a control chart says in words, and never says of what is otherwise."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pytest

from tests.analysis.rows import day, deal, prepared
from tests.charts.results import weekly
from vunnet.analysis.board import Series, board
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.question import Question
from vunnet.analysis.report import NOT_ASKED, answer
from vunnet.analysis.signals import Signals, signals
from vunnet.analysis.slots import whole
from vunnet.charts import Figure, Language, control, words
from vunnet.charts.figure import text_width


@pytest.mark.parametrize(("high", "called"), [(0, "quarter-start"), (1, "quarter"), (2, "quarter-end")])
def test_a_pattern_is_called_by_the_month_that_is_high(high: int, called: str) -> None:
    months = whole("month", date(2024, 1, 1), date(2026, 3, 31))
    noise = np.random.default_rng(5).normal(0, 3, len(months))
    events = np.round(100 + noise + 60 * np.array([k % 3 == high for k in range(len(months))]))
    told = board(Series("opened", "month", "value", months, events))
    assert told.to_json()["pattern"] == called
    said = {"quarter-start": "A pattern of the quarter's first month", "quarter": "A quarter pattern"}
    sentence = words.board_sentence(told, Language("en"))
    assert f"{said.get(called, 'A quarter-end pattern')} is taken out before signals are read" in sentence


def test_points_beyond_the_limits_are_not_called_a_run() -> None:
    year = whole("week", date(2025, 1, 6), date(2026, 1, 4))
    random = np.random.default_rng(0)
    events = np.round(random.normal(100, 4, len(year)))
    events[40:45] = 40.0
    told = board(Series("opened", "week", "value", year, events))
    (signal,) = told.signals
    assert (signal.rule, signal.place, signal.until) == ("beyond 3 sigma", 40, 44)
    en = Language("en")
    assert words.board_title(told, 30, en) == "Deals opened: 5 weeks are lower than chance explains"
    sentence = words.board_sentence(told, en)
    assert sentence.startswith("5 weeks, 13 Oct 2025 to 16 Nov 2025, are lower than chance explains.")
    assert "in a row" not in sentence + " ".join(words.signal_label(told, signal, en))


def test_a_series_that_never_varied_is_not_called_short() -> None:
    year = whole("week", date(2025, 1, 6), date(2026, 1, 4))
    en, flat = Language("en"), board(Series("opened", "week", "value", year, np.full(len(year), 28.0)))
    assert words.board_title(flat, 30, en) == "Deals opened: it has not varied, so it has no limits"
    assert words.board_sentence(flat, en) == "It never varied: 28 in each of 52 weeks."
    later = board(Series("opened", "week", "value", year, np.repeat([28.0, 30.0], [40, 12])))
    assert words.board_sentence(later, en).startswith("It did not vary at first (28 each time)")
    short = board(Series("opened", "week", "value", year[:5], np.full(5, 28.0)))
    assert words.board_sentence(short, en) == "5 weeks are too few for limits; twelve are the least."


def test_wider_limits_are_said_once() -> None:
    told = replace(weekly(), chart="laney_p", widened=True, likeness=0.6)
    assert words.board_sentence(told, Language("en")).count("limits are wider") == 1


def test_a_board_does_not_call_ordinary_what_the_cohorts_tell_apart() -> None:
    """Chances that turn from month to month: no week stands out, but the months do."""
    random, rows = Random(0), []
    for n in range(364):
        for k in range(4):
            share = 0.40 if (n // 30) % 2 else 0.28
            outcome = "won" if random.random() < share else "lost"
            rows.append(deal(f"{n}-{k}", outcome, n, n + random.randrange(1, 20)))
    with prepared(rows, as_of=400) as source:
        found, months = signals(source), cohorts(source)
        assert isinstance(months, Cohorts)
        alike = signals(source, months=replace(months, verdict="no evidence of a difference"))
        whole = answer(source.about(Question(day(400).date())), Question(day(400).date()), parts=("signals",))
    assert isinstance(found, Signals)
    told = found.board("won_within")
    assert told is not None
    assert months.verdict == "differs"
    assert (told.months_differ, told.signals) == (True, ())
    # Who has asked the cohorts already hands them over; a report does, and asks them once.
    assert isinstance(alike, Signals)
    assert alike.board("won_within") == replace(told, months_differ=False)
    assert whole.signals == found
    assert whole.cohorts == NOT_ASKED
    en = Language("en")
    assert words.board_title(told, 30, en).endswith("weeks stands out alone, but the months differ")
    assert "nothing to explain" not in words.board_sentence(told, en)
    assert "see the months" in words.board_sentence(told, en)
    quiet = replace(told, months_differ=False)
    assert "nothing to explain" in words.board_sentence(quiet, en)


@pytest.mark.parametrize("width", [720, 340])
def test_no_label_of_a_signal_lies_across_the_line_or_the_rule_of_the_baseline(width: int) -> None:
    """Weeks that fall off at the end, and one that stands out close to where the baseline ends."""
    events = "163 178 160 212 220 206 239 144 149 179 162 159 176 170 158 200 231 222 184 358 331 204 187 155 168 183 186 174 "
    events += "173 212 196 189 194 114 91 68 69 62 36 44 39 23 3"
    year = whole("week", date(2017, 3, 6), date(2017, 12, 31))
    told = board(Series("opened", "week", "value", year, np.array(events.split(), float)))
    assert [(one.rule, one.place) for one in told.signals] == [("beyond 3 sigma", 19), ("beyond 3 sigma", 38)]
    figure = control(told, Language("en"))
    assert isinstance(figure, Figure)
    canvas = figure.draw(width)
    labels = [row for row in canvas.marks["text", False] if row["text"].startswith("Signal:")]
    assert labels
    (line,) = [path.rows for path in canvas.paths if path.kind == "line" and len(path.rows) == len(year)]
    along = [(a, b, n / 20) for a, b in itertools.pairwise(line) for n in range(21)]
    places = [(a["x"] + (b["x"] - a["x"]) * t, a["y"] + (b["y"] - a["y"]) * t) for a, b, t in along]
    dotted = next(row for row in canvas.marks["rule", False] if row["dash"] == [2, 3])
    places += [(dotted["x"], dotted["y"] + (dotted["y2"] - dotted["y"]) * n / 60) for n in range(61)]
    for label in labels:
        wide = 0.9 * text_width(label["text"], label["size"])
        left = label["x"] - (wide if label["align"] == "right" else 0)
        hidden = [(x, y) for x, y in places if left < x < left + wide and abs(y - label["y"]) < 6]
        assert hidden == [], label["text"]
