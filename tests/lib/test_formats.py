"""How people write days and numbers is read as they mean it, and shown as they chose."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vunnet.lib.days import read_day
from vunnet.lib.formats import DAYS, NUMBERS, Formats, present, using
from vunnet.lib.money import read_amount
from vunnet.lib.periods import relative

THURSDAY = date(2026, 11, 26)
ANY_DAY = st.dates(date(1970, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-24", "2026-12-24"),
        ("24.12.2026", "2026-12-24"),
        ("24.12.", "2026-12-24"),
        ("24/12", "2026-12-24"),
        ("24.12.26", "2026-12-24"),
        ("1/11", "2027-11-01"),
        ("29.2", "2028-02-29"),
        ("12/24", "2026-12-24"),
        ("today", "2026-11-26"),
        ("Tomorrow", "2026-11-27"),
        ("i  morgen", "2026-11-27"),
        ("i overmorgen", "2026-11-28"),
        ("friday", "2026-11-27"),
        ("torsdag", "2026-12-03"),
        ("neste fredag", "2026-12-04"),
        ("next monday", "2026-11-30"),
        ("neste uke", "2026-12-03"),
        ("+3d", "2026-11-29"),
        ("+2w", "2026-12-10"),
        ("+1 m", "2026-12-26"),
        ("+7", "2026-12-03"),
        ("om 3 dager", "2026-11-29"),
        ("in 2 months", "2027-01-26"),
    ],
)
def test_a_day_is_read_as_it_is_meant(text: str, day: str) -> None:
    assert str(read_day(text, THURSDAY)) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "31.02.2026", "40/40", "+3x", "+9999999d", "2026-13-01", "neste", "1.2.3.4", "+99999m"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_day(text, THURSDAY)


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    assert read_day("+1m", date(2027, 1, 31)) == date(2027, 2, 28)


def test_who_writes_the_month_first_is_read_so() -> None:
    assert read_day("04/05/2026", THURSDAY, is_month_first=True) == date(2026, 4, 5)
    assert read_day("04/05/2026", THURSDAY) == date(2026, 5, 4)


@given(ANY_DAY, st.sampled_from(["", *DAYS]))
def test_a_day_that_was_written_is_read_back(day: date, order: str) -> None:
    formats = Formats(days=order)
    assert read_day(formats.written(day), THURSDAY, is_month_first=formats.is_month_first) == day


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["", *NUMBERS]))
def test_an_amount_that_was_written_is_read_back(amount: object, marks: str) -> None:
    formats = Formats("nb", numbers=marks)
    assert read_amount(formats.number(f"{amount:,.2f}"), formats.decimal_mark) == amount


@given(ANY_DAY)
def test_a_week_from_monday_has_the_number_of_the_standard(day: date) -> None:
    assert Formats().week(day) == day.isocalendar().week


@given(ANY_DAY, st.sampled_from(["sunday", "saturday"]))
def test_a_weeks_days_share_its_number(day: date, first: str) -> None:
    formats = Formats(first_day=first)
    assert formats.week(formats.week_start(day)) == formats.week(day)
    assert 1 <= formats.week(day) <= 53


def test_this_week_begins_on_the_day_one_chose() -> None:
    with using(Formats(first_day="sunday")):
        assert relative("this_week", THURSDAY).first == date(2026, 11, 22)
    assert relative("this_week", THURSDAY).first == date(2026, 11, 23)
    assert present() == Formats()
