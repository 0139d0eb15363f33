"""What can be chosen in a filter's sentence and in forms about deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vunnet.deals.filters import NONE, DealFilter
from vunnet.deals.models import Pipeline, Product, Source, Stage
from vunnet.web.asking import Request
from vunnet.workspaces.models import Member, Team


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


def _named(rows: Any) -> list[tuple[str, str]]:
    return [(str(row.pk), str(row)) for row in rows]


def _condition(wanted: DealFilter, name: str, lead: str, anything: str, options: list[tuple[str, str]]) -> Condition:
    value = "" if getattr(wanted, name) in (None, "") else str(getattr(wanted, name))
    words = dict(options).get(value, value) if value else anything
    return Condition(name, lead, words, [("", anything), *options], value)


def sentence(request: Request, wanted: DealFilter, *, with_stage: bool) -> list[Condition]:
    """The filter as a sentence of conditions, each with what may be chosen instead."""
    by = request.member
    members = [("me", _("me")), (NONE, _("nobody")), *_named(Member.objects.visible_to(by).filter(is_active=True).exclude(pk=by.pk).order_by("name"))]
    parts = [
        _condition(wanted, "pipeline", _("in"), _("every pipeline") if with_stage else _("the first pipeline"), _named(Pipeline.objects.visible_to(by).filter(is_archived=False))),
        _condition(wanted, "owner", _("owned by"), _("anyone"), members),
    ]  # fmt: skip
    if with_stage:
        stages = Stage.objects.visible_to(by).filter(is_archived=False).select_related("pipeline").order_by("pipeline__position", "position")
        parts.insert(1, _condition(wanted, "stage", _("standing in"), _("any stage"), [(str(s.pk), s.name) for s in stages]))
    optional = [
        _condition(wanted, "product", _("for"), _("any product"), [(NONE, _("no product")), *_named(Product.objects.visible_to(by))]),
        _condition(wanted, "origin", _("from"), _("any source"), [(NONE, _("no source")), *_named(Source.objects.visible_to(by))]),
        _condition(wanted, "team", _("in"), _("any team"), _named(Team.objects.visible_to(by).order_by("name"))),
    ]
    return parts + [part for part in optional if part.is_set or len(part.options) > 2]
