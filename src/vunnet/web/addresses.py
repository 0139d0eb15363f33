"""Addresses of pages by their names.

Django's `reverse` tries the patterns of a name each time, a tenth of a millisecond; a page has hundreds of links that differ in one number.
Here the shape of an address is asked of it once.
"""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse

# Stands for a row's number while a shape is worked out; no workspace's name or key holds it.
STAND_IN = 9_007_199_254_740_991


def address_of(name: str, *args: object) -> str:
    """What `reverse(name, args=args)` gives, for row numbers and words. Raises NoReverseMatch as it does.

    >>> address_of("deal", "nordlys", 12)
    '/w/nordlys/deals/12/'
    """
    numbers = [str(arg) for arg in args if _is_number(arg)]
    shape = _shape(name, tuple(None if _is_number(arg) else str(arg) for arg in args))
    return "".join(map("".join, zip(shape, [*numbers, ""], strict=True)))


def _is_number(arg: object) -> bool:
    return type(arg) is int and arg >= 0


@lru_cache(maxsize=4096)
def _shape(name: str, words: tuple[str | None, ...]) -> tuple[str, ...]:
    """The address cut where a number stands."""
    whole = reverse(name, args=[STAND_IN if word is None else word for word in words])
    return tuple(whole.split(str(STAND_IN)))
