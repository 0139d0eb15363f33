"""Money: an exact amount in one currency."""

from __future__ import annotations

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
