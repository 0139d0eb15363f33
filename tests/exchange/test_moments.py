"""Dates and times as systems and people write them: exact, in UTC, or refused where day and month could be swapped."""

# ruff: noqa: DTZ001 - naive UTC is what the tables hold

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vunnet.exchange import moments
from vunnet.exchange.moments import DAY_FIRST, MONTH_FIRST, order_in, read_moments, read_one

OSLO = "Europe/Oslo"
WALLS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 30)).map(lambda wall: wall.replace(microsecond=0))
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 30))
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@given(wall=WALLS)
def test_every_spelling_of_a_moment_reads_back(wall: datetime) -> None:
    month = MONTHS[wall.month - 1]
    clock = f"{wall:%H:%M:%S}"
    half = f"{(wall.hour - 1) % 12 + 1}:{wall:%M:%S} {'PM' if wall.hour >= 12 else 'AM'}"
    day = f"{wall.year:04d}-{wall.month:02d}-{wall.day:02d}"
    for text, order in [
        (f"{day} {clock}", ""),
        (f"{day}T{clock}", ""),
        (f"{wall.year:04d}/{wall.month}/{wall.day} {clock}", ""),
        (f"{wall.day:02d}.{wall.month:02d}.{wall.year:04d} {clock}", ""),
        (f"{wall.day}/{wall.month}/{wall.year:04d} {clock}", DAY_FIRST),
        (f"{wall.month}/{wall.day}/{wall.year:04d} {half}", MONTH_FIRST),
        (f"{wall.day} {month} {wall.year:04d} {clock}", ""),
        (f"{month} {wall.day}, {wall.year:04d} {half}", ""),
    ]:
        assert read_one(text, order) == (wall, False), text


@given(wall=WALLS, minutes=st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_an_offset_makes_it_a_moment(wall: datetime, minutes: int) -> None:
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    day = f"{wall.year:04d}-{wall.month:02d}-{wall.day:02d}"
    expected = wall - timedelta(minutes=minutes)
    assert read_one(f"{day}T{wall:%H:%M:%S}{offset}") == (expected, True)


@given(days=st.lists(DAYS, min_size=1, max_size=30), order=st.sampled_from([DAY_FIRST, MONTH_FIRST]))
def test_a_column_is_never_read_in_the_wrong_order(days: list[date], order: str) -> None:
    texts = [
        f"{day.day}/{day.month}/{day.year:04d}" if order == DAY_FIRST else f"{day.month}/{day.day}/{day.year:04d}"
        for day in days
    ]
    read = read_moments(pa.array(texts), "UTC")
    for day, value in zip(days, read.values.to_pylist(), strict=True):
        assert value is None or value.date() == day
    if any(day.day > 12 for day in days):
        assert read.values.null_count == 0


@given(wall=st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)).map(lambda wall: wall.replace(microsecond=0)))
def test_a_time_without_offset_is_in_the_workspace_s_zone(wall: datetime) -> None:
    read = read_moments(pa.array([wall.isoformat(sep=" ")]), OSLO).values.to_pylist()[0]
    there = wall.replace(tzinfo=ZoneInfo(OSLO), fold=0)
    back = read.replace(tzinfo=UTC).astimezone(ZoneInfo(OSLO)).replace(tzinfo=None)
    if back == wall:  # the hour exists
        assert read == there.astimezone(UTC).replace(tzinfo=None)
    else:
        assert timedelta(0) < back - wall <= timedelta(hours=1)


def test_a_plain_date_is_midnight_in_the_workspace_s_zone() -> None:
    read = read_moments(pa.array(["2024-07-01", "2024-01-01", None]), OSLO)
    assert read.values.to_pylist() == [datetime(2024, 6, 30, 22), datetime(2023, 12, 31, 23), None]


def test_a_column_may_mix_iso_words_offsets_and_milliseconds() -> None:
    texts = ["2024-03-05", "(No value)", "Mar 5, 2024", "2024-03-05T10:00:00.000+0000", "1709632800000", "5. mars 2024"]
    read = read_moments(pa.array(texts), "UTC")
    day = datetime(2024, 3, 5)
    assert read.values.to_pylist() == [day, None, day, day.replace(hour=10), day.replace(hour=10), day]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2024-02-30", "no such day"),
        ("31.02.2026", "no such day"),
        ("2024-01-01 25:00", "no such day"),
        ("13:00 PM 1/1/2024", "not a date"),
        ("1/1/2024 13:00 PM", "no such day"),
        ("3/4/2024", "could be swapped"),
        ("45292", "count of days"),
        ("10000-01-01", "not a date"),
        ("0001-01-01", "between 1900 and 2199"),
        ("soon", "not a date"),
        ("13/13/2024", "no such day"),
    ],
)
def test_what_is_no_date_is_refused_with_the_reason(text: str, why: str) -> None:
    read = read_moments(pa.array([text]), "UTC")
    assert read.values.to_pylist() == [None]
    assert why in read.whys[0]


def test_a_bad_cell_leaves_the_others_alone() -> None:
    texts = [f"2024-01-{day:02d}" for day in range(1, 32)] + ["2024-02-30", "x"]
    read = read_moments(pa.array(texts), "UTC")
    assert list(read.bad) == [31, 32]
    assert read.values.to_pylist()[:31] == [datetime(2024, 1, day) for day in range(1, 32)]


def test_the_file_settles_what_the_column_cannot() -> None:
    assert read_moments(pa.array(["3/4/2024"]), "UTC", lambda: DAY_FIRST).values.to_pylist() == [datetime(2024, 4, 3)]
    assert read_moments(pa.array(["3/4/2024 1:00 PM"]), "UTC").values.to_pylist() == [datetime(2024, 3, 4, 13)]


def test_contradicting_orders_prove_nothing() -> None:
    assert order_in(pa.array(["13/1/2024", "1/13/2024"])) == ""
    read = read_moments(pa.array(["13/1/2024", "1/13/2024", "1/2/2024"]), "UTC")
    assert list(read.bad) == [2]


@given(text=st.text(max_size=25))
def test_no_text_crashes_the_reader(text: str) -> None:
    try:
        wall, _ = read_one(text)
    except moments.Unreadable:
        return
    assert wall.year >= 1899
