"""The filter of deals as a sentence: what holds, what may be chosen instead, and what else narrows the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company
from vunnet.deals.filters import NONE, DealFilter
from vunnet.deals.models import Pipeline, Product, Source, Stage
from vunnet.lib.periods import month_of
from vunnet.web.asking import Request
from vunnet.web.templatetags import show
from vunnet.workspaces.models import FieldDefinition, Member, Team


@dataclass(frozen=True)
class Condition:
    """One condition of the sentence: its words, the choices behind it, the one that holds."""

    name: str
    lead: str
    chosen: str
    options: list[tuple[str, str]]
    value: str = ""
    label: str = ""

    @property
    def is_set(self) -> bool:
        return self.value != ""


@dataclass(frozen=True)
class Extra:
    """A condition that came with a link, such as a figure's bar: said, and lifted by following `without`."""

    words: str
    without: str


@dataclass(frozen=True)
class Sentence:
    """The whole filter. `more` can be added; `kept` is what the form carries on unchanged."""

    lead: str
    conditions: list[Condition]
    more: list[Condition] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


def _named(rows: Any) -> list[tuple[str, str]]:
    return [(str(row.pk), str(row)) for row in rows]


def _condition(
    wanted: DealFilter, name: str, lead: str, anything: str, options: list[tuple[str, str]], label: str = ""
) -> Condition:
    value = "" if getattr(wanted, name) in (None, "") else str(getattr(wanted, name))
    words = dict(options).get(value, value) if value else anything
    return Condition(name, lead, words, [("", anything), *options], value, label)


def board_sentence(request: Request, wanted: DealFilter, pipeline: Pipeline) -> Sentence:
    """Of one pipeline, always."""
    pipelines = _named(Pipeline.objects.visible_to(request.member).filter(is_archived=False))
    where = Condition("pipeline", _("in"), pipeline.name, pipelines, str(pipeline.pk))
    return _sentence(request, wanted, _("Open deals"), [where, _owner(request, wanted)], {})


def list_sentence(request: Request, wanted: DealFilter, sort: str) -> Sentence:
    """Of every pipeline or one, in every stage or one."""
    by = request.member
    pipelines = _named(Pipeline.objects.visible_to(by).filter(is_archived=False))
    stages = (
        Stage.objects.visible_to(by)
        .filter(is_archived=False)
        .select_related("pipeline")
        .order_by("pipeline__position", "position")
    )
    several = len(pipelines) > 1
    named = [
        (str(s.pk), f"{s.name} ({s.pipeline.name})" if several else s.name)
        for s in stages
        if wanted.state in ("all", s.kind)
    ]
    conditions = [
        *([_condition(wanted, "pipeline", _("in"), _("every pipeline"), pipelines)] if several else []),
        *([_condition(wanted, "stage", _("standing in"), _("any stage"), named)] if len(named) > 1 else []),
        _owner(request, wanted),
    ]
    return _sentence(request, wanted, _lead(wanted.state), conditions, {"sort": sort})


def _lead(state: str) -> str:
    words = {
        "open": _("Open deals"),
        "won": _("Won deals"),
        "lost": _("Lost deals"),
        "cancelled": _("Cancelled deals"),
        "closed": _("Won and lost deals"),
    }
    return words.get(state, _("All deals"))


def _owner(request: Request, wanted: DealFilter) -> Condition:
    by = request.member
    members = Member.objects.visible_to(by).filter(is_active=True).exclude(pk=by.pk).order_by("name")
    return _condition(
        wanted, "owner", _("owned by"), _("anyone"), [("me", _("me")), (NONE, _("nobody")), *_named(members)]
    )


def _sentence(
    request: Request, wanted: DealFilter, lead: str, conditions: list[Condition], also: dict[str, str]
) -> Sentence:
    optional = _optional(request, wanted)
    shown = [*conditions, *(part for part in optional if part.is_set)]
    extras = _extras(request, wanted, {part.name for part in [*shown, *optional]})
    kept = {
        name: value
        for name, value in wanted.query().items()
        if name not in {part.name for part in [*shown, *optional]} and name != "q"
    }
    return Sentence(
        lead, shown, [part for part in optional if not part.is_set], extras, kept | {n: v for n, v in also.items() if v}
    )


def _optional(request: Request, wanted: DealFilter) -> list[Condition]:
    by = request.member
    products = [(NONE, _("no product")), *_named(Product.objects.visible_to(by))]
    sources = [(NONE, _("no source")), *_named(Source.objects.visible_to(by))]
    teams = _named(Team.objects.visible_to(by).order_by("name"))
    parts = [
        _condition(wanted, "product", _("for"), _("any product"), products, _("Product")),
        _condition(wanted, "origin", _("from"), _("any source"), sources, _("Source")),
        _condition(wanted, "team", _("in"), _("any team"), teams, _("Team")),
    ]
    return [part for part in parts if part.is_set or len(part.options) > 2]


def _extras(request: Request, wanted: DealFilter, known: Iterable[str]) -> list[Extra]:
    """Conditions that no menu of the sentence shows; each is still said, so that no row is missing without a word."""
    query = request.GET.dict()
    words = {name: said for name, said in _said(request, wanted).items() if name not in known}
    rest = {name: value for name, value in query.items() if name != "after"}
    return [
        Extra(said, request.path + _asked({n: v for n, v in rest.items() if n not in _together(name)}))
        for name, said in words.items()
    ]


def _together(name: str) -> tuple[str, ...]:
    """A stage passed and the days it was passed in go together."""
    return (name, "passed_from", "passed_to") if name == "passed" else (name,)


def _asked(query: dict[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


def _said(request: Request, wanted: DealFilter) -> dict[str, str]:
    days = {
        "closes_from": _("closing from %(day)s"), "closes_to": _("closing by %(day)s"),
        "closed_from": _("closed from %(day)s"), "closed_to": _("closed by %(day)s"),
        "created_from": _("opened from %(day)s"), "created_to": _("opened by %(day)s"),
    }  # fmt: skip
    amounts = {"amount_from": _("from %(sum)s"), "amount_over": _("over %(sum)s"), "amount_to": _("up to %(sum)s")}
    said = {
        name: words % {"day": show.full_day(getattr(wanted, name))}
        for name, words in days.items()
        if getattr(wanted, name)
    }
    said |= {
        name: words % {"sum": show.number(getattr(wanted, name))}
        for name, words in amounts.items()
        if getattr(wanted, name) is not None
    }
    return said | _said_of_rows(request, wanted) | _said_of_fields(request, wanted)


def _said_of_rows(request: Request, wanted: DealFilter) -> dict[str, str]:
    said = {}
    if wanted.last_stage is not None:
        last = Stage.objects.visible_to(request.member).filter(pk=wanted.last_stage).first()
        said["last_stage"] = _("closed from %(stage)s") % {"stage": last or "?"}
    if wanted.passed is not None:
        stage = Stage.objects.visible_to(request.member).filter(pk=wanted.passed).first()
        span = [show.full_day(day) for day in (wanted.passed_from, wanted.passed_to) if day]
        said["passed"] = _("that reached %(stage)s") % {"stage": stage or "?"} + (
            f" ({' – '.join(span)})" if span else ""
        )
    if wanted.company is not None:
        said["company"] = _("with %(company)s") % {
            "company": Company.objects.visible_to(request.member).filter(pk=wanted.company).first() or "?"
        }
    if wanted.within is not None:
        said["within"] = _("closed within %(days)s days") % {"days": wanted.within}
    if wanted.customer:
        kinds = {
            "existing": _("existing customers"),
            "won_back": _("customers won back"),
            "first": _("first-time customers"),
        }
        said["customer"] = _("with %(kind)s") % {"kind": kinds[wanted.customer]}
    return said


def _said_of_fields(request: Request, wanted: DealFilter) -> dict[str, str]:
    if not wanted.attributes:
        return {}
    labels = dict(FieldDefinition.objects.visible_to(request.member).filter(table="deal").values_list("key", "label"))
    empty = _("not recorded")
    return {name: f"{labels.get(name[2:], name[2:])}: {value or empty}" for name, value in wanted.attributes}


@dataclass(frozen=True)
class View:
    """One tab above the sentence."""

    words: str
    address: str
    is_current: bool


def board_views(request: Request, wanted: DealFilter) -> list[View]:
    """The questions of a Monday: everything, mine, what should close this month."""
    month = month_of(timezone.localdate())
    next_month = month_of((month.last or timezone.localdate()) + timedelta(days=1))
    pipeline = {"pipeline": str(wanted.pipeline)} if wanted.pipeline else {}
    asked: list[tuple[str, dict[str, str]]] = [
        (_("All open"), {}),
        (_("Mine"), {"owner": "me"}),
        (_("Closing this month"), {"closes_from": str(month.first), "closes_to": str(month.last)}),
        (_("Closing next month"), {"closes_from": str(next_month.first), "closes_to": str(next_month.last)}),
    ]
    return [
        View(words, request.path + _asked(pipeline | query), wanted.query() == pipeline | query)
        for words, query in asked
    ]
