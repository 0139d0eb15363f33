"""What may be asked of deals from outside: the one allow-list behind the board, the list, exports and links from figures.

A name that is not here is refused, never passed on: no ORM path and no SQL comes from an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Min, OrderBy, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company
from vunnet.deals.models import Deal, Kind, StageChange
from vunnet.lib.errors import RuleBroken
from vunnet.lib.periods import Period
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import rows_found

STATES = ("open", "won", "lost", "cancelled", "closed", "all")
NONE = "none"
NUMBERS = ("pipeline", "stage", "team", "company", "passed", "last_stage")
CHOICES = ("owner", "product", "origin")
DAYS = (
    "closes_from",
    "closes_to",
    "closed_from",
    "closed_to",
    "created_from",
    "created_to",
    "passed_from",
    "passed_to",
)
CUSTOMERS = ("existing", "won_back", "first")
ATTRIBUTE = re.compile(r"x_[a-z0-9_]{1,60}")
BACK = timedelta(days=730)

SORTS: dict[str, tuple[str, bool]] = {
    "created": ("created_at", True),
    "amount": ("amount", True),
    "name": ("name", False),
    "closes": ("expected_close_on", False),
    "closed": ("closed_at", True),
    "entered": ("stage_entered_at", False),
}


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    raise RuleBroken(_("“%(value)s” is not a number (%(name)s).") % {"value": text, "name": name}, name)


def _choice(name: str, text: str) -> int | str:
    return text if text in (NONE, "me") else _number(name, text)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleBroken(_("“%(value)s” is not a day; write it as 2026-12-31.") % {"value": text}, name) from None


def _amount(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal("1e16"):
        raise RuleBroken(_("“%(value)s” is not an amount.") % {"value": text}, name)
    return value


def _state(name: str, text: str) -> str:
    if text in STATES:
        return text
    raise RuleBroken(_("“%(value)s” is not a state of a deal.") % {"value": text}, name)


def _customer(name: str, text: str) -> str:
    if text in CUSTOMERS:
        return text
    raise RuleBroken(_("“%(value)s” is not a kind of customer.") % {"value": text}, name)


def _days(name: str, text: str) -> int:
    days = _number(name, text)
    if not 0 < days < 10_000:
        raise RuleBroken(_("“%(value)s” is not a number of days.") % {"value": text}, name)
    return days


def _words(name: str, text: str) -> str:
    return text.replace("\0", "")[:200]


READERS: dict[str, Callable[[str, str], Any]] = {
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(CHOICES, _choice),
    **dict.fromkeys(DAYS, _day),
    "amount_from": _amount,
    "amount_over": _amount,
    "amount_to": _amount,
    "state": _state,
    "customer": _customer,
    "within": _days,
    "q": _words,
}


@dataclass(frozen=True)
class DealFilter:
    """Which deals, as an address says it. Every field may be missing."""

    state: str = "open"
    pipeline: int | None = None
    stage: int | None = None
    passed: int | None = None
    passed_from: date | None = None
    passed_to: date | None = None
    last_stage: int | None = None
    customer: str | None = None
    within: int | None = None
    owner: int | str | None = None
    team: int | None = None
    company: int | None = None
    product: int | str | None = None
    origin: int | str | None = None
    closes_from: date | None = None
    closes_to: date | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    created_from: date | None = None
    created_to: date | None = None
    amount_from: Decimal | None = None
    amount_over: Decimal | None = None
    amount_to: Decimal | None = None
    q: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, query: Mapping[str, str], also: Iterable[str] = ()) -> DealFilter:
        """From an address's query. `also`: the page's own names (sort, cursor). Refuses every other name and malformed values."""
        attributes = tuple(sorted((name, query[name][:200]) for name in query if ATTRIBUTE.fullmatch(name)))
        if unknown := set(query) - set(READERS) - set(also) - {name for name, _value in attributes}:
            raise RuleBroken(_("Deals cannot be filtered by %(names)s.") % {"names": ", ".join(sorted(unknown))})
        return cls(
            **{name: READERS[name](name, query[name]) for name in READERS if query.get(name)}, attributes=attributes
        )

    def without(self, *names: str) -> DealFilter:
        """The same with some conditions lifted."""
        default = DealFilter()
        return replace(self, **{name: getattr(default, name) for name in names})

    def query(self) -> dict[str, str]:
        """As an address says it; conditions at their default are left out."""
        default = DealFilter()
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self) if f.name != "attributes")
        return {name: str(value) for name, value in pairs if value != getattr(default, name)} | dict(self.attributes)

    @property
    def query_string(self) -> str:
        return urlencode(self.query())

    @property
    def is_everything(self) -> bool:
        """Whether no condition was set."""
        return self == DealFilter()

    def apply(self, deals: QuerySet[Any], member: Member, zone: ZoneInfo) -> QuerySet[Any]:
        """The deals it means, among those given."""
        return deals.filter(self._where(member, zone))

    def _where(self, member: Member, zone: ZoneInfo) -> Q:
        where = self._state() & self._choices(member) & self._days(zone) & self._amounts()
        where &= self._history(zone) & self._attributes()
        return where & self._found() if self.q.strip() else where

    def _amounts(self) -> Q:
        """From and to are part of it; over is not."""
        sides = (("gte", self.amount_from), ("gt", self.amount_over), ("lte", self.amount_to))
        return Q(**{f"amount__{side}": amount for side, amount in sides if amount is not None})

    def _history(self, zone: ZoneInfo) -> Q:
        """By what happened: stages passed (by first entry), days from opening to closing, what the company was at opening."""
        where = Q()
        if self.last_stage is not None:
            # The last link of a closed deal says the stage it was closed from; an earlier one may have been reopened.
            ends = StageChange.objects.filter(from_stage=self.last_stage, changed_at=OuterRef("closed_at"))
            where &= Q(Exists(ends.filter(deal=OuterRef("pk"), to_stage=OuterRef("stage"))))
        if self.passed is not None:
            entries = StageChange.objects.filter(to_stage=self.passed).values("deal").annotate(first=Min("changed_at"))
            where &= Q(
                pk__in=entries.filter(
                    _between("first", *_period(self.passed_from, self.passed_to).moments(zone))
                ).values("deal")
            )
        if self.within is not None:
            where &= Q(closed_at__isnull=False, closed_at__lte=F("created_at") + timedelta(days=self.within))
        return where & self._customer() if self.customer else where

    def _customer(self) -> Q:
        """As analysis decides it: from the company's wins before this deal was opened."""
        wins = Deal.objects.present().filter(
            company=OuterRef("company"), stage__kind=Kind.WON, closed_at__lt=OuterRef("created_at")
        )
        lately = Exists(wins.filter(closed_at__gte=OuterRef("created_at") - BACK))
        known = Q(company__isnull=False)
        if self.customer == "existing":
            return known & Q(lately)
        return known & Q(Exists(wins)) & ~Q(lately) if self.customer == "won_back" else known & ~Q(Exists(wins))

    def _attributes(self) -> Q:
        where = Q()
        for name, value in self.attributes:
            where &= Q(custom__contains={name[2:]: value}) if value else ~Q(custom__has_key=name[2:])
        return where

    def _state(self) -> Q:
        if self.state == "all":
            return Q()
        if self.state == "closed":
            return Q(stage__kind__in=[Kind.WON, Kind.LOST])
        return Q(stage__kind=self.state)

    def _choices(self, member: Member) -> Q:
        where = Q()
        for name, path in (
            ("pipeline", "pipeline_id"),
            ("stage", "stage_id"),
            ("company", "company_id"),
            ("team", "owner__team_id"),
        ):
            if (value := getattr(self, name)) is not None:
                where &= Q(**{path: value})
        for name in CHOICES:
            value = getattr(self, name)
            if value == NONE:
                where &= Q(**{f"{name}__isnull": True})
            elif value is not None:
                where &= Q(**{f"{name}_id": member.pk if value == "me" else value})
        return where

    def _days(self, zone: ZoneInfo) -> Q:
        where = Q()
        if self.closes_from:
            where &= Q(expected_close_on__gte=self.closes_from)
        if self.closes_to:
            where &= Q(expected_close_on__lte=self.closes_to)
        for name, first, last in (
            ("closed_at", self.closed_from, self.closed_to),
            ("created_at", self.created_from, self.created_to),
        ):
            start, end = _period(first, last).moments(zone)
            where &= _between(name, start, end)
        return where

    def _found(self) -> Q:
        """By the deal's own words or its company's."""
        return rows_found(self.q, "deal") | Q(company_id__in=_companies(self.q))


def _period(first: date | None, last: date | None) -> Period:
    try:
        return Period(first, last)
    except ValueError:
        raise RuleBroken(_("The period ends before it begins.")) from None


def _between(name: str, start: datetime | None, end: datetime | None) -> Q:
    where = Q(**{f"{name}__gte": start}) if start else Q()
    return where & Q(**{f"{name}__lt": end}) if end else where


def _companies(words: str) -> QuerySet[Any]:
    return Company.objects.filter(rows_found(words, "company")).values("pk")


@dataclass(frozen=True)
class Sort:
    """An order of a list that is total (ties by number), so that pages neither repeat nor skip a row. Empty values come last."""

    name: str = "created"
    descending: bool = True

    @classmethod
    def read(cls, text: str) -> Sort:
        """`amount` or `-amount`. Refuses what cannot be sorted by."""
        name = text.lstrip("-") or "created"
        if name not in SORTS or text.startswith("--"):
            raise RuleBroken(_("Deals cannot be sorted by %(name)s.") % {"name": text}, "sort")
        return cls(name, text.startswith("-") if text else True)

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    @property
    def column(self) -> str:
        return SORTS[self.name][0]

    @property
    def may_be_empty(self) -> bool:
        return self.name not in ("created", "name")

    def order(self) -> list[OrderBy]:
        column = F(self.column)
        # Said only where a value may be missing: an index in the plain order serves the others as they are.
        last = True if self.may_be_empty else None
        first = column.desc(nulls_last=last) if self.descending else column.asc(nulls_last=last)
        return [first, F("pk").desc() if self.descending else F("pk").asc()]

    def after(self, value: Any, pk: int) -> Q:
        """Rows behind the one with this value and number."""
        side, tie = ("lt", Q(pk__lt=pk)) if self.descending else ("gt", Q(pk__gt=pk))
        if value is None:
            return Q(**{f"{self.column}__isnull": True}) & tie
        behind = Q(**{f"{self.column}__{side}": value}) | (Q(**{self.column: value}) & tie)
        return behind | Q(**{f"{self.column}__isnull": True}) if self.may_be_empty else behind
