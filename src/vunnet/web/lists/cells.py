"""The cells of a list as HTML, by what their field holds. A page prints hundreds: no templates here; every value is escaped."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from vunnet.lib import phones
from vunnet.lib.money import Money
from vunnet.web.addresses import address_of
from vunnet.web.deals.cards import Card, lateness
from vunnet.web.lists.asked import Asked
from vunnet.web.lists.rows import Found, Group, Row
from vunnet.web.templatetags.deal_marks import Printer as DealPrinter
from vunnet.web.templatetags.deal_marks import team
from vunnet.web.templatetags.show import asset, brief, clock, day, month, number, short_sums, whole
from vunnet.workspaces.fields import Field, Kind
from vunnet.workspaces.rules import initials as initials_of

RECORDS = {"deals": "deal", "companies": "company", "people": "person"}
RIGHT = (Kind.NUMBER, Kind.AMOUNT)
LINKS = {"company": "company", "deal": "deal", "person": "person"}


class Printer:
    """The lines of one page, with the clock and the words read once."""

    def __init__(self, asked: Asked, may_write: bool) -> None:
        self.asked, self.may_write = asked, may_write
        self.slug = asked.request.member.workspace.slug
        self.fields = [asked.fields.get(name) for name in asked.columns]
        self.deals = DealPrinter()
        self.today = timezone.localdate()
        self.stale_after = asked.scope.stale_after() if asked.table.name == "deals" else {}
        self.home = address_of("list_cell", self.slug, asked.table.name, 0, "x").removesuffix("0/x/")
        self.select, self.edit = escape(_("Select %(name)s")), escape(_("Change %(field)s"))

    def lines(self, found: Found, groups: dict[Any, tuple[int, list[Money]]], before: Any = ...) -> SafeString:
        """All rows of a page, with a heading where a group begins."""
        printed: list[str] = []
        for row in found.rows:
            if self.asked.selection.group and row.group != before:
                printed.append(self.heading(row, groups))
                before = row.group
            printed.append(self.line(row))
        return mark_safe("".join(printed))  # noqa: S308

    def heading(self, row: Row, groups: dict[Any, tuple[int, list[Money]]]) -> str:
        count, sums = groups.get(row.group, (0, []))
        group = Group(self.group_words(row), count, sums)
        total = f" · {escape(short_sums(group.sums))}" if group.sums else ""
        return (
            f'<tr class="group-row"><th scope="colgroup" colspan="{self.width}"><span class="group-head">'
            f'<span class="truncate"{whole(group.words)}>{group.words}</span> '
            f'<span class="num">{number(group.count)}{total}</span></span></th></tr>'
        )

    @property
    def width(self) -> int:
        return len(self.fields) + self.may_write

    def group_words(self, row: Row) -> str:
        said = self.asked.fields.get(self.asked.selection.group)
        if row.group in (None, ""):
            return escape(_("%(field)s: none") % {"field": said.label})
        if said.kind in (Kind.DAY, Kind.MOMENT):
            return escape(f"{capfirst(month(row.group))} {row.group:%Y}")
        if said.is_custom:
            return escape(f"{said.label}: {plain_custom(said, row.group)}")
        if said.kind == Kind.ROW:
            return escape(str(self.asked.group_names.get(row.group, row.group)))
        return escape(str(dict(said.choices).get(row.group, row.group)))

    def line(self, row: Row) -> str:
        first, *rest = self.fields
        name = escape(self.title(row))
        tick = (
            f'<td class="desk pick"><input type="checkbox" class="checkbox" name="row" value="{row.pk}" form="bulk-rows" aria-label="{self.select % {"name": name}}"></td>'
            if self.may_write
            else ""
        )
        cells = "".join([self.cell(said, row) for said in rest])
        mark, small, end = self.phone(row)
        words = self.text(first, row) or name
        return (
            f'<tr id="row-{row.pk}" data-row="{row.pk}">{tick}<th scope="row"{self.changed(first, row)}><a class="no-underline hover:underline" href="{self.record(row)}"{whole(words)}>{words}</a>'
            f'<small class="phone-only">{small}</small></th>{mark}{cells}{end}</tr>'
        )

    def title(self, row: Row) -> str:
        values = row.values
        own = values.get("company__name") if self.asked.table.name == "deals" else None
        fallback = values.get("name") or values.get("subject") or values.get("email")
        return str(own or fallback or self.kind_words(values) or row.pk)

    def kind_words(self, values: dict[str, Any]) -> str:
        kinds = dict(self.asked.fields.get("kind").choices) if "kind" in values else {}
        return str(kinds.get(values.get("kind", ""), ""))

    def record(self, row: Row) -> str:
        if self.asked.table.name in RECORDS:
            return address_of(RECORDS[self.asked.table.name], self.slug, row.pk)
        for name in ("deal", "person", "company"):
            if row.values.get(f"{name}_id"):
                return address_of(name, self.slug, row.values[f"{name}_id"])
        return address_of("list_cell", self.slug, self.asked.table.name, row.pk, "subject")

    def changed(self, said: Field, row: Row) -> str:
        """Where a cell may be changed in place, the address of its form."""
        if not (self.may_write and said.edit) or (said.name == "stage" and row.values.get("stage__kind") != "open"):
            return ""
        return f' data-edit="{self.home}{row.pk}/{said.name}/"'

    def cell(self, said: Field, row: Row) -> str:
        end = " last" if said is self.fields[-1] else ""
        right = " r num" if said.kind in RIGHT or said.name == "entered" else ""
        quiet = "" if said.kind in RIGHT or said.name in ("stage", "tags", "mates") else " text-muted"
        when = " num" if said.kind in (Kind.DAY, Kind.MOMENT) else ""
        late = " text-lost" if self.is_late(said, row) else ""
        text = self.text(said, row)
        return f'<td class="desk{right}{when}{late or quiet}{end}"{self.changed(said, row)}{whole(text)}>{text}</td>'

    def is_late(self, said: Field, row: Row) -> bool:
        if said.name == "closes":
            value = row.values["expected_close_on"]
            return row.values["stage__kind"] == "open" and value is not None and value < self.today
        due = row.values.get("due_at") if said.name == "due" else None
        return due is not None and row.values.get("done_at") is None and timezone.localtime(due).date() < self.today

    def text(self, said: Field, row: Row) -> str:
        """What a cell says, as HTML."""
        special = getattr(self, f"_{said.name}", None)
        if special is not None and not said.is_custom:
            return str(special(row))
        if said.kind == Kind.TAGS:
            return " ".join([_tag(escape(name)) for name in row.tags])
        value = row.values.get(said.shown or said.path or said.name)
        if said.is_custom:
            return escape(plain_custom(said, (value or {}).get(said.key)))
        if said.kind == Kind.AMOUNT:
            return brief(self.money(row))
        return escape(plain(said, value))

    def money(self, row: Row) -> Money | None:
        amount = row.values["amount"]
        return None if amount is None else Money(amount, row.values["currency"])

    def _name(self, row: Row) -> str:
        """Where the first column says the company, a deal without one says its name there."""
        if self.asked.table.name == "deals" and self.fields[0].name == "company" and not row.values["company__name"]:
            return ""
        return escape(row.values.get("name") or "")

    def _stage(self, row: Row) -> str:
        name, kind = escape(row.values["stage__name"]), row.values["stage__kind"]
        return name if kind == "open" else _tag(name, f" tag-{kind}")

    def _mates(self, row: Row) -> str:
        return team(row.mates)

    def _step(self, row: Row) -> str:
        return self.deals.step(self.card(row)) if row.values["stage__kind"] == "open" else ""

    def _entered(self, row: Row) -> str:
        return self.deals.days(self.card(row)) if row.values["stage__kind"] == "open" else ""

    def _due(self, row: Row) -> str:
        due = row.values.get("due_at")
        return f"{day(due)} {clock(due)}" if due and row.values["due_has_time"] else day(due)

    def _subject(self, row: Row) -> str:
        return escape(row.values["subject"] or self.kind_words(row.values))

    def card(self, row: Row) -> Card:
        values = row.values
        stale = self.stale_after.get(values["stage_id"])
        return Card(row.pk, values["name"], "", None, values["stage_entered_at"], values["stage__kind"] == "open", step=row.step, stale_after=stale)  # fmt: skip

    def phone(self, row: Row) -> tuple[str, str, str]:
        """A line's mark, its small second line, and what stands at its end, on the phone."""
        return getattr(self, f"_phone_{self.asked.table.name}")(row)  # type: ignore[no-any-return]

    def _phone_deals(self, row: Row) -> tuple[str, str, str]:
        values, is_open = row.values, row.values["stage__kind"] == "open"
        name = f" · {escape(values['name'])}" if values["company__name"] else ""
        late = lateness(row.step, self.deals.now)
        mark = f'<span class="step" data-step="{late}"><svg aria-hidden="true"><use href="#m-{late}"/></svg></span>'
        ends = values["expected_close_on"] if is_open else values["closed_at"]
        lost = " text-lost" if is_open and ends and ends < self.today else ""
        end = (
            f'<span class="num font-medium">{brief(self.money(row))}</span><small class="num{lost}">{day(ends)}</small>'
        )
        return _phone(mark if is_open else "", f"{escape(values['stage__name'])}{name}", end)

    def _phone_companies(self, row: Row) -> tuple[str, str, str]:
        return _phone(None, _joined(row.values["city"], row.values["domain"]), "")

    def _phone_people(self, row: Row) -> tuple[str, str, str]:
        values = row.values
        mark = f'<span class="who who-lg" aria-hidden="true">{escape(initials_of(values["name"]))}</span>'
        say = escape(_("Call %(name)s") % {"name": values["name"]})
        icon = f'<svg class="icon" aria-hidden="true"><use href="{asset("icons.svg")}#i-phone"/></svg>'
        to = phones.address(values["phone"])
        call = f'<a class="btn btn-ghost btn-icon row-call" href="{to}" data-call="{address_of("log_person", self.slug, row.pk)}?call=1" aria-label="{say}">{icon}</a>'
        return _phone(mark, _joined(values["title"], values["company__name"]), call if to else "")

    def _phone_activities(self, row: Row) -> tuple[str, str, str]:
        values = row.values
        when = values["due_at"] if values["done_at"] is None and values["due_at"] else values["at"]
        about = _joined(self.kind_words(values), values["deal__name"] or values["company__name"])
        return _phone(None, about, f'<span class="num">{day(when)}</span>')


def _phone(mark: str | None, small: str, end: str) -> tuple[str, str, str]:
    """Where only some lines bear a mark, the others keep its place (""); where none does, there is no place (None)."""
    cell = "" if mark is None else f'<td class="phone-only row-mark">{mark}</td>'
    return cell, small, f'<td class="phone-only r">{end}</td>'


def _tag(name: str, kind: str = "") -> str:
    return f'<span class="tag{kind}"{whole(name)}>{name}</span>'


def _joined(*parts: str | None) -> str:
    return " · ".join([escape(part) for part in parts if part])


def plain(said: Field, value: Any) -> str:
    """A value of a field as one reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (date, datetime)):
        return day(value)
    if isinstance(value, (int, Decimal)) and said.kind == Kind.NUMBER:
        return number(value)
    return str(dict(said.choices).get(value, value)) if said.choices else str(value)


def plain_custom(said: Field, value: Any) -> str:
    """The same for a workspace's own field, whose values JSON keeps."""
    if said.kind == Kind.YES_NO and value is not None:
        return _("Yes") if value in (True, "true") else _("No")
    if said.kind == Kind.DAY and isinstance(value, str):
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
    if said.kind == Kind.NUMBER and isinstance(value, (int, float)):
        return number(value, 0 if value == int(value) else 2)
    return "" if value is None else str(value)


def printed(asked: Asked, found: Found, counts: dict[Any, tuple[int, list[Money]]], before: Any) -> SafeString:
    return Printer(asked, asked.request.member.may_write).lines(found, counts, before)
