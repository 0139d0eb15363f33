"""The way of one deal through its pipeline: each stage, the time spent there, and what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from vunnet.deals.models import Deal, Kind, Stage, StageChange
from vunnet.reports.usual import Usual
from vunnet.workspaces.worded import worded


@dataclass
class Room:
    """One stage on the path. `at`: done, here, won, lost or empty (not reached)."""

    stage: Stage
    at: str = ""
    days: int | None = None
    usual_days: int | None = None


def rooms(deal: Deal, changes: list[StageChange], usual: Usual) -> list[Room]:
    """The open stages in order and the room the deal ended in, or won. `changes`: its way there, from its opening on."""
    stages = [s for s in _stages(deal.pipeline_id) if not s.is_archived]
    spent = _days_spent(changes)
    last = deal.stage if deal.stage.is_closed else next(s for s in stages if s.kind == Kind.WON)
    path = []
    for stage in [s for s in stages if s.kind == Kind.OPEN] + [last]:
        median = usual.median_days.get(stage.pk)
        path.append(
            Room(stage, _where(deal, stage, spent), spent.get(stage.pk), None if median is None else round(median))
        )
    return path


@worded
def _stages(pipeline_id: int) -> QuerySet[Any]:
    return Stage.objects.filter(pipeline_id=pipeline_id).order_by("position")


def _where(deal: Deal, stage: Stage, spent: dict[int, int | None]) -> str:
    if stage.pk == deal.stage_id:
        return stage.kind if stage.is_closed else "here"
    if stage.kind == Kind.WON:
        return "won"
    return "done" if stage.pk in spent else ""


def _days_spent(changes: list[StageChange]) -> dict[int, int | None]:
    """Days in each stage, rounded as figures round them, stays added up, the present one until now; a merged stage's are the other's.

    None where nobody knows when a stay began or ended.
    """
    links = [
        (change.to_stage.merged_into_id or change.to_stage_id, change.changed_at if change.is_dated else None)
        for change in changes
    ]
    seconds: dict[int, float | None] = {}
    for (here, entered), (_next, left) in pairwise([*links, (0, timezone.now())]):
        before = seconds.get(here, 0.0)
        stay = (left - entered).total_seconds() if entered and left else None
        seconds[here] = None if before is None or stay is None else before + stay
    return {here: None if total is None else round(total / 86400) for here, total in seconds.items()}
