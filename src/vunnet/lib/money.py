"""Money: an exact amount in one currency."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Money:
    """An amount and its currency (ISO 4217). Amounts of different currencies are never added.

    >>> Money(Decimal("10"), "NOK") + Money(Decimal("2.505"), "NOK")
    Money(amount=Decimal('12.505'), currency='NOK')
    """

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)

    def times(self, share: Decimal) -> Money:
        """This share of it, rounded to the cent, halves away from zero."""
        return Money((self.amount * share).quantize(CENT, ROUND_HALF_UP), self.currency)


def sums(amounts: Iterable[Money]) -> list[Money]:
    """One sum a currency, the largest first: what a total is when currencies differ."""
    totals: dict[str, Decimal] = {}
    for money in amounts:
        totals[money.currency] = totals.get(money.currency, Decimal(0)) + money.amount
    return [Money(total, currency) for currency, total in sorted(totals.items(), key=lambda item: -item[1])]


# Words for a power of ten. "billion" is a thousand millions to some and a million millions to others, "mil" a thousand or a million: neither is read.
SCALES = {
    3: ("k", "t", "tusen", "thousand", "tsd"),
    6: ("m", "mn", "mio", "mill", "million", "millions", "millioner", "millionen", "milj"),
    9: ("b", "bn", "mrd", "mia", "md", "milliard", "milliarder", "milliarden"),
}
_POWERS = {word: power for power, words in SCALES.items() for word in words}
_SIGN = r"(?:[€$£]|kr\.?|[a-z]{3}\.?)"
_AMOUNT = re.compile(
    rf"(?P<minus>[−-])?\s*(?P<before>{_SIGN})?\s*(?P<minus_within>[−-])?\s*(?P<digits>\d[\d.,'’\s]*?)\s*"
    rf"(?:(?P<scale>{'|'.join(sorted(_POWERS, key=len, reverse=True))})\.?)?\s*(?:,[-–])?\s*(?P<after>{_SIGN})?",
    re.ASCII,
)
_AMONG_NUMBERS = ("", "KR", "NOK", "SEK", "DKK", "EUR", "USD", "GBP", "€", "$", "£")


def read_amount(text: str, decimal_point: str = ".") -> Decimal:
    """What somebody typed as an amount: grouped, with a sign of a common currency, "45k", "1,5 mill.". Raises ValueError for anything else.

    Where both marks stand, the last one is the decimal mark. One mark alone before exactly three digits groups thousands,
    unless it is the reader's own decimal mark; with a word behind ("1.234 mill.") it is not guessed.

    >>> read_amount("1 250 000"), read_amount("1.234,50"), read_amount("45k"), read_amount("1,234"), read_amount("1,234", ",")
    (Decimal('1250000'), Decimal('1234.50'), Decimal('45000'), Decimal('1234'), Decimal('1.234'))
    """
    amount, sign = read_money(text, decimal_point)
    if sign not in _AMONG_NUMBERS:
        raise ValueError(text)
    return amount


# What a sign may stand for; the one's own currency is meant first, then the only one that is known.
SIGNS = {
    "€": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "KR": ("NOK", "SEK", "DKK", "ISK"),
}


def read_money(text: str, decimal_point: str = ".") -> tuple[Decimal, str]:
    """What somebody typed as money: the amount, and the sign or letters of a currency where some stand there. Raises ValueError.

    >>> read_money("1 000 eur"), read_money("kr 250,50", ","), read_money("45k"), read_money("2 mill. kr"), read_money("1,5 mnok", ",")
    ((Decimal('1000'), 'EUR'), (Decimal('250.50'), 'KR'), (Decimal('45000'), ''), (Decimal('2000000'), 'KR'), (Decimal('1500000.0'), 'NOK'))
    """
    found = _AMOUNT.fullmatch(re.sub(r"[\s\u00a0\u202f]+", " ", text.strip().lower()))
    signs = [sign for sign in (found["before"], found["after"]) if sign] if found else []
    if found is None or len(signs) > 1 or (found["minus"] and found["minus_within"]):
        raise ValueError(text)
    digits = re.sub(r"['’\s]", "", found["digits"])
    power = _POWERS[found["scale"]] if found["scale"] else 0
    if (
        power and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) and decimal_point not in digits
    ):  # thousands of millions?
        raise ValueError(text)
    value = _decimal(f"-{digits}" if found["minus"] or found["minus_within"] else digits, decimal_point)
    return value * 10**power, "".join(signs).strip(".").upper()


def currencies_meant(sign: str, own: str, known: Iterable[str]) -> list[str]:
    """The currencies that a sign can mean: one's own where it fits, else the known ones it fits; several are left to be asked about.

    >>> currencies_meant("KR", "NOK", ["NOK", "SEK"]), currencies_meant("KR", "EUR", ["NOK", "SEK"]), currencies_meant("USD", "NOK", [])
    (['NOK'], ['NOK', 'SEK'], [])
    """
    codes = SIGNS.get(sign, (sign,))
    return [own] if own in codes else [code for code in codes if code in set(known)]


def _decimal(digits: str, decimal_point: str) -> Decimal:
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return Decimal(digits)
    mark, after = digits[last], len(digits) - last - 1
    both, zero = "." in digits and "," in digits, digits.lstrip("-").startswith("0")  # nobody groups 0.500
    groups = digits.count(mark) > 1 or (not both and after == 3 and mark != decimal_point and not zero)
    if groups and re.fullmatch(rf"-?[1-9]\d{{0,2}}(\{mark}\d{{3}})+", digits):
        return Decimal(digits.replace(mark, ""))
    other = "," if mark == "." else "."
    whole = digits[:last]
    if (
        groups
        or mark in whole
        or re.match(r"-?0\d", whole)
        or (other in whole and not re.fullmatch(rf"-?\d{{1,3}}(\{other}\d{{3}})+", whole))
    ):
        raise ValueError(digits)
    return Decimal(whole.replace(other, "") + "." + digits[last + 1 :])
