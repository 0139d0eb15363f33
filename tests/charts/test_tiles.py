"""The small pictures of tiles: a rate, amounts, a board's last period."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.charts.results import report, weekly
from tests.charts.test_pictures import BEFORE, EN, FIGURES, LINK
from vunnet import charts
from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.report import NOT_ASKED
from vunnet.analysis.win_rate import Change, WinRate
from vunnet.charts import Figure, Language
from vunnet.charts.figure import text_width
from vunnet.charts.theme import PHONE, WIDE


def win_rate(found: Rate, change: Change | NotRecorded = NOT_ASKED) -> Figure:
    return charts.rate(WinRate(found, NOT_ASKED, 0), change, EN, LINK)


@pytest.mark.parametrize("width", [WIDE, PHONE, 300])
def test_no_two_marks_of_an_axis_bear_one_number(width: int) -> None:
    said = re.findall(r">([0-9.]+%)<", win_rate(Rate(20_400, 57_345, 0.3557, 0.3518, 0.3596)).svg(width))
    assert len(said) > 2
    assert len(set(said)) == len(said)
    assert ">30%<" in win_rate(Rate(36, 100, 0.36, 0.27, 0.46)).svg(width)


def test_a_rate_stands_beside_the_one_before_each_with_its_deals() -> None:
    made = win_rate(Rate(36, 100, 0.36, 0.27, 0.46), BEFORE)
    assert re.findall(r'<a href="([^"]*)"><circle[^>]* aria-label="([^"]*)"', made.wide) == [
        ("/deals/?outcome=closed", "36% (27–46): 100 deals"),
        (
            "/deals/?outcome=closed&amp;closed_from=2026-01-01&amp;closed_to=2026-03-31",
            "before: 50% (40–60): 100 deals",
        ),
    ]
    assert [row[1:3] for row in made.table.rows] == [("36", "100"), ("50", "100")]
    few = replace(BEFORE, before=Rate(4, 9, 4 / 9, 0.2, 0.7), verdict="too few to say")
    for change in (few, NOT_ASKED):
        assert len(win_rate(Rate(36, 100, 0.36, 0.27, 0.46), change).table.rows) == 1
    assert not win_rate(Rate(3, 9, 1 / 3, 0.1, 0.6), BEFORE).is_drawn
    assert win_rate(Rate(0, 0, None, None, None)).title == "Win rate: nothing closed"


def test_won_deals_of_every_amount_are_counted_once_and_lead_to_theirs() -> None:
    made, found = FIGURES["won value"](), report().amounts
    assert not isinstance(found, NotRecorded)
    assert sum(int(row[1]) for row in made.table.rows) == found.count
    marks = re.findall(r'<a href="([^"]*)"><(?:rect|circle)[^>]* aria-label="[^"]*: (\d+) deals?"', made.wide)
    assert {href.replace("&amp;", "&"): n for href, n in marks} == {
        link: row[1] for link, row in zip(made.table.links, made.table.rows, strict=True)
    }


def test_a_tile_is_ordinary_until_its_last_period_is_a_signal() -> None:
    calm, moved = charts.tile(weekly(), EN), charts.tile(weekly("value", 60, 0.3), Language("nb"))
    last = weekly().points[-1]
    assert (calm.name, calm.signal) == ("Win rate", 0)
    assert calm.figure == EN.percent(last.value, 1)
    assert calm.words == f"Ordinary: {round(100 * (last.low or 0))} to {round(100 * (last.high or 0))}%"
    assert moved.signal == 1
    assert moved.words == "Høyere enn tilfeldighet forklarer"
    assert "var(--vn-won)" in moved.svg
    assert "var(--vn-won)" not in calm.svg
    assert charts.tile(weekly(count=1), EN).words == "Too few points for limits"


def test_the_median_runs_through_no_number() -> None:
    found, won = report().amounts, report().won
    assert not isinstance(found, NotRecorded)
    for k, _n in found.bins:
        made = charts.amounts(found, replace(won, median=10 ** ((k + 0.5) / 10)), EN, LINK)
        assert isinstance(made, Figure)
        marks = made.draw(WIDE).marks
        (median,) = [row["x"] for row in marks["rule", False] if row["x"] == row["x2"]]
        boxes = [(row["x"], text_width(row["text"], row["size"]) / 2) for row in marks["text", False] if row["y"] < 150]
        assert len(boxes) == len(found.bins) - 1
        assert not [x for x, half in boxes if abs(x - median) <= half]
