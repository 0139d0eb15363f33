"""What people do with pipelines, reasons and products: make them. With actions.py the only writer of this room's tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.deals.models import Kind, Pipeline, Product, Reason, Stage
from vunnet.deals.rules import STARTING_REASONS, STARTING_STAGES
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator, demand_own_name, demand_writer, move_among
from vunnet.workspaces.models import Member, Workspace


def make_pipeline(
    by: Member | None, workspace: Workspace, name: str, stages: Sequence[tuple[str, str, Decimal]] = STARTING_STAGES
) -> Pipeline:
    """A pipeline with its stages (name, kind, probability in per cent). Refuses one without a won, a lost and a cancelled stage."""
    if by is not None:
        demand_administrator(by)
    kinds = [kind for _name, kind, _probability in stages]
    if any(kinds.count(kind) != 1 for kind in (Kind.WON, Kind.LOST, Kind.CANCELLED)) or Kind.OPEN not in kinds:
        raise RuleBroken(_("A pipeline needs an open stage, and exactly one each for won, lost and cancelled."))
    with transaction.atomic():
        pipeline = Pipeline.objects.create(
            workspace=workspace,
            name=demand_own_name(Pipeline.objects.filter(workspace=workspace), name),
            position=Pipeline.objects.count(),
        )
        Stage.objects.bulk_create(
            Stage(workspace=workspace, pipeline=pipeline, name=stage, kind=kind, probability=probability, position=n)
            for n, (stage, kind, probability) in enumerate(stages)
        )
        record(pipeline, "pipeline.made", by=by, name=name)
    return pipeline


def rename_pipeline(pipeline: Pipeline, name: str, *, by: Member) -> Pipeline:
    """Give a pipeline another name; no number changes."""
    demand_administrator(by)
    before, pipeline.name = pipeline.name, demand_own_name(Pipeline.objects.all(), name, pipeline)
    pipeline.save(update_fields=["name"])
    record(pipeline, "pipeline.renamed", by=by, name=(before, pipeline.name))
    return pipeline


def archive_pipeline(pipeline: Pipeline, *, by: Member, is_archived: bool = True) -> Pipeline:
    """Take a pipeline out of use, or into use again; its deals and their past stay. Refuses the last one and one with open deals."""
    demand_administrator(by)
    if is_archived:
        if not Pipeline.objects.filter(is_archived=False).exclude(pk=pipeline.pk).exists():
            raise RuleBroken(_("A workspace needs a pipeline. Add another one first."))
        if count := pipeline.deals.filter(stage__kind=Kind.OPEN).count():
            raise RuleBroken(
                _("%(count)s deals are open in %(pipeline)s. Close them first.")
                % {"count": count, "pipeline": pipeline.name}
            )
    pipeline.is_archived = is_archived
    pipeline.save(update_fields=["is_archived"])
    record(pipeline, "pipeline.archived" if is_archived else "pipeline.restored", by=by)
    return pipeline


def move_pipeline(pipeline: Pipeline, *, by: Member, steps: int) -> None:
    """Move a pipeline up (−1) or down (+1); the first one takes new deals that name none."""
    demand_administrator(by)
    move_among(list(Pipeline.objects.filter(is_archived=False)), pipeline, steps)
    record(pipeline, "pipeline.moved", by=by, steps=steps)


def furnish(workspace: Workspace, by: Member | None) -> Pipeline:
    """What a new workspace needs to take its first deal: one pipeline and the usual reasons, in the workspace's language."""
    pipeline = make_pipeline(by, workspace, _("Sales"), [(_(name), kind, p) for name, kind, p in STARTING_STAGES])
    furnish_reasons(workspace)
    return pipeline


def furnish_reasons(workspace: Workspace) -> None:
    """The usual reasons for winning, losing and cancelling, where they are not there yet."""
    known = set(Reason.objects.filter(workspace=workspace).values_list("kind", "name"))
    Reason.objects.bulk_create(
        Reason(workspace=workspace, kind=kind, name=_(name), position=n)
        for kind, names in STARTING_REASONS.items()
        for n, name in enumerate(names)
        if (kind, _(name)) not in known
    )


def find_or_add_product(by: Member | None, workspace: Workspace, name: str) -> Product:
    """A product by its name; a new name makes a new product. Refuses an empty name."""
    demand_writer(by)
    if not name.strip():
        raise RuleBroken(_("Give the product a name."), "product")
    known: Product | None = Product.objects.filter(workspace=workspace, name__iexact=name.strip()).first()
    if known:
        return known
    product = Product.objects.create(workspace=workspace, name=name.strip())
    record(product, "product.added", by=by, name=product.name)
    return product
