"""How people write days and numbers is read as they mean it, and shown as they chose."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vunnet.lib.days import read_day
from vunnet.lib.formats import DAYS, NUMBERS, Formats, present, using
from vunnet.lib.money import SCALES, read_amount, read_money
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


@pytest.mark.parametrize(
    ("text", "amount", "sign"),
    [
        ("2 mio", "2000000", ""),
        ("2 mill.", "2000000", ""),
        ("1,5 mill", "1500000", ""),
        ("2 mio kr", "2000000", "KR"),
        ("2m", "2000000", ""),
        ("250k", "250000", ""),
        ("250 k kr", "250000", "KR"),
        ("250 tkr", "250000", "KR"),
        ("250 tusen", "250000", ""),
        ("250t", "250000", ""),
        ("1,234 mill", "1234000", ""),
        ("0,1 mnok", "100000", "NOK"),
        ("€2m", "2000000", "€"),
        ("-€5", "-5", "€"),
        ("3 mrd. NOK", "3000000000", "NOK"),
        ("500,-", "500", ""),
        ("kr 1 000,-", "1000", "KR"),
        ("1.000,- kr", "1000", "KR"),
        ("0.500 mill", "500000", ""),
        ("0.500", "0.5", ""),
        ("2 mad", "2", "MAD"),
        ("2 kes", "2", "KES"),
    ],
)
def test_thousands_and_millions_are_read_exactly_as_people_type_them(text: str, amount: str, sign: str) -> None:
    assert read_money(text, ",") == (Decimal(amount), sign)


@pytest.mark.parametrize(
    "text",
    ["2 billion", "01.234", "01.5", "0.500.000", "1.234 mill", "1.234k", "2 mill 500 tusen", "mill", "2k5", "2 lakh", "kr 2 kr", "--5", "1e5", "٥", "2 mill 5"],
)  # fmt: skip
def test_what_could_be_a_thousand_times_as_much_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_money(text, ",")


def test_amounts_in_files_know_the_words_of_those_that_are_typed() -> None:
    from vunnet.exchange import amounts

    assert amounts.SCALES == SCALES
    for power, words in SCALES.items():
        for word in words:
            assert (
                amounts.read_one(f"2,5{word} kr") == read_money(f"2,5{word} kr", ",")[0] == Decimal("2.5") * 10**power
            )
