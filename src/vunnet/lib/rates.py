"""What other currencies are worth in one's own, so that a sum over several can be said in one.

Whoever answers a person (the pages' middleware, a mail) says where the rates come from; they are read when a sum first needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from vunnet.lib.money import CENT, Money


@dataclass(frozen=True)
class Rates:
    """Currency (ISO 4217) → what one of it is worth in `base`, and the day that was said of."""

    base: str = ""
    of: Mapping[str, tuple[Decimal, date]] = field(default_factory=dict)

    @property
    def known(self) -> list[str]:
        """The currencies that can be counted in: one's own first."""
        return [self.base, *sorted(self.of)]

    def total(self, amounts: Iterable[Money]) -> Money | None:
        """All of them in the base currency, to the cent; None where a rate is missing.

        >>> Rates("NOK", {"EUR": (Decimal("11.5"), date(2026, 11, 24))}).total([Money(Decimal(2), "EUR"), Money(Decimal(1), "NOK")])
        Money(amount=Decimal('24.00'), currency='NOK')
        """
        whole = Decimal(0)
        for money in amounts:
            if money.currency == self.base:
                whole += money.amount
            elif money.currency in self.of:
                whole += money.amount * self.of[money.currency][0]
            else:
                return None
        return Money(whole.quantize(CENT, ROUND_HALF_UP), self.base)


_present: ContextVar[Callable[[], Rates]] = ContextVar("rates")


def present() -> Rates:
    """The rates of the workspace that is answered from now; none outside of one."""
    return _present.get(Rates)()


@contextmanager
def using(read: Callable[[], Rates]) -> Iterator[None]:
    """Answer with these rates, read once and only if they are needed."""
    token = _present.set(cache(read))
    try:
        yield
    finally:
        _present.reset(token)
