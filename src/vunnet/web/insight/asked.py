"""What the Insight page is asked: a period and conditions from its address, as a question for analysis and as a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.deals.models import Pipeline, Product, Source
from vunnet.lib import periods
from vunnet.lib.errors import RuleBroken
from vunnet.reports.answers import LANDMARKS, Period, Question, Side
from vunnet.reports.labels import Labels, labels
from vunnet.reports.seen import owners_seen, seen_by
from vunnet.web.asking import Request
from vunnet.web.inputs import read_day_strictly
from vunnet.workspaces.models import Member, Team
from vunnet.workspaces.selecting import own_fields


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
NAMES = frozenset({"period", "from", "to", "split", "compare", "landmark", *COLUMNS})
BEFORE = "before"
DEFAULT_PERIOD, DEFAULT_SPLIT = "year", "customer"


@dataclass(frozen=True)
class Asked:
    """One address of the page, understood."""

    question: Question
    split: str
    period: str
    values: Mapping[str, int]
    labels: Mapping[str, Labels]
    other: Asked | None = None
    compare: str = ""

    @property
    def closed_in(self) -> Period | None:
        return self.question.closed_in


def read(request: Request) -> Asked:
    """Refuses names and values it does not know; what it knows becomes one question."""
    given = request.GET
    if unknown := set(given) - NAMES:
        raise RuleBroken(_("Insight cannot be filtered by %(names)s.") % {"names": ", ".join(sorted(unknown))})
    known = _known(request.member)
    values = {name: _member(name, given[name], known[name]) for name in COLUMNS if given.get(name)}
    split = given.get("split") or DEFAULT_SPLIT
    if split not in SPLITS:
        raise RuleBroken(_("A funnel cannot be split by %(name)s.") % {"name": split}, "split")
    today = _today(request.member)
    period = given.get("period") or DEFAULT_PERIOD
    question = Question(
        as_of=today,
        time_zone=request.member.workspace.time_zone,
        closed_in=_period(period, given.get("from", ""), given.get("to", ""), today),
        where=_where(request.member, known, values),
        landmark=_landmark(given.get("landmark", "")),
    )
    return _beside(Asked(question, split, period, values, known), request.member, given.get("compare", ""))


def everything(by: Member) -> Asked:
    """All deals the member may see, of any time."""
    known = _known(by)
    question = Question(as_of=_today(by), time_zone=by.workspace.time_zone, where=_where(by, known, {}))
    return Asked(question, DEFAULT_SPLIT, "all", {}, known)


def _known(by: Member) -> dict[str, Labels]:
    known = {name: labels(table, by.workspace_id) for name, (_column, table) in COLUMNS.items()}
    known["owner"] = owners_seen(by)
    return known


def _today(by: Member) -> date:
    return timezone.now().astimezone(by.workspace.zone).date()


def _beside(asked: Asked, by: Member, compare: str) -> Asked:
    """The same beside the period before, or beside another member of a condition that holds: "team-3"."""
    if not compare:
        return asked
    before = asked.closed_in.before if asked.closed_in else None
    name, _dash, number = compare.partition("-")
    if compare == BEFORE and before:
        other = replace(asked, question=replace(asked.question, closed_in=before))
    elif (
        name != "pipeline" and name in asked.values and _member(name, number, asked.labels[name]) != asked.values[name]
    ):
        values = {**asked.values, name: int(number)}
        where = _where(by, asked.labels, values)
        other = replace(asked, values=values, question=replace(asked.question, where=where))
    else:
        raise RuleBroken(_("Choose a period with two ends, or a team, seller, product or source, and then another one to compare with."), "compare")  # fmt: skip
    # What the page is about comes second: a difference says how far it lies above what it is compared with.
    sides = (_side(other), _side(asked))
    return replace(asked, question=replace(asked.question, compare=sides), other=other, compare=compare)


def _side(asked: Asked) -> Side:
    return Side(asked.question.where, asked.closed_in)


def _others(asked: Asked) -> list[tuple[str, str]]:
    """What the page may be compared with, as it stands."""
    found = [("", _("nothing"))]
    if asked.closed_in and asked.closed_in.before:
        found.append((BEFORE, _("the period before")))
    for name, pk in asked.values.items():
        if name != "pipeline":
            found += [(f"{name}-{other}", label) for other, label in asked.labels[name].items() if other != pk]
    return found


def _where(by: Member, known: Mapping[str, Labels], values: Mapping[str, int]) -> dict[str, tuple[str | None, ...]]:
    """The conditions as analysis names them. Who sees only some deals is told of those, and of those nobody owns."""
    where: dict[str, tuple[str | None, ...]] = {COLUMNS[name][0]: (known[name].of(pk),) for name, pk in values.items()}
    return {**seen_by(by, known["owner"]), **where}


def _member(name: str, text: str, known: Labels) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) not in known:
        raise RuleBroken(_("There is no such %(name)s here.") % {"name": name}, name)
    return int(text)


def _landmark(text: str) -> int:
    known = {str(day): day for day in LANDMARKS}
    if text and text not in known:
        raise RuleBroken(_("What goes with winning is looked at on day 7, 14 or 30 of a deal's life."), "landmark")
    return known.get(text, LANDMARKS[0])


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


def sentence(asked: Asked, by: Member, parts: Sequence[str]) -> list[Condition]:
    """The page's conditions, each with what may be chosen instead; the split and the landmark where the page's parts have them."""
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
    if "drivers" in parts:
        days = [(str(day), _("day %(n)s") % {"n": day}) for day in LANDMARKS]
        value = str(asked.question.landmark)
        found.append(Condition("landmark", _("still open on"), dict(days)[value], days, value))
    if "funnel" not in parts:
        return found
    others = _others(asked)
    beside = Condition("compare", _("compared with"), dict(others).get(asked.compare, ""), others, asked.compare)
    return [*found, split, beside] if len(others) > 1 else [*found, split]


def attributes(request: Request) -> list[str]:
    """The custom fields of deals, as analysis names them."""
    return [f"x_{field.key}" for field in own_fields(request.member, "deal") if not field.is_archived]
