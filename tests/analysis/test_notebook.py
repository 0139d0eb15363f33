"""The library as a notebook uses it: a book of deals, and results that show themselves."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import vunnet.analysis as va
from tests.analysis.rows import deal, table, visit
from vunnet.analysis.funnel import Funnel
from vunnet.analysis.report import Report
from vunnet.analysis.shown import Rows, Several, Shown
from vunnet.exchange.sample import sample

LAST = date(2026, 11, 20)
METHODS = (
    "counts", "win_rate", "segments", "time_to_close", "within_days", "funnel", "funnels", "won", "customer_status",
    "stale", "cohorts", "drivers", "leaks", "mix_or_rate", "velocity", "repeat_interval", "amounts", "signals", "forecast",
    "attainment", "report",
)  # fmt: skip
DRAWN = (
    "segments",
    "time_to_close",
    "funnel",
    "funnels",
    "won",
    "cohorts",
    "drivers",
    "leaks",
    "mix_or_rate",
    "repeat_interval",
    "signals",
    "forecast",
    "report",
)


@pytest.fixture(scope="module")
def book() -> va.Book:
    return va.open(sample(LAST).tables, as_of=LAST, threads=1)


@pytest.mark.parametrize("method", METHODS)
def test_every_result_shows_itself(book: va.Book, method: str) -> None:
    found = getattr(book, method)()
    assert isinstance(found, Shown)
    rows = found.table()
    assert isinstance(rows, Rows)
    assert len(rows) > 0
    assert list(rows.to_pandas().columns) == list(rows.columns)
    shown = found._repr_html_()
    drawn = found.chart()
    assert (drawn is not None) == (method in DRAWN)
    assert ("<svg" in shown) == (method in DRAWN)
    if drawn is not None:
        assert drawn.sentence in found.charts()[0].sentence
        assert found.chart("nb").sentence != drawn.sentence


def test_tables_carry_the_numbers_of_the_results(book: va.Book) -> None:
    flow = book.funnel()
    assert isinstance(flow, Funnel)
    row = flow.table()[0]
    assert row["entered"] == flow.stages[0].entered
    assert flow.stages[0].conversion is not None
    assert row["conversion.low"] == flow.stages[0].conversion.low
    owners = book.segments("owner")
    assert isinstance(owners, Several)
    members = owners["owner"].members  # type: ignore[union-attr]
    assert [row["value"] for row in owners["owner"].table()] == [member.value for member in members]
    parts = book.won().table()
    assert sum(row["count"] for row in parts if row["by"] == "product") == pytest.approx(book.won().count)


def test_a_book_says_what_the_report_says(book: va.Book) -> None:
    whole = book.report()
    assert isinstance(whole, Report)
    assert whole.win_rate == book.win_rate()
    assert whole.won == book.won()
    assert whole.velocity == book.velocity()
    assert whole.customer_status == book.customer_status()
    assert whole.amounts == book.amounts()
    assert whole.repeat_interval.table() == book.repeat_interval().table()
    third = va.Period(date(2026, 7, 1), date(2026, 9, 30))
    assert book.report(third).change == book.change(third)
    assert book.change(third).table()[0]["change"] == "no evidence of a difference"


def test_a_book_looks_on_the_landmark_it_is_told_and_refuses_others(book: va.Book) -> None:
    assert {row["landmark_days"] for row in book.drivers().table()} == {7}
    assert {row["landmark_days"] for row in book.drivers(14).table()} == {14}
    assert "day 14" in book.drivers(14).chart().measure
    with pytest.raises(ValueError, match="7, 14 or 30"):
        book.drivers(8)


def test_only_cuts_the_book_and_leaves_the_first_one_whole(book: va.Book) -> None:
    whole = book.win_rate().by_count
    products = [row["value"] for row in book.segments("product").table()]
    apart = [book.only(product=value).win_rate().by_count for value in products]
    assert sum(rate.won for rate in apart) == whole.won
    assert sum(rate.closed for rate in apart) == whole.closed
    both = book.only(product=tuple(products[:2])).win_rate().by_count
    assert both.closed == apart[0].closed + apart[1].closed


def test_what_is_not_recorded_says_so_in_a_notebook_too() -> None:
    with va.open({"deals": table("deals", [deal("a", "won", None)])}, as_of=LAST) as book:
        found = book.time_to_close()
    assert isinstance(found, va.NotRecorded)
    assert found.chart() is None
    assert "no creation dates are recorded" in found._repr_html_()


def test_a_folder_and_frames_are_books_too(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    deals = table("deals", [deal("a", "won", 0.5, 3.5, amount=5), deal("b", "lost", 0.5, 2.5)])
    visits = table("visits", [visit("a", "Met", 0.5, 3.5)])
    pq.write_table(deals, tmp_path / "deals.parquet")
    (tmp_path / "visits").mkdir()
    pq.write_table(visits, tmp_path / "visits" / "1.parquet")
    with va.open(tmp_path) as lying, va.open({"deals": deals.to_pandas(), "visits": visits.to_pandas()}) as frames:
        assert lying.question.as_of == frames.question.as_of == date(2026, 1, 4)
        assert lying.funnel() == frames.funnel()
        assert lying.win_rate() == frames.win_rate()


def test_a_book_without_any_date_must_be_told_the_day() -> None:
    with pytest.raises(ValueError, match="as of which day"):
        va.open({"deals": table("deals", [deal("a", "open", None)])})


def test_results_outlive_their_book() -> None:
    with va.open({"deals": table("deals", [deal("a", "won", 0, 1)])}) as book:
        found = book.win_rate()
    assert found.by_count.won == 1
    assert len(found.table()) == 1


def test_importing_the_library_loads_neither_charts_nor_statistics() -> None:
    asked = (
        "import vunnet.analysis, sys; print(sorted({'altair', 'scipy', 'ibis', 'vunnet.charts'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert done.stdout.strip() == "[]"


def test_an_analysis_without_a_picture_loads_no_charts() -> None:
    asked = (
        "import vunnet.analysis.book, vunnet.analysis.report, sys; "
        "print(sorted(name for name in sys.modules if name in ('altair', 'vl_convert') or name.startswith('vunnet.charts')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert done.stdout.strip() == "[]"
