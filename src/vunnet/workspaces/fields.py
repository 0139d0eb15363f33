"""What may be asked of a table from outside: fields by name and kind, and a selection of rows as an address says it.

One allow-list a table serves filter, sort, group, column, export, saved view and links from figures. A name that is not on it
is refused, never passed on. Values in, values out; selecting.py makes queries of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from vunnet.lib.errors import NotUnderstood
from vunnet.lib.periods import RELATIVE

NONE = "none"
ME = "me"
MOST_CONDITIONS, MOST_VALUES, LONGEST = 40, 50, 200


class Kind(StrEnum):
    """What a field holds; it decides which comparisons make sense."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    ROW = "row"
    YES_NO = "yes_no"
    TAGS = "tags"


_SIZES: dict[str, str] = {
    "is": Kind.NUMBER,
    "from": Kind.NUMBER,
    "over": Kind.NUMBER,
    "to": Kind.NUMBER,
    "under": Kind.NUMBER,
}
_DAYS: dict[str, str] = {"is": Kind.DAY, "in": "period", "from": Kind.DAY, "to": Kind.DAY}
# Kind → comparison → what its value is read as. "is" needs no name in an address.
COMPARISONS: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {"is": Kind.TEXT, "not": Kind.TEXT, "has": Kind.TEXT, "hasnt": Kind.TEXT},
    Kind.NUMBER: _SIZES,
    Kind.AMOUNT: _SIZES,
    Kind.DAY: _DAYS,
    Kind.MOMENT: _DAYS,
    Kind.CHOICE: {"is": Kind.CHOICE, "not": Kind.CHOICE},
    Kind.ROW: {"is": Kind.ROW, "not": Kind.ROW},
    Kind.YES_NO: {"is": Kind.YES_NO},
    Kind.TAGS: {"is": Kind.ROW, "not": Kind.ROW},
}
SEVERAL = frozenset({Kind.TEXT, Kind.CHOICE, Kind.ROW})


@dataclass(frozen=True)
class Field:
    """One thing a table's rows can be asked about.

    `path`: where the value lies, from the row; never seen outside. `shown`: where its name lies, for a row of another table.
    `where`: for what is no plain comparison: given comparison → values. `edit`: the name by which the table's action takes it.
    `unknown`: of which rows nobody knows the moment, though there is one that keeps their order: no condition on days matches them.
    """

    name: str
    label: Any
    kind: Kind
    path: str = ""
    shown: str = ""
    sort: str = ""
    lead: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()
    model: Any = None
    where: Callable[[Mapping[str, tuple[Any, ...]], Any], Any] | None = None
    unknown: Callable[[], Any] | None = None
    comparisons: Mapping[str, str] | None = None
    edit: str = ""
    key: str = ""
    is_empty: bool = True
    is_many: bool = False
    is_column: bool = True
    is_offered: bool = True
    is_group: bool = False
    is_archived: bool = False

    @property
    def is_custom(self) -> bool:
        return bool(self.key)

    @property
    def may_sort(self) -> bool:
        return bool(self.sort or self.path) and self.kind != Kind.TAGS

    @property
    def means(self) -> Mapping[str, str]:
        """Comparison → how its value is read."""
        if self.comparisons is not None:
            return self.comparisons
        may_lack = self.is_empty or self.unknown is not None
        return {**COMPARISONS[self.kind], **({"empty": Kind.YES_NO} if may_lack else {})}


@dataclass(frozen=True)
class Condition:
    """One condition as an address says it: `owner=me`, `closes.in=next_month`. Several values mean any of them."""

    field: str
    comparison: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.field if self.comparison == "is" else f"{self.field}.{self.comparison}"


@dataclass(frozen=True)
class Sort:
    """By one field, up or down. Ties go by number, so that pages neither repeat nor skip a row; empty values come last."""

    name: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True)
class Selection:
    """Which rows of a table, in which order, under which headings, with which columns."""

    conditions: tuple[Condition, ...] = ()
    words: str = ""
    sort: Sort | None = None
    group: str = ""
    columns: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = field(default=())

    def pairs(self) -> list[tuple[str, str]]:
        """As an address says it."""
        said = [(condition.name, value) for condition in self.conditions for value in condition.values]
        rest = {"q": self.words, "group": self.group, "sort": str(self.sort or ""), "columns": ",".join(self.columns)}
        return [*said, *((name, value) for name, value in rest.items() if value), *self.also]

    @property
    def query_string(self) -> str:
        return urlencode(self.pairs())

    @property
    def is_everything(self) -> bool:
        """Whether no condition was set."""
        return not self.conditions and not self.words.strip()

    def without(self, *fields: str) -> Selection:
        """The same with the conditions on some fields lifted."""
        return replace(self, conditions=tuple(c for c in self.conditions if c.field not in fields))

    def having(self, *conditions: Condition) -> Selection:
        """The same with conditions set, in place of those on the same field and comparison."""
        new = {(c.field, c.comparison) for c in conditions}
        kept = tuple(c for c in self.conditions if (c.field, c.comparison) not in new)
        return replace(self, conditions=(*kept, *conditions))

    def given(self, name: str) -> dict[str, tuple[str, ...]]:
        """The conditions on one field: comparison → values."""
        return {c.comparison: c.values for c in self.conditions if c.field == name}

    def value(self, name: str, default: str = "") -> str:
        """The one value a field must have."""
        return next(iter(self.given(name).get("is", ())), default)


def refused(sentence: str, name: str) -> NotUnderstood:
    return NotUnderstood(sentence, name)


def read_value(means: str, field: Field, text: str) -> Any:
    """The typed value behind a text of an address. Refuses what is none."""
    return READERS[means](field, text)


def _number(field: Field, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    raise refused(_("“%(value)s” is not a number (%(name)s).") % {"value": text, "name": field.name}, field.name)


def _row(field: Field, text: str) -> int | str:
    return text if text in (NONE, ME) else _number(field, text)


def _amount(field: Field, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal("1e16"):
        raise refused(_("“%(value)s” is not a number (%(name)s).") % {"value": text, "name": field.name}, field.name)
    return value


def _day(field: Field, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused(_("“%(value)s” is not a day; write it as 2026-12-31.") % {"value": text}, field.name) from None


def _period(field: Field, text: str) -> str:
    if text in RELATIVE:
        return text
    raise refused(_("“%(value)s” is not a period such as next_month.") % {"value": text}, field.name)


def _choice(field: Field, text: str) -> str:
    if text in dict(field.choices) or (field.is_custom and field.kind == Kind.CHOICE):
        return text
    raise refused(
        _("%(label)s cannot be “%(value)s”.") % {"label": field.label, "value": text},
        field.name,
    )


def _yes_no(field: Field, text: str) -> bool:
    if text.lower() in ("yes", "true", "1"):
        return True
    if text.lower() in ("no", "false", "0"):
        return False
    raise refused(_("“%(value)s” is neither yes nor no.") % {"value": text}, field.name)


def _text(field: Field, text: str) -> str:
    return text


READERS: dict[str, Callable[[Field, str], Any]] = {
    Kind.TEXT: _text, Kind.NUMBER: _amount, Kind.DAY: _day, Kind.CHOICE: _choice, Kind.ROW: _row, Kind.YES_NO: _yes_no,
    "period": _period, "count": _number,
}  # fmt: skip
AS_WRITTEN: dict[str, Callable[[Any], str]] = {Kind.YES_NO: lambda value: "yes" if value else "no"}


@dataclass(frozen=True)
class Fields:
    """The allow-list of one table for one member: its own fields and the workspace's."""

    by_name: Mapping[str, Field]
    noun: str
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Field:
        found = self.by_name.get(name)
        if found is None:
            raise refused(_("There is no field called %(name)s here.") % {"name": name}, name)
        return found

    def read(self, pairs: Iterable[tuple[str, str]], also: Iterable[str] = ()) -> Selection:
        """From an address's pairs. `also`: the page's own names, which are kept apart. Refuses every other name and malformed values."""
        own, known = set(also), {"q", "sort", "group", "columns"}
        said: dict[str, list[str]] = {}
        for name, text in pairs:
            said.setdefault(self.aliases.get(name, name), []).append(text.replace("\0", ""))
        listed = {name: values for name, values in said.items() if name not in own | known}
        if len(listed) > MOST_CONDITIONS:
            raise refused(_("At most %(most)s conditions at once.") % {"most": MOST_CONDITIONS}, "")
        found = [self._condition(name, values) for name, values in listed.items()]
        last = {name: values[-1] for name, values in said.items()}
        return Selection(
            conditions=tuple(c for c in found if c and not self._is_default(c)),
            words=last.get("q", "")[:LONGEST],
            sort=self.read_sort(last.get("sort", "")),
            group=self._read_group(last.get("group", "")),
            columns=self._read_columns(last.get("columns", "")),
        )

    def _is_default(self, condition: Condition) -> bool:
        return condition.comparison == "is" and condition.values == (self.defaults.get(condition.field),)

    def _condition(self, name: str, texts: list[str]) -> Condition | None:
        field_name, _dot, comparison = name.partition(".")
        found = self.by_name.get(field_name)
        comparison = comparison or "is"
        if found is None or comparison not in found.means:
            raise refused(_("%(table)s cannot be filtered by %(names)s.") % {"table": self.noun, "names": name}, name)
        if found.is_custom and comparison == "is" and texts == [""]:
            return Condition(field_name, "empty", ("yes",))
        values = [self._canonical(found, comparison, text[:LONGEST]) for text in texts if text]
        # A condition of several values takes each; of the others the last one said counts.
        several = found.means[comparison] in SEVERAL
        kept = tuple(dict.fromkeys(values)) if several else tuple(values[-1:])
        if len(kept) > MOST_VALUES:
            raise refused(_("At most %(most)s values in one condition.") % {"most": MOST_VALUES}, name)
        return Condition(field_name, comparison, kept) if kept else None

    def _canonical(self, found: Field, comparison: str, text: str) -> str:
        means = found.means[comparison]
        typed = read_value(means, found, text)
        return AS_WRITTEN.get(means, str)(typed)

    def read_sort(self, text: str) -> Sort | None:
        """`amount` or `-amount`. Refuses what cannot be sorted by."""
        if not text:
            return None
        name = text.removeprefix("-")
        found = self.by_name.get(name)
        if found is None or not found.may_sort:
            raise refused(_("%(table)s cannot be sorted by %(name)s.") % {"table": self.noun, "name": text}, "sort")
        return Sort(name, text.startswith("-"))

    def _read_group(self, name: str) -> str:
        if name and not (name in self.by_name and self.by_name[name].is_group):
            raise refused(_("%(table)s cannot be grouped by %(name)s.") % {"table": self.noun, "name": name}, "group")
        return name

    def _read_columns(self, text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name for name in text.split(",") if name))
        for name in names:
            if name not in self.by_name or not self.by_name[name].is_column:
                raise refused(_("%(table)s have no column %(name)s.") % {"table": self.noun, "name": name}, "columns")
        return names[:MOST_CONDITIONS]
