"""Amounts in the spellings of several countries: read exactly or refused, never silently another number."""

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vunnet.exchange import amounts
from vunnet.exchange.amounts import COMMA, POINT, mark_in, read_amounts, read_one

CENTS = st.integers(min_value=-(10**15), max_value=10**15)
GROUPS = {
    "en": (",", "."),
    "de": (".", ","),
    "no": (" ", ","),
    "nbsp": ("\u00a0", ","),
    "ch": ("'", "."),
    "none": ("", "."),
}


def written(cents: int, locale: str) -> str:
    group, point = GROUPS[locale]
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}".replace(",", group) + f"{point}{rest:02d}"


@given(cents=CENTS, locale=st.sampled_from(sorted(GROUPS)))
def test_an_amount_with_cents_is_read_back_whatever_its_country(cents: int, locale: str) -> None:
    assert read_one(written(cents, locale)) == Decimal(cents) / 100


@given(cents=st.lists(CENTS, min_size=1, max_size=30), locale=st.sampled_from(sorted(GROUPS)))
def test_a_column_reads_as_its_values_do(cents: list[int], locale: str) -> None:
    column = pa.array([written(value, locale) for value in cents])
    read = read_amounts(column)
    assert read.values.to_pylist() == [Decimal(value) / 100 for value in cents]
    assert list(read.bad) == []


@given(
    whole=st.integers(min_value=1, max_value=999),
    rest=st.integers(min_value=0, max_value=999),
    sign=st.sampled_from(".,"),
)
def test_three_digits_after_one_mark_are_never_guessed(whole: int, rest: int, sign: str) -> None:
    text = f"{whole}{sign}{rest:03d}"
    with pytest.raises(amounts.Unreadable, match="thousands or decimals"):
        read_one(text)
    assert read_amounts(pa.array([text])).values.to_pylist() == [None]


@given(text=st.text(alphabet="0123456789.,' -+()$k", max_size=14), mark=st.sampled_from([POINT, COMMA, ""]))
def test_any_text_gives_its_own_digits_or_a_refusal(text: str, mark: str) -> None:
    try:
        value = read_one(text.strip(), mark, decimals=6)
    except amounts.Unreadable:
        return
    if "k" not in text and not re.search(r"\d{7}", text):
        assert re.sub(r"\D", "", f"{value:f}").strip("0") == re.sub(r"\D", "", text).strip("0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u202f240\u202f000,00", "1240000.00"),
        ("$1,234", "1234"),
        ("kr 1.240", "1240"),
        ("1.240 kr", "1240"),
        ("45k", "45000"),
        ("1.2M", "1200000"),
        ("1,5 mill.", "1500000"),
        ("2 mio", "2000000"),
        ("2 mio kr", "2000000"),
        ("1.5 million", "1500000"),
        ("250 k kr", "250000"),
        ("250 tusen", "250000"),
        ("250 tkr", "250000"),
        ("2 MNOK", "2000000"),
        ("1,234 mill kr", "1234000"),
        ("(1,200.00)", "-1200"),
        ("−12", "-12"),
        ("-$45.10", "-45.10"),
        ("12,34,567.00", "1234567"),
        ("1'234.50", "1234.50"),
        (".5", "0.5"),
        ("0,5", "0.5"),
        ("500,-", "500"),
        ("1e5", "100000"),
        ("€ 99", "99"),
        ("2.345", None),
        ("2.3450", "2.35"),
        ("1234,567", "1234.57"),
    ],
)
def test_spellings(text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(amounts.Unreadable):
            read_one(text)
    else:
        assert read_one(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "2 billion",
        "12 mil",
        "5 t",
        "2 mill 500 tusen",
        "1.234 mill",
        "1.234 mill kr",
        "mill",
        "abc",
        "1.240,00.0",
        "1 23,4",
        "1-2",
        "--5",
        "1,2,3",
        "(5",
        "5)",
        "12 kr 5",
        "١٢",
        "NaN",
        "inf",
    ],
)
def test_what_is_no_amount_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(amounts.Unreadable, match=r"write it (as|without)"):
        read_one(text)


def test_more_digits_than_money_has_are_refused() -> None:
    with pytest.raises(amounts.Unreadable, match="16 digits"):
        read_one("9" * 17)


def test_the_column_settles_what_one_value_cannot() -> None:
    assert read_amounts(pa.array(["1.234", "12,50"])).values.to_pylist() == [Decimal("1234.00"), Decimal("12.50")]
    assert read_amounts(pa.array(["1.234", "12.50"])).values.to_pylist() == [Decimal("1.23"), Decimal("12.50")]
    assert read_amounts(pa.array(["5.000", "1,5"])).values.to_pylist() == [Decimal("5000.00"), Decimal("1.50")]


def test_three_values_in_thousands_settle_it_but_two_do_not() -> None:
    assert mark_in(["1.234", "2.500", "12.750"]) == COMMA
    assert mark_in(["1,234", "2,500", "12,750"]) == POINT
    assert mark_in(["1.234", "2.500"]) == ""
    assert mark_in(["1.234", "2,500", "12.750", "9,100"]) == ""


def test_contradicting_values_each_keep_their_own_reading_and_the_open_one_is_refused() -> None:
    read = read_amounts(pa.array(["1.234,50", "1,234.50", "1.234", None, "(No value)"]))
    assert read.values.to_pylist() == [Decimal("1234.50"), Decimal("1234.50"), None, None, None]
    assert list(read.bad) == [2]


def test_a_plain_column_with_three_decimals_is_not_taken_for_thousands_nor_cast_blindly() -> None:
    read = read_amounts(pa.array(["5.000", "7.000"]))
    assert read.values.to_pylist() == [None, None]
    assert list(read.bad) == [0, 1]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234 mill", "2.345 mill", "3.456 mill"], [None, None, None]),
        (["1,234 MUSD", "2,345 MUSD", "3,456 MUSD"], [None, None, None]),
        (["12,5 mill kr", "1.234 mill kr"], ["12500000", None]),
        (["12.5 mill", "1.234 mill"], ["12500000", "1234000"]),
        (["0.500 mill", "1 234 mill"], ["500000", "1234000000"]),
        (["1.234", "2.345", "3.456", "1.234 mill"], ["1234", "2345", "3456", None]),
    ],
)
def test_a_column_of_thousandths_of_millions_is_asked_about(texts: list[str], expected: list[str | None]) -> None:
    found = amounts.read_amounts(pa.array(texts))
    assert found.values.to_pylist() == [None if one is None else Decimal(one) for one in expected]
    assert all("thousand times" in why for why in found.whys)
