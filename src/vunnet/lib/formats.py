"""How one person reads and writes numbers, money and days: chosen under "my settings", else as their language does.

Whoever answers a person (the pages' middleware, a mail) says whose formats hold; every filter, form and list asks here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta

THIN = "\u202f"  # a narrow no-break space groups thousands
# The name under which a choice is kept: marks of thousands and decimals.
NUMBERS = {
    "space_comma": (THIN, ","),
    "space_point": (THIN, "."),
    "point_comma": (".", ","),
    "comma_point": (",", "."),
}
DAYS = {"dmy_dots": "%d.%m.%Y", "dmy_slashes": "%d/%m/%Y", "mdy_slashes": "%m/%d/%Y", "iso": "%Y-%m-%d"}
SHORT_DAYS = {"dmy_dots": "%d.%m.", "dmy_slashes": "%d/%m", "mdy_slashes": "%m/%d", "iso": "%Y-%m-%d"}
WEEKDAYS = {"monday": 0, "saturday": 5, "sunday": 6}
CURRENCIES = ("sign", "code")


@dataclass(frozen=True)
class Formats:
    """One person's choices by their names; an empty one follows the language."""

    language: str = "en"
    numbers: str = ""
    days: str = ""
    first_day: str = ""
    currency: str = ""

    @property
    def thousands(self) -> str:
        return NUMBERS[self.numbers][0] if self.numbers else THIN

    @property
    def decimal_mark(self) -> str:
        return NUMBERS[self.numbers][1] if self.numbers else "," if self.language == "nb" else "."

    @property
    def is_month_first(self) -> bool:
        return self.days == "mdy_slashes"

    @property
    def weekday(self) -> int:
        """The week's first day: 0 for Monday."""
        return WEEKDAYS[self.first_day or "monday"]

    def written(self, day: date) -> str:
        """A day as a form shows it and takes it back.

        >>> Formats("nb").written(date(2026, 12, 24)), Formats(days="iso").written(date(2026, 12, 24))
        ('24.12.2026', '2026-12-24')
        """
        # Not strftime's: years before 1000 would lose their zeros.
        order = DAYS[self.days or "dmy_dots"]
        return order.replace("%d", f"{day.day:02}").replace("%m", f"{day.month:02}").replace("%Y", f"{day.year:04}")

    def number(self, text: str) -> str:
        """A number as Python writes it ("-1,234.50") as this person does.

        >>> Formats(numbers="point_comma").number("-1,234.50")
        '−1.234,50'
        """
        whole, point, rest = text.partition(".")
        return whole.replace(",", self.thousands).replace("-", "−") + (self.decimal_mark if point else "") + rest

    def week_start(self, day: date) -> date:
        """The first day of the week a day lies in.

        >>> Formats(first_day="sunday").week_start(date(2026, 11, 25))
        datetime.date(2026, 11, 22)
        """
        return day - timedelta(days=(day.weekday() - self.weekday) % 7)

    def week(self, day: date) -> int:
        """The week's number: ISO 8601's where weeks begin on Monday, else counted from the week of 1 January.

        >>> Formats().week(date(2027, 1, 1)), Formats(first_day="sunday").week(date(2027, 1, 1))
        (53, 1)
        """
        if self.weekday == 0:
            return day.isocalendar().week
        here = self.week_start(day)
        year = (here + timedelta(days=6)).year
        return (here - self.week_start(date(year, 1, 1))).days // 7 + 1


_present: ContextVar[Formats] = ContextVar("formats")
_USUAL = Formats()


def present() -> Formats:
    """The formats of whoever is answered now."""
    return _present.get(_USUAL)


@contextmanager
def using(formats: Formats) -> Iterator[None]:
    """Answer in this person's formats."""
    token = _present.set(formats)
    try:
        yield
    finally:
        _present.reset(token)
