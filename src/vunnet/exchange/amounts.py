"""Amounts as people and systems write them, into two decimals; never `1.234,50` as 1.2345.

A value that proves its own decimal mark is read as it stands. `1,234` alone could be a thousand or one and a bit: the
column's other values decide, then the currency sign, then the file's other amounts; what stays open is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange.arrow import pc
from vunnet.exchange.moments import SAMPLE, without_blanks
from vunnet.exchange.sentences import said

MONEY = pa.decimal128(18, 2)
POINT, COMMA = ".", ","
ENOUGH = 3  # distinct values like 1,234 in a column where none is like 1,23: then the mark parts thousands

_SIGNS = r"(?:[$€£¥₹₽₩₪฿]|kr\.?|NOK|SEK|DKK|EUR|USD|GBP|CHF|CAD|AUD|US\$|A\$|C\$|R\$|zł|,-)"
# Those of lib/money.py, where people type them; a test compares the two. A lone "t" in a file may as well be hours or tonnes.
SCALES = {
    3: ("k", "t", "tusen", "thousand", "tsd"),
    6: ("m", "mn", "mio", "mill", "million", "millions", "millioner", "millionen", "milj"),
    9: ("b", "bn", "mrd", "mia", "md", "milliard", "milliarder", "milliarden"),
}
_POWERS = {word: power for power, words in SCALES.items() for word in words}
_WORDS = "|".join(sorted((word for word in _POWERS if word != "t"), key=len, reverse=True))
_SHAPE = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-−+])?\s*(?P<before>{_SIGNS})?\s*(?P<minus2>[-−+])?\s*"
    r"(?P<body>[\d.,'’ \u00a0\u202f]*\d[.,]?)"
    rf"\s*(?:(?P<scale>{_WORDS}|t(?=\s*{_SIGNS}))\.?)?\s*(?P<after>{_SIGNS})?\s*(?P<close>\))?",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(r"\d+", re.ASCII)
_EXPONENT = re.compile(r"[-+]?\d+(\.\d+)?[eE][-+]?\d{1,2}", re.ASCII)
_BLANK_MARKS = str.maketrans({" ": " ", "\u00a0": " ", "\u202f": " ", "'": " ", "’": " "})
_LIMIT = Decimal(10) ** 16

NOT_AN_AMOUNT = said("This is not an amount; write it as 1234.50.")
ASK_MARK = said("This could be thousands or decimals and nothing in the file tells; write it as 1234 or 1234.50.")
ASK_WORD = said(
    "This could be a thousand times as much, and nothing in the file tells; write it without the word, as 1234000."
)
TOO_LARGE = said("The amount has more than 16 digits before the decimals; check it, or write it smaller.")


class Unreadable(ValueError):
    """A value that is no amount, with the sentence for its owner."""


@dataclass(frozen=True)
class Written:
    """An amount taken apart: its digits with marks, its sign, power of ten, and the mark its currency suggests."""

    body: str
    negative: bool
    power: int
    hint: str


@dataclass(frozen=True)
class AmountColumn:
    values: Any
    bad: np.ndarray
    whys: Sequence[str]


def read_amounts(column: Any, mark: Callable[[], str] = str, type_: Any = MONEY) -> AmountColumn:
    """Text into decimals of `type_`, rounded half up; `mark` is asked where the column does not settle its own."""
    column = without_blanks(column)
    if (plain := _plainly(column, type_)) is not None:
        return AmountColumn(plain, np.empty(0, dtype=np.int64), [])
    coded = column.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    values, whys = _distinct(texts, mark_in(texts) or mark(), type_.scale)
    codes = pc.fill_null(coded.indices, -1).to_numpy()
    wrong = np.array([*(bool(why) for why in whys), False])
    bad = np.flatnonzero(wrong[codes])
    return AmountColumn(pa.array(values, type_).take(coded.indices), bad, [whys[codes[row]] for row in bad])


def _plainly(column: Any, type_: Any) -> Any:
    """The column cast at once, None where it cannot be: 5.000 would cast, but it may be five thousand."""
    if pc.any(pc.match_substring_regex(column.drop_null().slice(0, SAMPLE), r"[^0-9.\-]")).as_py():
        return None
    if pc.any(pc.match_substring_regex(column, r"\.\d{3}$")).as_py():
        return None
    try:
        return column.cast(type_)
    except pa.ArrowInvalid:
        return None


def _distinct(texts: Iterable[str], mark: str, decimals: int) -> tuple[list[Decimal | None], list[str]]:
    values: list[Decimal | None] = []
    whys: list[str] = []
    for text in texts:
        try:
            values.append(read_one(text, mark, decimals))
            whys.append("")
        except Unreadable as fault:
            values.append(None)
            whys.append(fault.args[0])
    return values, whys


def mark_in(texts: Iterable[str]) -> str:
    """The decimal mark that the values together prove: POINT, COMMA, or "" where they do not or contradict.

    >>> mark_in(["1.234", "12,50"]), mark_in(["1.234"]), mark_in(["1.234", "2.500", "12.750"])
    (',', '', ',')
    """
    proofs: set[str] = set()
    open_to_both: dict[str, set[str]] = {POINT: set(), COMMA: set()}
    for text in texts:
        try:
            written = taken_apart(text)
        except Unreadable:
            continue
        body = written.body
        proof = _proof(body)
        if proof:
            proofs.add(proof)
        # Three of "1.234 mill" prove nothing: nobody writes thousands of millions.
        elif not written.power and (lone := next((sign for sign in ".," if sign in body), "")):
            open_to_both[lone].add(body)
    if proofs:
        return proofs.pop() if len(proofs) == 1 else ""
    if open_to_both[COMMA] and open_to_both[POINT]:
        return ""
    for sign, bodies in open_to_both.items():
        if len(bodies) >= ENOUGH:
            return COMMA if sign == POINT else POINT
    return ""


def read_one(text: str, mark: str = "", decimals: int = 2) -> Decimal:
    """One amount. Raises Unreadable with the reason.

    >>> read_one("1 234,50"), read_one("$1,234"), read_one("45k"), read_one("(1.200,00)")
    (Decimal('1234.50'), Decimal('1234.00'), Decimal('45000.00'), Decimal('-1200.00'))
    """
    if _EXPONENT.fullmatch(text):
        return _rounded(Decimal(text), decimals)
    written = taken_apart(text)
    mark = _proof(written.body) or mark or written.hint
    if not mark and re.search(r"[.,]", written.body):
        raise Unreadable(ASK_WORD if written.power else ASK_MARK)
    if written.power and not _proof(written.body) and re.search(r"[.,]", written.body.replace(mark, "")):
        raise Unreadable(ASK_WORD)
    value = Decimal(_digits(written.body, mark or POINT)).scaleb(written.power)
    return _rounded(-value if written.negative else value, decimals)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    if abs(value) >= _LIMIT:
        raise Unreadable(TOO_LARGE)
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def taken_apart(text: str) -> Written:
    if _PLAIN.fullmatch(text):
        return Written(text, False, 0, "")
    found = _SHAPE.fullmatch(text.strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise Unreadable(NOT_AN_AMOUNT)
    minus = sum(sign in "-−" for sign in (found["minus"] or "", found["minus2"] or "") if sign)
    if minus > 1 or (minus and found["open"]) or (found["minus"] and found["minus2"]):
        raise Unreadable(NOT_AN_AMOUNT)
    body = found["body"].translate(_BLANK_MARKS).strip()
    power = _POWERS[found["scale"].lower()] if found["scale"] else 0
    hint = _hint(found["before"] or found["after"] or "")
    # "1.234 mill kr": that kroner have decimal commas is no reason to make a thousand millions of it.
    return Written(body, bool(minus or found["open"]), power, hint if not power or hint in body else "")


def _hint(sign: str) -> str:
    if sign in ("$", "£", "US$", "A$", "C$", "USD", "GBP"):
        return POINT
    return COMMA if sign.lower().rstrip(".") in ("kr", "nok", "sek", "dkk", ",-") else ""


def _proof(body: str) -> str:
    """The decimal mark this value proves by itself, "" where it could be read in two ways or has no mark."""
    points, commas = body.count(POINT), body.count(COMMA)
    if points and commas:
        return POINT if body.rfind(POINT) > body.rfind(COMMA) else COMMA
    sign = POINT if points else COMMA
    count = points or commas
    if not count:
        return ""
    other = COMMA if sign == POINT else POINT
    if count > 1:
        return other
    whole, _, decimals = body.partition(sign)
    if len(decimals) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
        return ""
    return sign


def _digits(body: str, mark: str) -> str:
    """The digits with a point, after checking that the other mark and blanks stand where thousands are parted."""
    whole, _, decimals = body.partition(mark)
    if not re.fullmatch(r"\d*", decimals):
        raise Unreadable(NOT_AN_AMOUNT)
    parting = {sign for sign in whole if not sign.isdigit()}
    if len(parting) > 1 or (parting and not _parted(whole, parting.pop())):
        raise Unreadable(NOT_AN_AMOUNT)
    return f"{re.sub(r'[^0-9]', '', whole) or '0'}.{decimals or '0'}"


def _parted(whole: str, sign: str) -> bool:
    """Groups of three, or India's groups of two before the last three."""
    groups = whole.split(sign)
    if not 1 <= len(groups[0]) <= 3 or len(groups[-1]) != 3:
        return False
    inner = {len(group) for group in groups[1:-1]}
    return inner <= {3} or (inner <= {2} and len(groups[0]) <= 2)
