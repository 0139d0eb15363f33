"""The reader's language: sentences from one catalogue, numbers by the language's own signs."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.bands import Band

LOCALE = Path(__file__).resolve().parents[1] / "locale"
LANGUAGES = ("en", "nb")
THIN = "\u202f"
HARD = "\u00a0"
SIGNS = {"en": (THIN, ".", "%"), "nb": (THIN, ",", f"{HARD}%")}
BILLION, MILLION, THOUSAND, HUNDRED = 1_000_000_000, 1_000_000, 1_000, 100
HOURS_A_DAY = 24


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    """The catalogue of a language, compiled in memory so that none needs to be built beforehand."""
    path = LOCALE / code / "LC_MESSAGES" / "analysis.po"
    if code == "en" or not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Language:
    """English (en) or Bokmål (nb). ValueError for another. `marks`: of thousands and decimals, where they are not the language's own."""

    code: str = "en"
    marks: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.code not in LANGUAGES:
            raise ValueError(f"there is no language {self.code!r}; there are {', '.join(LANGUAGES)}")

    def say(self, sentence: str, **values: object) -> str:
        """A sentence of the catalogue with its {named} values."""
        return _catalogue(self.code).gettext(sentence).format(**values)

    def count(self, one: str, many: str, n: float, **values: object) -> str:
        """A sentence about {n} things; singular for one."""
        return _catalogue(self.code).ngettext(one, many, int(n)).format(n=self.number(n), **values)

    def deals(self, n: float) -> str:
        return self.count("{n} deal", "{n} deals", n)

    def why(self, reason: NotRecorded) -> str:
        """Why something is not recorded."""
        values = dict(reason.values)
        if not reason.one:
            return self.say(reason.why, **values)
        return self.count(reason.one, reason.why, values.pop("n"), **values)  # type: ignore[arg-type]  # {n} is a number

    def why_sentence(self, reason: NotRecorded) -> str:
        """Why something is not recorded, as a sentence."""
        said = self.why(reason)
        return f"{said[:1].upper()}{said[1:]}."

    def number(self, value: float, digits: int = 0) -> str:
        """A number with the reader's marks and a typographic minus; a fraction keeps two digits."""
        if digits == 0 and value != int(value):
            digits = 2
        thousands, decimal = self.marks or SIGNS[self.code][:2]
        text = f"{abs(value):,.{digits}f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)
        return f"−{text}" if value < 0 and any(c not in "0.,\u00a0" for c in text) else text

    def percent(self, share: float, digits: int = 0) -> str:
        """A share as per cent, never rounded to a false 0 or 100."""
        return self.per_hundred(share, digits) + SIGNS[self.code][2]

    def per_hundred(self, share: float, digits: int = 0) -> str:
        """A share as per cent without the sign."""
        if digits == 0 and (0 < share < 0.005 or 0.995 <= share < 1):
            digits = 1
        return self.number(100 * share, digits) if digits else f"{100 * share:.0f}"

    def span(self, low: float | None, high: float | None, digits: int = 0) -> str:
        """An interval of shares, "33–45" per cent; empty where there is none."""
        if low is None or high is None:
            return ""
        return f"{self.per_hundred(low, digits)}–{self.per_hundred(high, digits)}"

    def span_percent(self, low: float | None, high: float | None, digits: int = 0) -> str:
        """An interval of shares with its sign, "33–45%"; empty where there is none."""
        span = self.span(low, high, digits)
        return span + SIGNS[self.code][2] if span else ""

    def signed(self, value: float, digits: int = 0) -> str:
        """A difference with its sign, "+3" or "−3"; nothing is "0"."""
        text = self.number(value, digits)
        return f"+{text}" if value > 0 and any(c not in "0.,\u00a0" for c in text) else text

    def points(self, change: float, digits: int = 1) -> str:
        """A difference of shares in percentage points, "+1.6"."""
        return self.signed(100 * change, digits)

    def points_span(self, low: float, high: float, digits: int = 1) -> str:
        """An interval of differences, "−5.1 to −0.7"."""
        return self.say("{low} to {high}", low=self.points(low, digits), high=self.points(high, digits))

    def share(self, share: Share | None, digits: int = 0) -> str:
        """A share with its interval in brackets, or words where it is not known."""
        if share is None:
            return self.say("not followed that long")
        span = self.span(share.low, share.high, digits)
        return self.percent(share.share, digits) + (f" ({span})" if span else "")

    def days(self, days: float | None) -> str:
        """A stay, short: "under 1 h", "7 h", "4.1 d", "11 d"."""
        if days is None:
            return "–"
        hours = days * HOURS_A_DAY
        if 0 < hours < 1:
            return self.say("under 1 h")
        if 0 < hours < HOURS_A_DAY:
            return self.say("{n} h", n=self.number(round(hours)))
        whole = days >= 10 or days == int(days)
        return self.say("{n} d", n=self.number(round(days)) if whole else self.number(days, 1))

    def long_days(self, days: float) -> str:
        """A stay in a sentence: "under an hour", "7 hours", "11 days"."""
        hours = days * HOURS_A_DAY
        if 0 < hours < 1:
            return self.say("under an hour")
        if 0 < hours < HOURS_A_DAY:
            return self.count("{n} hour", "{n} hours", round(hours))
        return self.count("{n} day", "{n} days", round(days))

    def money(self, amount: float, currency: str | None = None) -> str:
        """An amount in short: 1.2 bn, 10.0 m, 413 k (in Bokmål 413 000), 55."""
        return self.short_money(amount) + (f"{HARD}{currency}" if currency else "")

    def short_money(self, amount: float) -> str:
        if abs(amount) >= 0.9995 * BILLION:
            return self.say("{n}{space}bn", n=self.number(amount / BILLION, 1), space=HARD)
        if abs(amount) >= 0.9995 * MILLION:
            return self.say("{n}{space}m", n=self.number(amount / MILLION, 1), space=HARD)
        if abs(amount) >= 10 * THOUSAND:
            thousands = round(amount / THOUSAND)
            # Norwegian has no short word for a thousand that people write: the number stands in full.
            return f"{self.number(thousands)}{HARD}k" if self.code == "en" else self.number(thousands * THOUSAND)
        return self.number(round(amount) if abs(amount) >= HUNDRED else round(amount, 2))

    def tick_money(self, amount: float) -> str:
        """An amount beside a scale, whose steps are round: 10 m, where a sum reads 10.0 m."""
        return self.short_money(amount).replace(".0", "").replace(",0", "")

    def band(self, band: Band) -> str:
        """A size band in words."""
        low, high = (None if edge is None else self.short_money(edge) for edge in (band.low, band.high))
        if band.low is None:
            return self.say("up to {high}", high=high) if high else self.say("any amount")
        return self.say("over {low}", low=low) if high is None else f"{low}–{high}"

    def day(self, day: date) -> str:
        """A date as people write it: 31 Dec 2017, 31. des. 2017."""
        locale = {"en": "en_GB", "nb": "nb"}[self.code]
        return format_date(day, "d MMM y" if self.code == "en" else "d. MMM y", locale=locale)

    def short_day(self, day: date, *, year: bool = False) -> str:
        """A date on an axis: 31 Dec, 31. des.; with its year where asked."""
        form = {"en": "d MMM", "nb": "d. MMM"}[self.code] + (" y" if year else "")
        return format_date(day, form, locale={"en": "en_GB", "nb": "nb"}[self.code])

    def month(self, day: date, *, year: bool = True) -> str:
        """A month: Dec 2017, des. 2017."""
        return format_date(day, "MMM y" if year else "MMM", locale={"en": "en_GB", "nb": "nb"}[self.code])

    def names(self, names: Iterable[str]) -> str:
        """Names in a row: "A, B and C"."""
        every = list(names)
        if len(every) < 2:
            return "".join(every)
        return self.say("{others} and {last}", others=", ".join(every[:-1]), last=every[-1])
