"""From a selection of rows to a query: conditions, order, place in the list. Only what fields.py read gets here."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, DateField, Exists, F, JSONField, Model, OrderBy, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, TruncMonth
from django.utils.translation import gettext as _

from vunnet.lib.errors import NotUnderstood
from vunnet.lib.periods import Period, relative
from vunnet.workspaces.fields import ME, NONE, Field, Fields, Kind, Selection, Sort, read_value
from vunnet.workspaces.models import FieldDefinition, Member
from vunnet.workspaces.worded import worded

LOOKUPS = {"from": "gte", "over": "gt", "to": "lte", "under": "lt", "is": "exact"}
KINDS = {
    FieldDefinition.Kind.TEXT: Kind.TEXT,
    FieldDefinition.Kind.NUMBER: Kind.NUMBER,
    FieldDefinition.Kind.DATE: Kind.DAY,
    FieldDefinition.Kind.CHOICE: Kind.CHOICE,
    FieldDefinition.Kind.YES_NO: Kind.YES_NO,
}


@dataclass(frozen=True)
class Scope:
    """Who asks, where their days begin, what day it is, and from how many days on a stage calls a deal stale."""

    member: Member
    zone: ZoneInfo
    today: date
    stale_after: Callable[[], Mapping[int, float]] = dict


@dataclass(frozen=True)
class Table:
    """What one table offers to lists, boards, exports and links: declared once."""

    name: str
    model: type[Model]
    noun: Any
    fields: tuple[Field, ...]
    find: Callable[[str], Q]
    columns: Callable[[Selection], tuple[str, ...]]
    sort: Callable[[Selection], Sort]
    custom: str = ""
    title: str = "name"
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def for_member(self, member: Member) -> Fields:
        """The allow-list with the workspace's own fields: one query."""
        found = {f.name: f for f in self.fields}
        if self.custom:
            found |= {f"x_{own.key}": custom_field(own) for own in own_fields(member, self.custom)}
        return Fields(found, str(self.noun), self.defaults, self.aliases)

    def order(self, selection: Selection) -> Sort:
        return selection.sort or self.sort(selection)

    def found(self, rows: QuerySet[Any], fields: Fields, selection: Selection, scope: Scope) -> QuerySet[Any]:
        """The rows it means, among those given."""
        return rows.filter(self.where(fields, selection, scope))

    def where(self, fields: Fields, selection: Selection, scope: Scope) -> Q:
        """All conditions together with the search."""
        where = Q()
        names = dict.fromkeys([c.field for c in selection.conditions] + list(self.defaults))
        for name in names:
            said = fields.get(name)
            given = selection.given(name) or {"is": (self.defaults[name],)}
            typed = {
                how: tuple(read_value(said.means[how], said, text) for text in texts) for how, texts in given.items()
            }
            where &= said.where(typed, scope) if said.where else _plain(said, typed, scope)
        return where & self.find(selection.words) if selection.words.strip() else where


@worded
def own_fields(member: Member, table: str) -> QuerySet[Any]:
    """The workspace's own fields of a table, archived ones too, as a list."""
    rows: QuerySet[Any] = FieldDefinition.objects.visible_to(member)
    return rows.filter(table=table)


def custom_field(definition: FieldDefinition) -> Field:
    """A workspace's own field as lists know it."""
    kind = KINDS[definition.kind]  # type: ignore[index]
    return Field(
        f"x_{definition.key}",
        definition.label,
        kind,
        path="custom",
        key=definition.key,
        choices=tuple((choice, choice) for choice in definition.choices),
        is_group=kind in (Kind.CHOICE, Kind.YES_NO, Kind.TEXT),
        is_offered=not definition.is_archived,
        is_archived=definition.is_archived,
        edit="" if definition.is_archived else f"x_{definition.key}",
    )


def _plain(said: Field, given: Mapping[str, tuple[Any, ...]], scope: Scope) -> Q:
    where = Q()
    for how, values in given.items():
        make = _of_custom if said.is_custom else _of_own
        where &= make(said, how, values, scope)
    return where


def _of_own(said: Field, how: str, values: tuple[Any, ...], scope: Scope) -> Q:
    if how == "empty":
        empty = Q(**{f"{said.path}__isnull": True})
        empty |= Q(**{said.path: ""}) if said.kind == Kind.TEXT else Q()
        empty |= said.unknown() if said.unknown else Q()
        return empty if values[0] else ~empty
    if how in ("not", "hasnt"):
        return ~_of_own(said, {"not": "is", "hasnt": "has"}[how], values, scope)
    if said.kind in (Kind.DAY, Kind.MOMENT):
        return _on_days(said, how, values[0], scope)
    if said.kind == Kind.TEXT:
        return _any(Q(**{f"{said.path}__{'icontains' if how == 'has' else 'iexact'}": value}) for value in values)
    if said.kind == Kind.ROW:
        numbers = [scope.member.pk if value == ME else value for value in values if value != NONE]
        among = Q(**{f"{said.path}__in": numbers}) if numbers else Q(pk__in=[])
        return among | Q(**{f"{said.path}__isnull": True}) if NONE in values else among
    if said.kind == Kind.CHOICE:
        return Q(**{f"{said.path}__in": values})
    return Q(**{f"{said.path}__{LOOKUPS[how]}": values[0]})


def _any(parts: Any) -> Q:
    where = Q(pk__in=[])
    for part in parts:
        where |= part
    return where


def days_meant(how: str, value: Any, today: date) -> Period:
    """The days of a comparison with a day or a period."""
    if how == "in":
        return relative(value, today)
    return Period(value if how in ("from", "is") else None, value if how in ("to", "is") else None)


def _on_days(said: Field, how: str, value: Any, scope: Scope) -> Q:
    period = days_meant(how, value, scope.today)
    if said.kind == Kind.DAY:
        return between(said.path, period.first, period.last, "lte")
    days = between(said.path, *period.moments(scope.zone))
    return days & ~said.unknown() if said.unknown else days


def between(path: str, start: Any, end: Any, last: str = "lt") -> Q:
    where = Q(**{f"{path}__gte": start}) if start else Q()
    return where & Q(**{f"{path}__{last}": end}) if end else where


def period(given: Mapping[str, tuple[Any, ...]]) -> Period:
    """From and to of one field. Refuses an end before the beginning."""
    try:
        return Period(*(given.get(side, (None,))[0] for side in ("from", "to")))
    except ValueError:
        raise NotUnderstood(_("The period ends before it begins.")) from None


def _of_custom(said: Field, how: str, values: tuple[Any, ...], scope: Scope) -> Q:
    """Values in a row's `custom`. An index cannot serve them under row-level security (docs/adr/0011); see there what it costs."""
    if how == "empty":
        here = Q(custom__has_key=said.key)
        return ~here if values[0] else here
    if how in ("not", "hasnt"):
        return ~_of_custom(said, {"not": "is", "hasnt": "has"}[how], values, scope)
    if how == "has":
        return _any(_compared(KeyTextTransform(said.key, "custom"), "icontains", value) for value in values)
    if said.kind == Kind.DAY:
        return _days_of_custom(said, how, values[0], scope)
    if how == "is":
        return _any(Q(custom__contains={said.key: _plain_value(value)}) for value in values)
    return _compared(KeyTransform(said.key, "custom"), LOOKUPS[how], _plain_value(values[0]))


def _days_of_custom(said: Field, how: str, value: Any, scope: Scope) -> Q:
    meant, text = days_meant(how, value, scope.today), KeyTextTransform(said.key, "custom")
    where = _compared(text, "gte", str(meant.first)) if meant.first else Q()
    return where & _compared(text, "lte", str(meant.last)) if meant.last else where


def _compared(left: Any, lookup: str, value: Any) -> Q:
    """A lookup on an expression. JSON is compared with JSON: numbers as numbers, texts as texts."""
    if not isinstance(left, KeyTextTransform) and isinstance(left, KeyTransform) and lookup != "isnull":
        value = Value(value, JSONField())
    return Q(left.get_lookup(lookup)(left, value))


def _plain_value(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def linked(link: type[Model], row: str) -> Callable[[Mapping[str, tuple[Any, ...]], Scope], Q]:
    """The condition of tags: rows of the link table that name this row and one of the tags."""

    def where(given: Mapping[str, tuple[Any, ...]], scope: Scope) -> Q:
        links = link._default_manager.filter(**{row: OuterRef("pk")})
        found = Q()
        for how, values in given.items():
            if how == "empty":
                found &= ~Q(Exists(links)) if values[0] else Q(Exists(links))
                continue
            among = Q(Exists(links.filter(tag__in=[value for value in values if isinstance(value, int)])))
            among |= ~Q(Exists(links)) if NONE in values else Q()
            found &= among if how == "is" else ~among
        return found

    return where


@dataclass(frozen=True)
class Key:
    """One part of an order: what is compared, which way, and how its values are written in a cursor."""

    expression: Any
    descending: bool
    may_be_empty: bool
    kind: str

    def ordered(self) -> OrderBy:
        # Said only where a value may be missing: an index in the plain order serves the others as they are.
        last = True if self.may_be_empty else None
        make = self.expression.desc if self.descending else self.expression.asc
        found: OrderBy = make(nulls_last=last)
        return found

    def equal(self, value: Any) -> Q:
        return self._compare("isnull", True) if value is None else self._compare("exact", value)

    def behind(self, value: Any) -> Q:
        if value is None:
            return Q(pk__in=[])
        beyond = self._compare("lt" if self.descending else "gt", value)
        return beyond | self._compare("isnull", True) if self.may_be_empty else beyond

    def _compare(self, lookup: str, value: Any) -> Q:
        if isinstance(self.expression, F):
            return Q(**{f"{self.expression.name}__{lookup}": value})  # type: ignore[attr-defined]
        return _compared(self.expression, lookup, value)


def keys(fields: Fields, sort: Sort, group: str = "") -> list[Key]:
    """The whole order of a list: its group, its sort, and the row's number."""
    parts = _group_keys(fields.get(group)) if group else []
    said = fields.get(sort.name)
    return [*parts, _key(said, sort.descending), Key(F("pk"), sort.descending, False, "int")]


def _key(said: Field, descending: bool) -> Key:
    if said.is_custom:
        as_text = said.kind in (Kind.TEXT, Kind.CHOICE, Kind.DAY)
        transform = KeyTextTransform if as_text else KeyTransform
        return Key(transform(said.key, "custom"), descending, True, "json")
    return Key(F(said.sort or said.path), descending, said.is_empty, "int" if said.sort else said.kind)


def _group_keys(said: Field) -> list[Key]:
    """A group's own order, then what tells two groups of one name apart."""
    if said.kind in (Kind.DAY, Kind.MOMENT):
        return [Key(month_of_field(said), False, said.is_empty or said.unknown is not None, Kind.DAY)]
    if said.kind == Kind.ROW and not said.is_custom:
        return [Key(F(said.sort or said.shown), False, True, "json"), Key(F(said.path), False, True, "int")]
    return [_key(said, False)]


def month_of_field(said: Field) -> Any:
    # A day, also of a moment: as such it is compared, whatever the database's own time zone.
    month = TruncMonth(said.path, output_field=DateField())
    if said.unknown is None:
        return month
    # Cast: within another expression nothing makes the day of the moment that TruncMonth asks for.
    return Case(When(said.unknown(), then=None), default=Cast(month, DateField()))


READ: dict[str, Callable[[Any], Any]] = {
    Kind.DAY: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat,
    Kind.AMOUNT: Decimal,
    Kind.NUMBER: Decimal,
}


def ordered(rows: QuerySet[Any], order: Sequence[Key]) -> QuerySet[Any]:
    return rows.order_by(*(key.ordered() for key in order))


def with_places(rows: QuerySet[Any], order: Sequence[Key]) -> QuerySet[Any]:
    """Each row as (number, place…): what a cursor needs, without reading the row."""
    named = {f"place_{n}": key.expression for n, key in enumerate(order[:-1])}
    places: QuerySet[Any] = ordered(rows, order).annotate(**named).values_list("pk", *named)
    return places


def cursor(place: Sequence[Any]) -> str:
    """Where a page ended, opaque in an address. `place`: the last row's number and its values along the order."""
    number, *values = place
    written = [v.isoformat() if isinstance(v, date) else str(v) if isinstance(v, Decimal) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps([*written, number]).encode()).decode().rstrip("=")


def behind(rows: QuerySet[Any], order: Sequence[Key], text: str) -> QuerySet[Any]:
    """The rows after the place that a cursor names; all of them for an empty one."""
    if not text:
        return rows
    values = place_of(order, text)
    where, same = Q(pk__in=[]), Q()
    for key, value in zip(order, values, strict=True):
        where |= same & key.behind(value)
        same &= key.equal(value)
    return rows.filter(where)


def place_of(order: Sequence[Key], text: str) -> list[Any]:
    """The values along the order that a cursor names. Refuses what is no cursor of this order."""
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return [_typed(key, value) for key, value in zip(order, read, strict=True)]
    except (ValueError, TypeError, ArithmeticError):
        raise NotUnderstood(_("This place in the list is not known. Start at its beginning.")) from None


def _typed(key: Key, value: Any) -> Any:
    if value is None:
        return None
    if key.kind == "json":
        if not isinstance(value, (str, int, float, bool)):
            raise TypeError(key.kind)
        return value
    if key.kind == "int":
        number = int(value)
        if not -(2**63) < number < 2**63:
            raise ValueError(value)
        return number
    return READ[key.kind](value) if key.kind in READ else str(value).replace("\0", "")


def group_key(said: Field) -> Key:
    """What tells the groups of a field apart."""
    return _group_keys(said)[-1]
