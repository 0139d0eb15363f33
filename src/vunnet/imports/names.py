"""The small things an export names: sellers, teams, products, sources, reasons, pipelines with stages, custom fields.

Known names are used, new ones are made; none is changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.models import Max, Model
from django.utils.translation import gettext as _

from vunnet.deals.models import Kind, Pipeline, Product, Reason, Source, Stage
from vunnet.exchange.export import Export
from vunnet.imports.statements import NOT_HERE
from vunnet.journal.record import record
from vunnet.workspaces.models import FieldDefinition, Member, Role, Team, Workspace
from vunnet.workspaces.rules import slug_of

SELLER_COLUMNS = (("deals", "owner"), ("members", "member"), ("touches", "member"))
MOST_FIELDS = 60


def make_names(export: Export, workspace: Workspace, by: Member | None) -> None:
    """Everything the rows will point at by name."""
    deals = export.tables.get("deals")
    if deals is not None:
        _make(Product, workspace, [*_values(deals, "product"), *_values(export.tables.get("lines"), "product")])
        _make(Source, workspace, _values(deals, "source"))
        for kind, column in ((Kind.WON, "win_reason"), (Kind.LOST, "loss_reason")):
            _make(Reason, workspace, _values(deals, column), kind=kind)
        _make_pipelines(export, workspace, by)
        _make_fields(deals, workspace)
    _make(Team, workspace, _values(deals, "team"))
    _make_sellers(export, workspace, by)


def _values(table: pa.Table | None, column: str) -> list[str]:
    if table is None or column not in table.schema.names:
        return []
    values: Any = table[column]
    if pa.types.is_list(values.type):
        values = pc.list_flatten(values)
    return [value for value in pc.unique(values).to_pylist() if value]


def _make(model: type[Model], workspace: Workspace, names: Iterable[str], **fixed: Any) -> None:
    rows: Any = model._default_manager
    known = set(rows.filter(workspace=workspace, **fixed).values_list("name", flat=True))
    rows.bulk_create(
        [model(workspace=workspace, name=name, **fixed) for name in dict.fromkeys(names) if name not in known]
    )


def _make_sellers(export: Export, workspace: Workspace, by: Member | None) -> None:
    """Sellers known by name only: they own deals and count, and cannot sign in until they are invited."""
    found = [name for table, column in SELLER_COLUMNS for name in _values(export.tables.get(table), column)]
    found += _values(export.tables.get("deals"), "team_members")
    found += [
        *_values(export.companies, "owner"),
        *_values(export.people, "owner"),
        *_values(export.activities, "member"),
    ]
    teams = {team.name: team for team in Team.objects.filter(workspace=workspace)}
    of_team = _teams_of_sellers(export)
    new = [
        Member(
            workspace=workspace,
            name=name,
            imported_as=name,
            role=Role.REP,
            source=export.source,
            team=teams.get(of_team.get(name, "")),
        )
        for name in _not_here(found)
    ]
    for member in Member.objects.bulk_create(new):
        record(member, "member.imported", by=by, name=member.name)


def _not_here(sellers: list[str]) -> list[str]:
    """Of the names of sellers those that mean nobody yet, each once in any case of letters, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(NOT_HERE, [sellers])
        return [row[0] for row in cursor.fetchall()]


def _teams_of_sellers(export: Export) -> dict[str, str]:
    deals = export.tables.get("deals")
    if deals is None or not {"owner", "team"} <= set(deals.schema.names):
        return {}
    pairs = deals.select(["owner", "team"]).group_by(["owner", "team"]).aggregate([]).to_pylist()
    return {pair["owner"]: pair["team"] for pair in pairs if pair["owner"] and pair["team"]}


def _make_pipelines(export: Export, workspace: Workspace, by: Member | None) -> None:
    """Pipelines by name; a known one gets the stages it lacks. Each has exactly one stage for won, lost and cancelled."""
    stages = export.tables.get("stages")
    rows = [] if stages is None else stages.sort_by([("pipeline", "ascending"), ("position", "ascending")]).to_pylist()
    for name in dict.fromkeys(row["pipeline"] for row in rows):
        pipeline, created = Pipeline.objects.get_or_create(
            workspace=workspace, name=name, defaults={"position": Pipeline.objects.count()}
        )
        _make_stages(pipeline, [row for row in rows if row["pipeline"] == name])
        if created:
            record(pipeline, "pipeline.made", by=by, name=name)


def _make_stages(pipeline: Pipeline, rows: list[dict[str, Any]]) -> None:
    known = {stage.name: stage for stage in pipeline.stages.all()}
    kinds = {stage.kind for stage in known.values()}
    position = (pipeline.stages.aggregate(last=Max("position"))["last"] or 0) + 1
    wanted = [row for row in rows if row["stage"] not in known]
    open_count = sum(row["kind"] == Kind.OPEN for row in wanted)
    new = [
        _open(pipeline, row, position + n, (n + 1) / (open_count + 1))
        for n, row in enumerate(r for r in wanted if r["kind"] == Kind.OPEN)
    ]
    names = {row["kind"]: row["stage"] for row in reversed(wanted)}
    for kind, usual, probability in (
        (Kind.WON, _("Won"), 100),
        (Kind.LOST, _("Lost"), 0),
        (Kind.CANCELLED, _("Cancelled"), 0),
    ):
        if kind not in kinds:
            taken = {*known, *(stage.name for stage in new)}
            name = names.get(kind, usual)
            position += len(new) + 1
            new.append(_closed(pipeline, kind, f"{name} ({kind})" if name in taken else name, probability, position))
    Stage.objects.bulk_create(new)


def _open(pipeline: Pipeline, row: dict[str, Any], position: int, share: float) -> Stage:
    """An open stage; where the source gives no probability, an even step up to it, which measuring will correct."""
    given = row["probability"] if row["probability"] is not None else share
    probability = min(Decimal("99.99"), max(Decimal(0), Decimal(str(round(given * 100, 2)))))
    return Stage(
        workspace_id=pipeline.workspace_id,
        pipeline=pipeline,
        name=row["stage"],
        position=position,
        kind=Kind.OPEN,
        probability=probability,
    )


def _closed(pipeline: Pipeline, kind: str, name: str, probability: int, position: int) -> Stage:
    return Stage(
        workspace_id=pipeline.workspace_id,
        pipeline=pipeline,
        name=name,
        position=position,
        kind=kind,
        probability=Decimal(probability),
    )


def _make_fields(deals: pa.Table, workspace: Workspace) -> None:
    """Columns nobody knows become custom text fields, so that nothing of the file is lost."""
    known = set(FieldDefinition.objects.filter(workspace=workspace, table="deal").values_list("key", flat=True))
    new = [
        name
        for name in deals.schema.names
        if name.startswith("x_") and field_key(name) not in known and _values(deals, name)
    ]
    FieldDefinition.objects.bulk_create(
        FieldDefinition(
            workspace=workspace, table="deal", key=field_key(name), label=name[2:].replace("_", " ").capitalize(), kind="text", position=len(known) + n
        )
        for n, name in enumerate(new[:MOST_FIELDS])
    )  # fmt: skip


def field_key(column: str) -> str:
    """The key of the custom field behind an `x_` column."""
    return slug_of(column[2:]).replace("-", "_")
