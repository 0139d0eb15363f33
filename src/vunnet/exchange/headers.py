"""Column headers: how two spellings count as the same, and how a file's headers meet a layout's columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# The headers a company's number in its country's register stands under.
COMPANY_NUMBER = "company number|organisation number|organization number|org number|org. number|org no|registration number|vat number|tax id|organisasjonsnummer|organisasjonsnr|orgnummer|org. nummer|orgnr|orgnr.|org.nr|org.nr.|org nr|foretaksnummer"
_BLANKS = re.compile(r"\s+")
_CURLY = str.maketrans("“”„‘’‚\u00a0\u202f", "\"\"\"'''  ")


def plain(header: str) -> str:
    """A header without what varies between exports: case, blanks, quotes' shape, a required column's star.

    >>> plain("  Deal -  Title* ")
    'deal - title'
    """
    text = unicodedata.normalize("NFC", header).translate(_CURLY).strip().strip("\ufeff*").strip()
    return _BLANKS.sub(" ", text).casefold()


def attribute(header: str) -> str:
    """The name of a free attribute for a header.

    >>> attribute("Size: m2 (net)"), attribute("ForecastCategoryName"), attribute("Region__c")
    ('x_size_m2_net', 'x_forecast_category_name', 'x_region')
    """
    header = re.sub(r"__c$|^(Deal|Organization|Person) - ", "", header)
    header = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header)
    text = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    return "x_" + (re.sub(r"[^a-z0-9]+", "_", text).strip("_") or "column")


def without_repeats(headers: Iterable[str]) -> list[str]:
    """Headers made unique: a second "Phone" becomes "Phone (2)", an empty one "Column 3"."""
    seen: dict[str, int] = {}
    unique = []
    for place, raw in enumerate(headers, start=1):
        name = raw.strip().lstrip("\ufeff") or f"Column {place}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


@dataclass(frozen=True)
class Layout:
    """One kind of file of one source.

    `marks`: any one of these sets of headers, all present, says it is this kind. `columns`: meaning → headers, best
    first. `noise`: headers that are known and carry nothing worth keeping as an attribute. `never`: headers that say it
    is another kind after all.
    """

    source: str
    kind: str
    marks: tuple[frozenset[str], ...]
    columns: Mapping[str, tuple[str, ...]]
    noise: frozenset[str] = field(default_factory=frozenset)
    never: frozenset[str] = field(default_factory=frozenset)

    def fits(self, headers: Iterable[str]) -> bool:
        there = {plain(header) for header in headers}
        return any(mark <= there for mark in self.marks) and not self.never & there

    def meanings(self, headers: Iterable[str]) -> dict[str, str]:
        """Meaning → the file's header, for every column this layout knows."""
        there = {plain(header): header for header in reversed(list(headers))}
        found = {}
        for meaning, names in self.columns.items():
            header = next((there[name] for name in names if name in there), None)
            if header is not None:
                found[meaning] = header
        return found

    def known(self, headers: Iterable[str]) -> int:
        """How many of a file's headers this layout knows."""
        names = {name for group in self.columns.values() for name in group} | self.noise
        return sum(plain(header) in names for header in headers)


def marks(*groups: str) -> tuple[frozenset[str], ...]:
    """`marks("id|stagename", "name")`: either both of the first, or the second."""
    return tuple(frozenset(group.split("|")) for group in groups)


def names(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


def columns(**names: str) -> dict[str, tuple[str, ...]]:
    """`columns(owner="deal owner|owner")`: each meaning with the headers it may stand under, plain and best first."""
    return {meaning: tuple(text.split("|")) for meaning, text in names.items()}
