"""What a stage asks of a deal before it lets it in: fields that must be filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from vunnet.deals.fields import DEALS
from vunnet.deals.models import Deal, Stage
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.fields import Field
from vunnet.workspaces.models import Member

ASKABLE = ("amount", "closes", "company", "owner", "product", "origin", "competitor")


class GateClosed(RuleBroken):
    """The stage asks for fields that the deal does not have yet. `missing`: their names."""

    def __init__(self, message: str, missing: Sequence[str]) -> None:
        super().__init__(message, "gate")
        self.missing = tuple(missing)


def askable(by: Member) -> dict[str, Field]:
    """The fields that a gate may ask for, the workspace's own among them."""
    known = DEALS.for_member(by).by_name
    return {name: f for name, f in known.items() if name in ASKABLE or (f.is_custom and not f.is_archived)}


def set_gate(stage: Stage, names: Sequence[str], *, by: Member) -> Stage:
    """Say which fields entering a stage requires. Owners and admins only; refuses a field that cannot be asked for."""
    demand_administrator(by)
    known = askable(by)
    if unknown := [name for name in names if name not in known]:
        raise RuleBroken(_("A stage cannot ask for %(fields)s.") % {"fields": ", ".join(unknown)}, "gate")
    before, stage.gate = stage.gate, list(dict.fromkeys(names))
    stage.save(update_fields=["gate"])
    record(stage, "stage.gate_set", by=by, gate=(before, stage.gate))
    return stage


def missing(deal: Deal, stage: Stage, known: Mapping[str, Field]) -> list[Field]:
    """The fields of a stage's gate that are empty on a deal. A field that was archived since asks for nothing."""
    asked = [known[name] for name in stage.gate if name in known]
    return [f for f in asked if _value(deal, f) in (None, "")]


def _value(deal: Deal, said: Field) -> Any:
    return deal.custom.get(said.key) if said.is_custom else getattr(deal, said.path)


def demand_gate(deal: Deal, to: Stage, by: Member | None) -> None:
    """Refuses a move forward into a stage whose fields are missing. Imports and moves back are not asked."""
    if by is None or not to.gate or to.position < deal.stage.position:
        return
    if lacking := missing(deal, to, askable(by)):
        labels = ", ".join(str(f.label) for f in lacking)
        raise GateClosed(
            _("%(stage)s asks for %(fields)s.") % {"stage": to.name, "fields": labels}, [f.name for f in lacking]
        )
