from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as Tree

import altair as alt
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.rows import day, deal, prepared
from tests.charts.results import (
    apart,
    attained,
    beside,
    driven,
    forecasts,
    leaking,
    mixed,
    months,
    nothing,
    path,
    report,
    weekly,
)
from vunnet import charts
from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.question import Annotation, Period, Question
from vunnet.analysis.report import NOT_ASKED, answer
from vunnet.analysis.win_rate import Change, WinRate
from vunnet.charts import Figure, Language, query
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import text_width
from vunnet.charts.svg import alone, link_to, render
from vunnet.charts.theme import DARK, LIGHT, PHONE, SMALL, WIDE

EN = Language("en")
LINK = query("/deals/")
QUARTER = Period(date(2026, 1, 1), date(2026, 3, 31))
BEFORE = Change(QUARTER, Rate(50, 100, 0.5, 0.4, 0.6), 0.04, "differs: lower")


def figure(found: Figure | NotRecorded) -> Figure:
    assert isinstance(found, Figure)
    return found


def funnel(language: Language = EN) -> Figure:
    assert not isinstance(report().funnels, NotRecorded)
    return figure(charts.funnel(report().funnels[0], language, LINK))


FIGURES: dict[str, Callable[[], Figure]] = {
    "funnel": funnel,
    "incidence": lambda: figure(charts.incidence(report().time_to_close, EN, 30, LINK)),
    "sellers": lambda: figure(charts.segment(report().segments["owner"], EN, LINK)),
    "sellers apart": lambda: figure(charts.segment(apart().segments["owner"], EN, LINK)),
    "rate board": lambda: figure(charts.control(weekly(), EN, LINK)),
    "value board": lambda: figure(charts.control(weekly("value", 60, 0.06), EN, LINK)),
    "count board": lambda: figure(charts.control(weekly("count", 14, period="month"), EN, LINK)),
    "short board": lambda: figure(charts.control(weekly(count=3, period="day"), EN, LINK)),
    "forecast": lambda: figure(charts.forecast_fan(forecasts(60_000.0), EN, LINK, stale=3)),
    "looked back": lambda: figure(charts.forecast_fan(forecasts(), EN, LINK, actual=((date(2027, 3, 31), 70_000.0),))),
    "past forecasts": lambda: figure(charts.past_forecasts(forecasts(), EN, LINK)),
    "one week": lambda: figure(charts.control(weekly(count=1), EN, LINK)),
    "won by": lambda: figure(charts.won_by(report().won, report().segments, report().customer_status, EN, LINK)),
    "quotas": lambda: figure(charts.attainment(attained(), EN, LINK)),
    "cohorts": lambda: figure(charts.cohorts(months(), EN, LINK)),
    "drivers": lambda: figure(charts.drivers(driven(), EN, LINK)),
    "leaks": lambda: figure(charts.leaks(leaking(), EN, LINK)),
    "two funnels": lambda: figure(charts.comparison(beside(), EN, (LINK, LINK))),
    "two alike": lambda: figure(charts.comparison(beside(apart=False), EN, (LINK, LINK))),
    "deal path": lambda: figure(charts.deal_path(path(), EN, LINK)),
    "stale path": lambda: figure(charts.deal_path(path("old"), EN, LINK)),
    "short path": lambda: figure(charts.deal_path(path("quick"), EN, LINK)),
    "coming back": lambda: figure(charts.repeat_interval(report().repeat_interval, EN, LINK)),
    "win rate": lambda: charts.rate(WinRate(Rate(36, 100, 0.36, 0.27, 0.46), NotRecorded("no"), 0), BEFORE, EN, LINK),
    "won value": lambda: figure(charts.amounts(report().amounts, report().won, EN, LINK)),
    "mix or rate": lambda: figure(charts.mix_or_rate(mixed(), EN, LINK)),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_picture_is_clean_inline_svg_of_its_width(name: str, width: int) -> None:
    svg = FIGURES[name]().svg(width)
    root = Tree.fromstring(svg)
    assert root.get("role") == "group"
    assert root.get("aria-label")
    assert root.get("width") == str(width)
    for refused in (
        "style=",
        "<style",
        "font-family",
        "<script",
        "xlink",
        "vega.github.io",
        "vn.invalid",
        "javascript:",
    ):
        assert refused not in svg
    left = set(re.findall(r"#[0-9a-f]{3,8}\b", svg, re.IGNORECASE))
    assert not left, f"colours that are no theme's: {left}"


def test_won_parts_say_how_many_closed_on_both_widths_and_the_table_has_every_row() -> None:
    rows = [
        deal(f"{n}", "won" if n % 7 % 2 else "lost", n % 20, n % 20 + 5, owner=f"Seller {n % 12:02}")
        for n in range(240)
    ]
    with prepared(rows, as_of=60) as source:
        found = answer(source, Question(day(60).date()), parts=("segments",))
    made = figure(charts.won_parts(found.won, found.segments, found.customer_status, EN, ("owner",), LINK))
    assert (made.title, len(made.table.rows)) == ("Won deals by seller", 12)
    most = max(found.won.by["owner"], key=lambda part: part.count)
    assert made.sentence.startswith(f"Most deals: {most.value}, {most.count} deals of {found.won.count}.")
    member = next(m for m in found.segments["owner"].members if m.value == "Seller 04")  # type: ignore[union-attr]
    row = next(row for row in made.table.rows if row[0] == "Seller: Seller 04")
    assert row[3] == f"{member.rate.won}/{member.rate.closed}"
    assert "8 of 12, the table has all" in made.wide
    assert made.wide.count(">20</text>") == 8
    assert made.phone.count(", n = 20</text>") == 8
    by_quarter = figure(charts.won_parts(report().won, {}, NOT_ASKED, EN, ("quarter",)))
    assert (by_quarter.measure, by_quarter.table.rows[0][0]) == ("Value won", "Quarter: 2026Q1")
    none = charts.won_parts(found.won, found.segments, found.customer_status, EN, ("source",))
    assert none == NotRecorded("no sources are recorded")


@pytest.mark.parametrize("name", FIGURES)
def test_altair_finds_the_specification_valid(name: str) -> None:
    with alt.utils.schemapi.debug_mode(True):
        for width in (WIDE, PHONE):
            FIGURES[name]().draw(width).chart().to_dict()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_nothing_is_drawn_outside_and_no_text_is_small(name: str, width: int) -> None:
    canvas = FIGURES[name]().draw(width)
    for (kind, _), rows in canvas.marks.items():
        for row in rows:
            assert 0 <= row["x"] <= canvas.width + 0.5, row
            assert 0 <= row["y"] <= canvas.height + 0.5, row
            if kind == "text":
                assert row["size"] >= 11
                # Fonts differ; what is over by a tenth of the widest font's estimate is cut off in some reader's browser.
                wide = 0.9 * text_width(row["text"], row["size"], row["weight"])
                left = row["x"] - {"left": 0, "center": 0.5, "right": 1}[row["align"]] * wide
                assert left > -1, row
                assert left + wide < canvas.width + 1, row


def places(svg: str) -> tuple[list[Any], list[Any]]:
    """The texts with their places, and the descriptions of the data marks, of any SVG."""
    texts: list[Any] = []

    def walk(element: Tree.Element, x: float, y: float) -> None:
        moved = re.match(r"translate\(([-\d.]+),\s*([-\d.]+)\)", element.get("transform", ""))
        x, y = (x + float(moved[1]), y + float(moved[2])) if moved else (x, y)
        if element.tag.endswith("}text") and element.text:
            at = (x + float(element.get("x", 0)), y + float(element.get("y", 0)))
            texts.append((element.text, *at))
        for child in element:
            walk(child, x, y)

    root = Tree.fromstring(svg)
    walk(root, 0, 0)
    told = sorted(e.get("aria-label", "") for e in root.iter() if e is not root and e.get("aria-label"))
    return sorted(texts), [label for label in told if not re.match(r"^(x|y|x2|y2|text): ", label)]


@pytest.mark.parametrize("name", FIGURES)
def test_our_drawing_and_altairs_have_the_same_marks_in_the_same_places(name: str) -> None:
    canvas = FIGURES[name]().draw(WIDE)
    version = ".".join(str(alt.SCHEMA_VERSION).lstrip("v").split(".")[:2])
    ours, theirs = render(canvas, "x"), vl_convert.vegalite_to_svg(canvas.chart().to_dict(), vl_version=version)
    (texts, told), (their_texts, their_told) = places(ours), places(theirs)
    assert told == their_told
    assert [text for text, *_ in texts] == [text for text, *_ in their_texts]
    for (_, x, y), (_, their_x, their_y) in zip(texts, their_texts, strict=True):
        assert (x, y) == pytest.approx((their_x, their_y), abs=1)


def test_on_the_phone_no_rule_of_a_scale_runs_through_a_name() -> None:
    marks = FIGURES["drivers"]().draw(PHONE).marks
    rules = [row for (kind, _), rows in marks.items() for row in rows if kind == "rule" and row["x"] == row["x2"]]
    named = [row for (kind, _), rows in marks.items() for row in rows if kind == "text" and row["x"] == 0]
    assert len(rules) > len(named) > 4
    assert not [(r, t) for r in rules for t in named if r["y"] < t["y"] + t["size"] / 2 and t["y"] < r["y2"]]


def test_a_file_stands_alone_in_either_theme() -> None:
    light, dark = alone(funnel().draw(WIDE)), alone(funnel().draw(WIDE), dark=True)
    assert LIGHT["surface"] in light
    assert DARK["surface"] in dark
    assert "var(" not in light + dark
    assert "href" not in light + dark
    assert funnel().png(dark=True).startswith(b"\x89PNG")


def test_the_same_picture_is_the_same_bytes() -> None:
    assert funnel().wide == funnel().wide


def test_markup_in_a_name_is_text() -> None:
    root = Tree.fromstring(funnel().wide)
    assert not [element for element in root.iter() if element.tag.endswith("}b")]
    assert any("Panel <b>&" in (element.get("aria-label") or "") for element in root.iter())


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_link_to_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="own host"):
        link_to(lambda _: path, {})


def test_without_links_there_are_none() -> None:
    assert not isinstance(report().funnels, NotRecorded)
    assert "<a" not in figure(charts.funnel(report().funnels[0], EN)).wide


def test_no_rows_is_no_crash() -> None:
    empty = nothing()
    for found in (
        *(charts.funnel(f, EN) for f in (empty.funnels if isinstance(empty.funnels, tuple) else (empty.funnels,))),
        charts.incidence(empty.time_to_close, EN),
        charts.won_by(empty.won, empty.segments, empty.customer_status, EN),
        *(charts.segment(one, EN) for one in empty.segments.values()),
    ):
        assert isinstance(found, NotRecorded) or found.wide


def test_a_picture_for_mail_is_png_on_the_theme_of_its_reader() -> None:
    light, dark = funnel().png(), funnel().png(dark=True)
    assert light.startswith(b"\x89PNG")
    assert light != dark


def test_both_themes_have_every_colour_and_light_ones_are_unique() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)
    for name in LIGHT:
        assert charts.css().count(f"--vn-{name}:") == 3


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_contrast_on_what_it_stands_on(theme: dict[str, str]) -> None:
    pairs = [("text", "surface"), ("muted", "surface"), ("won", "surface"), ("lost", "surface"), ("accent", "surface")]
    pairs += [("on-d1", "d1"), ("on-d2", "d2"), ("text", "d3"), ("text", "d4"), ("text", "band"), ("muted", "band")]
    for ink, ground in pairs:
        assert _contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)


def test_an_empty_canvas_of_words_is_drawn() -> None:
    canvas = Canvas(100, 20)
    canvas.text(0, 10, "Nothing yet")
    assert "Nothing yet" in render(canvas, "Nothing")


def large_funnel(lost: int) -> str:
    """A funnel of many deals and three kinds of customers, as SVG."""
    found = report().funnels
    assert not isinstance(found, NotRecorded)
    first = found[0].stages[0]
    kinds = {"existing": 37_565, "first_in_records": 28_325, None: 200}
    flow = replace(first, lost=lost, cancelled=1_859, open=1_710, moved_back=0, by=kinds)
    whole = replace(found[0], stages=(flow,), split="customer", members=tuple(kinds), won_by=dict.fromkeys(kinds, 9))
    return figure(charts.funnel(whole, EN)).svg(WIDE)


def test_what_left_keeps_clear_of_the_stay_whatever_the_numbers() -> None:
    assert "11\u202f503\u2009·\u20091\u202f859\u2009·\u20091\u202f710<" in large_funnel(11_503)
    assert "115\u00a0k\u2009·\u20091\u202f859\u2009·\u20091\u202f710<" in large_funnel(115_030)


def test_a_key_is_cut_only_where_there_is_no_room_for_all() -> None:
    drawn = large_funnel(1)
    assert "first in our records<" in drawn
    assert "existing<" in drawn


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_name_of_what_was_won_is_whole(width: int) -> None:
    assert ">first in our records *<" in FIGURES["won by"]().svg(width)


@pytest.mark.parametrize("name", FIGURES)
def test_the_whole_title_and_measure_stand_on_a_file(name: str) -> None:
    made = FIGURES[name]()
    long = replace(made, title=made.title + " and more words" * 12)
    for one in (made, long):
        texts = re.findall(
            r'<text x="15" y="[0-9.]+"[^>]*font-size="(\d+)"( font-weight="600")?[^>]*>([^<]*)</text>', one.file()
        )
        head = [(unescape(text), int(size), 600 if bold else 400) for size, bold, text in texts]
        assert " ".join(text for text, *_ in head).startswith(f"{one.title} {one.measure}".strip())
        assert all(text_width(text, size, weight) <= WIDE for text, size, weight in head)


def spans(one: float, other: float) -> tuple[float, float]:
    return min(one, other), max(one, other)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 279), st.text("abc ", min_size=1, max_size=80)), max_size=8),
    st.sampled_from([WIDE, PHONE]),
)
def test_no_annotation_is_written_over_another_or_across_its_rule(said: list[tuple[int, str]], width: int) -> None:
    first = weekly().points[0].first
    board = weekly().annotated([Annotation(first + timedelta(days=days), text) for days, text in said])
    made = figure(charts.control(board, EN, None))
    rows = [(kind, row) for (kind, _), found in made.draw(width).marks.items() for row in found]
    rules = [
        (row["x"], *spans(row["y"], row["y2"]))
        for kind, row in rows
        if kind == "rule" and row["color"] == LIGHT["warn"]
    ]
    boxes = []
    for kind, row in rows:
        if kind == "text" and row["y"] < 35:
            left = row["x"] - (text_width(row["text"], SMALL) if row["align"] == "right" else 0)
            boxes.append((left, row["y"] - 5, left + text_width(row["text"], SMALL), row["y"] + 5))
    assert len(rules) == min(len({days // 7 for days, _ in said}), 6 if width == WIDE else 3)
    assert bool(boxes) == bool(said)
    for n, (left, top, right, bottom) in enumerate(boxes):
        assert not [rule for rule in rules if left < rule[0] < right and rule[1] < bottom]
        assert not [b for b in boxes[:n] if left < b[2] and b[0] < right and top < b[3] and b[1] < bottom]
    told = "; ".join(row[-1] for row in made.table.rows) if said else ""
    assert all(text in told for _, text in said)


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_what_was_said_is_drawn_against_what_came(width: int) -> None:
    found = figure(charts.reliability(forecasts().backtest, EN))
    canvas = found.draw(width)
    dots = [row for (kind, *_), rows in canvas.marks.items() if kind == "point" for row in rows]
    assert len(dots) == len(forecasts().backtest.groups) == len(found.table.rows)
    for (kind, *_), rows in canvas.marks.items():
        for row in rows:
            assert 0 <= row["x"] <= canvas.width + 0.5, (kind, row)
            assert 0 <= row["y"] <= canvas.height + 0.5, (kind, row)
    assert "aria-label" in found.svg(width)


def test_a_sign_that_xml_cannot_hold_breaks_no_picture() -> None:
    board = weekly().annotated([Annotation(weekly().points[3].first, "a\x01b\ufffec")])
    made = figure(charts.control(board, EN, None))
    assert "a\ufffdb\ufffdc" in made.svg()
    Tree.fromstring(made.file())
    assert made.png().startswith(b"\x89PNG")
