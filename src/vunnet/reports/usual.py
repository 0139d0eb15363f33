"""What is usual in each stage: kept from the last time analysis was asked, so that a board need not ask it.

A page reads the kept answer and never computes; a job computes it anew when it is a day old or an import ran.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from vunnet.deals.models import Stage
from vunnet.reports.models import Kept
from vunnet.workspaces.models import Member, Workspace
from vunnet.workspaces.worded import worded

NAME = "usual"
GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Usual:
    """Days by stage id: the median stay, and the one that 95 of 100 deals that left the stage did not exceed."""

    median_days: dict[int, float] = field(default_factory=dict)
    stale_after: dict[int, float] = field(default_factory=dict)
    is_old: bool = True


def of(member: Member) -> Usual:
    """The kept answer of the member's workspace; empty where none was computed yet."""
    found: list[Kept] = _kept(member)
    if not found:
        return Usual()
    kept = found[0]
    body: dict[str, dict[str, float]] = kept.body
    return Usual(
        {int(stage): days for stage, days in body["median_days"].items()},
        {int(stage): days for stage, days in body["stale_after"].items()},
        timezone.now() - kept.computed_at > GOOD_FOR,
    )


@worded
def _kept(member: Member) -> QuerySet[Any]:
    rows: QuerySet[Any] = Kept.objects.visible_to(member)
    return rows.filter(name=NAME).order_by("pk")[:1]


def stale_after(member: Member) -> dict[int, float]:
    return of(member).stale_after


def compute(workspace: Workspace, as_of: date) -> Kept:
    """Ask analysis and keep the answer. Runs in the workspace's scope."""
    # Here and not above: pages read this module, and must not load the whole of analysis for it.
    from vunnet.analysis.answers import NotRecorded
    from vunnet.analysis.question import Question
    from vunnet.reports.asking import ask

    report = ask(workspace.pk, Question(as_of=as_of, time_zone=workspace.time_zone), parts=["funnel", "stale"])
    numbers = {
        (s.pipeline.name, s.name): s.pk for s in Stage.objects.filter(workspace=workspace).select_related("pipeline")
    }
    flows = () if isinstance(report.funnels, NotRecorded) else report.funnels
    medians = {(f.pipeline, flow.stage): flow.median_days for f in flows for flow in f.stages}
    limits = () if isinstance(report.stale.limits, NotRecorded) else report.stale.limits
    body = {
        "median_days": _by_number(numbers, medians),
        "stale_after": _by_number(numbers, {(limit.pipeline, limit.stage): limit.days for limit in limits}),
    }
    kept, _created = Kept.objects.update_or_create(
        workspace=workspace, name=NAME, defaults={"body": body, "computed_at": timezone.now()}
    )
    return kept


def _by_number(numbers: dict[tuple[str, str], int], found: dict[Any, float | None]) -> dict[str, float]:
    return {str(numbers[place]): days for place, days in found.items() if days is not None and place in numbers}
