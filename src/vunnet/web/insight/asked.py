"""What the Insight page is asked: a period and conditions from its address, as a question for analysis and as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.deals.models import Pipeline, Product, Source
from vunnet.lib import periods
from vunnet.lib.errors import RuleBroken
from vunnet.reports.answers import Period, Question
from vunnet.reports.labels import Labels, labels
from vunnet.web.asking import Request
from vunnet.web.inputs import read_day_strictly
from vunnet.workspaces.models import FieldDefinition, Member, Team


@dataclass(frozen=True)
class Condition:
    """One condition of the sentence: its words, the choices behind it, the one that holds."""

    name: str
    lead: str
    chosen: str
    options: list[tuple[str, str]]
    value: str = ""

    @property
    def is_set(self) -> bool:
        return self.value != ""


# The name in the address, the column of analysis, and where its members are.
COLUMNS: dict[str, tuple[str, Any]] = {
    "pipeline": ("pipeline", Pipeline),
    "owner": ("owner", Member),
    "team": ("team", Team),
    "product": ("product", Product),
    "origin": ("source", Source),
}
SPLITS = ("customer", "size", "source", "product", "team", "owner")
NAMES = frozenset({"period", "from", "to", "split", *COLUMNS})
DEFAULT_PERIOD, DEFAULT_SPLIT = "year", "customer"


@dataclass(frozen=True)
class Asked:
    """One address of the page, understood."""

    question: Question
    split: str
    period: str
    values: Mapping[str, int]
    labels: Mapping[str, Labels]

    @property
    def closed_in(self) -> Period | None:
        return self.question.closed_in


def read(request: Request) -> Asked:
    """Refuses names and values it does not know; what it knows becomes one question."""
    given = request.GET
    if unknown := set(given) - NAMES:
        raise RuleBroken(_("Insight cannot be filtered by %(names)s.") % {"names": ", ".join(sorted(unknown))})
    known = {name: labels(table, request.member.workspace_id) for name, (_column, table) in COLUMNS.items()}
    if not request.member.sees_all:
        known["owner"] = known["owner"].among(set(request.member.circle().values_list("pk", flat=True)))
    values = {name: _member(name, given[name], known[name]) for name in COLUMNS if given.get(name)}
    split = given.get("split") or DEFAULT_SPLIT
    if split not in SPLITS:
        raise RuleBroken(_("A funnel cannot be split by %(name)s.") % {"name": split}, "split")
    today = timezone.now().astimezone(request.member.workspace.zone).date()
    period = given.get("period") or DEFAULT_PERIOD
    question = Question(
        as_of=today,
        time_zone=request.member.workspace.time_zone,
        closed_in=_period(period, given.get("from", ""), given.get("to", ""), today),
        where=_where(request.member, known, values),
    )
    return Asked(question, split, period, values, known)


def _where(by: Member, known: Mapping[str, Labels], values: Mapping[str, int]) -> dict[str, tuple[str | None, ...]]:
    """The conditions as analysis names them. Who sees only some deals is told of those, and of those nobody owns."""
    where: dict[str, tuple[str | None, ...]] = {COLUMNS[name][0]: (known[name].of(pk),) for name, pk in values.items()}
    if not by.sees_all:
        where.setdefault("owner", (*(name for _pk, name in known["owner"].items()), None))
    return where


def _member(name: str, text: str, known: Labels) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) not in known:
        raise RuleBroken(_("There is no such %(name)s here.") % {"name": name}, name)
    return int(text)


def _period(name: str, first: str, last: str, today: date) -> Period | None:
    if first or last:
        days = [read_day_strictly(text) if text else None for text in (first, last)]
        if days[0] and days[1] and days[1] < days[0]:
            raise RuleBroken(_("The period ends before it begins."))
        return Period(*days)
    quarter = periods.quarter_of(today)
    before = periods.quarter_of((quarter.first or today) - timedelta(days=1))
    found = {
        "all": None,
        "year": periods.year_to(today),
        "quarter": quarter,
        "last_quarter": before,
        "month": periods.month_of(today),
    }
    if name not in found:
        raise RuleBroken(_("There is no period called %(name)s.") % {"name": name}, "period")
    chosen = found[name]
    return Period(chosen.first, chosen.last) if chosen else None


def sentence(asked: Asked, by: Member, *, is_split: bool) -> list[Condition]:
    """The page's conditions, each with what may be chosen instead; the split where the page shows one."""
    spans = [
        ("year", _("the last twelve months")),
        ("quarter", _("this quarter")),
        ("last_quarter", _("last quarter")),
        ("month", _("this month")),
        ("all", _("all of it")),
    ]
    leads = {
        "pipeline": (_("in"), _("every pipeline")),
        "owner": (_("by"), _("everyone") if by.sees_all else _("those you see")),
        "team": (_("of"), _("every team")),
        "product": (_("for"), _("every product")),
        "origin": (_("from"), _("every source")),
    }
    splits = {
        "customer": _("customer"),
        "size": _("size"),
        "source": _("source"),
        "product": _("product"),
        "team": _("team"),
        "owner": _("seller"),
    }
    found = [Condition("period", _("closed in"), dict(spans)[asked.period], spans, asked.period)]
    for name, (lead, anything) in leads.items():
        options = [(str(pk), label) for pk, label in asked.labels[name].items()]
        if len(options) > 1 or name in asked.values:
            value = str(asked.values.get(name, ""))
            found.append(Condition(name, lead, dict(options).get(value, anything), [("", anything), *options], value))
    split = Condition("split", _("split by"), splits[asked.split], list(splits.items()), asked.split)
    return [*found, split] if is_split else found


def attributes(request: Request) -> list[str]:
    """The custom fields of deals, as analysis names them."""
    fields = FieldDefinition.objects.visible_to(request.member).filter(table="deal", is_archived=False)
    return [f"x_{field.key}" for field in fields]
