"""What people do with a pipeline's stages: add, rename, weigh, reorder, archive, merge. With actions.py and pipelines.py the
only writer of this room's tables.

A rename changes no number: kinds decide, and history points at rows. A merged stage's past counts as the past of the stage it
was merged into (reports/sql.py).
"""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.deals.models import Deal, Kind, Pipeline, Stage, StageChange
from vunnet.journal.record import record, source
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator, demand_own_name, move_among
from vunnet.workspaces.models import Member


def add_stage(pipeline: Pipeline, *, by: Member, name: str, probability: Decimal) -> Stage:
    """A new open stage behind the last open one. Refuses a name the pipeline has already, and 100 % or more."""
    demand_administrator(by)
    name = _demand_name(pipeline, name)
    _demand_probability(probability)
    open_ones = pipeline.stages.filter(kind=Kind.OPEN)
    with transaction.atomic():
        stage = Stage.objects.create(
            workspace_id=pipeline.workspace_id, pipeline=pipeline, name=name, kind=Kind.OPEN, probability=probability,
            position=(open_ones.aggregate(last=Max("position"))["last"] or 0) + 1,
        )  # fmt: skip
        _number(pipeline)
        record(stage, "stage.added", by=by, name=name)
    return stage


def change_stage(stage: Stage, *, by: Member, name: str, probability: Decimal | None = None) -> Stage:
    """Rename a stage, or weigh an open one anew. Won stays 100 %, lost and cancelled stay 0."""
    demand_administrator(by)
    name = _demand_name(stage.pipeline, name, stage)
    before = (stage.name, stage.probability)
    if probability is not None and not stage.is_closed:
        _demand_probability(probability)
        stage.probability = probability
    stage.name = name
    stage.save(update_fields=["name", "probability"])
    record(stage, "stage.changed", by=by, name=(before[0], name), probability=(before[1], stage.probability))
    return stage


def move_stage(stage: Stage, *, by: Member, steps: int) -> None:
    """Move an open stage up (−1) or down (+1) among the open ones; at either end nothing happens."""
    demand_administrator(by)
    with transaction.atomic():
        order = list(stage.pipeline.stages.select_for_update().filter(kind=Kind.OPEN, is_archived=False))
        move_among(order, stage, steps)
        record(stage, "stage.moved", by=by, steps=steps)


def archive_stage(stage: Stage, *, by: Member) -> None:
    """Take a stage out of use; its past stays. Refuses a closed stage, the last open one, and one that deals stand in."""
    demand_administrator(by)
    _demand_removable(stage)
    if standing := Deal.objects.filter(stage=stage).count():
        raise RuleBroken(
            _("%(count)s deals stand in %(stage)s. Move them, or merge the stage into another one.")
            % {"count": standing, "stage": stage.name}
        )
    _archive(stage)
    record(stage, "stage.archived", by=by)


def restore_stage(stage: Stage, *, by: Member) -> None:
    """Take an archived stage into use again, with its own past."""
    demand_administrator(by)
    stage.is_archived, stage.merged_into = False, None
    stage.save(update_fields=["is_archived", "merged_into"])
    _number(stage.pipeline)
    record(stage, "stage.restored", by=by)


def merge_stage(stage: Stage, into: Stage, *, by: Member) -> int:
    """Merge an open stage into another of its pipeline: deals that stand in it move there, and its past counts as theirs.

    Returns how many deals moved. Refuses closed stages, archived ones, and another pipeline's.
    """
    demand_administrator(by)
    _demand_removable(stage)
    if into.pk == stage.pk or into.is_closed or into.is_archived or into.pipeline_id != stage.pipeline_id:
        raise RuleBroken(_("Choose another open stage of the same pipeline to merge into."), "into")
    with transaction.atomic():
        moved = _move_all(stage, into, by)
        Stage.objects.filter(merged_into=stage).update(merged_into=into)
        stage.merged_into = into
        _archive(stage)
        record(stage, "stage.merged", by=by, into=into, deals=moved)
    return moved


def _move_all(stage: Stage, into: Stage, by: Member) -> int:
    now = timezone.now()
    standing = list(Deal.objects.select_for_update().filter(stage=stage).order_by("pk"))
    last = dict(StageChange.objects.filter(deal__in=standing).order_by().values_list("deal").annotate(last=Max("link")))
    StageChange.objects.bulk_create(
        [
            StageChange(
                workspace_id=deal.workspace_id, deal=deal, link=last[deal.pk] + 1, from_stage=stage, to_stage=into,
                changed_at=now, recorded_at=now, changed_by=by, source=source.get(), amount=deal.amount,
                expected_close_on=deal.expected_close_on,
            )
            for deal in standing
        ],
        batch_size=1000,
    )  # fmt: skip
    for deal in standing:
        record(deal, "deal.moved", by=by, stage=(stage.pk, into.pk), merged=True)
    return len(standing)


def _archive(stage: Stage) -> None:
    stage.is_archived = True
    stage.save(update_fields=["is_archived", "merged_into"])
    _number(stage.pipeline)


def _demand_removable(stage: Stage) -> None:
    if stage.is_closed:
        raise RuleBroken(_("Every pipeline keeps its closed stages. Rename it instead."))
    if not stage.pipeline.stages.filter(kind=Kind.OPEN, is_archived=False).exclude(pk=stage.pk).exists():
        raise RuleBroken(_("A pipeline needs an open stage. Add another one first."))


def _demand_name(pipeline: Pipeline, name: str, besides: Stage | None = None) -> str:
    return demand_own_name(pipeline.stages.all(), name, besides)


def _demand_probability(probability: Decimal) -> None:
    if not 0 <= probability < 100:
        raise RuleBroken(_("An open stage has a probability from 0 to below 100 %."), "probability")


def _number(pipeline: Pipeline) -> None:
    """Positions without gaps: the open stages in use in their order, then the closed ones, then the archived."""
    open_ones = list(pipeline.stages.filter(kind=Kind.OPEN, is_archived=False))
    rest = list(pipeline.stages.exclude(kind=Kind.OPEN, is_archived=False))
    rest.sort(key=lambda stage: (stage.is_archived, stage.position, stage.pk))
    for position, stage in enumerate([*open_ones, *rest]):
        if stage.position != position:
            stage.position = position
            stage.save(update_fields=["position"])
