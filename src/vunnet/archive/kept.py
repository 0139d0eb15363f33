"""What an archive keeps: every table of a workspace but those named here with the reason, parents before what points at them."""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db import models

FORMAT = 1
# A table born later is kept unless it is written down here: forgetting one costs nothing.
LEFT_OUT = {
    "workspaces_workspace": "stands in the manifest",
    "workspaces_invitation": "a secret of its link",
    "workspaces_searchtoken": "the database makes it anew",
    "activities_attachmentpart": "its bytes are files of the archive",
    "reports_kept": "computed anew",
    "imports_import": "a working paper: the uploaded files and how far they came",
    "imports_importfile": "goes with the import",
    "imports_importfilepart": "goes with the import",
    "imports_importrefusal": "goes with the import",
    "lists_bulkchange": "undone for seven days only",
    "lists_bulkrow": "goes with the bulk change",
    "activities_sentonce": "numbers of forms a phone sent, kept for days",
    "notices_position": "how far the journal was read here",
    "notices_notice": "told already",
    "notices_digest": "sent already",
    "notices_mail": "sent already, or not to be sent twice",
    "archive_restoration": "a working paper: the uploaded archive and how far it came",
    "archive_restorationpart": "goes with the restoration",
}
JOURNAL = "journal_entry"
# Numbered by the transaction that writes the row.
NOT_KEPT = {"workspace", "transaction"}
# What the journal's entries call rows of other tables in their `changes`, besides the columns of their own table.
CALLED = {
    "deal": "deals_deal", "deals": "deals_deal", "stage": "deals_stage", "from_stage": "deals_stage", "to_stage": "deals_stage",
    "company": "contacts_company", "companies": "contacts_company", "person": "contacts_person", "people": "contacts_person",
    "owner": "workspaces_member", "member": "workspaces_member", "members": "workspaces_member", "team": "workspaces_team",
    "product": "deals_product", "origin": "deals_source", "reason": "deals_reason", "close_reason": "deals_reason",
    "pipeline": "deals_pipeline", "tag": "workspaces_tag", "activity": "activities_activity", "activities": "activities_activity",
}  # fmt: skip
# Those that mean a row of the entry's own table.
OWN = {"merged", "into", "out_of"}


@cache
def tables() -> list[type[models.Model]]:
    """The models an archive keeps, parents first and the journal last."""
    found = {
        m._meta.db_table: m for m in apps.get_models() if _is_of_a_workspace(m) and m._meta.db_table not in LEFT_OUT
    }
    before: dict[str, set[str]] = {name: set(references(m).values()) & set(found) - {name} for name, m in found.items()}
    before[JOURNAL] = set(found) - {JOURNAL}
    return [found[name] for name in TopologicalSorter(before).static_order()]


def _is_of_a_workspace(model: type[models.Model]) -> bool:
    return any(field.name == "workspace" for field in model._meta.concrete_fields)


def columns(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """A table's columns as an archive keeps them, its number first; none that the database computes by itself."""
    kept = [f for f in model._meta.concrete_fields if f.name not in NOT_KEPT and not f.generated]
    return {str(field.column): field for field in sorted(kept, key=lambda field: not field.primary_key)}


def references(model: type[models.Model]) -> dict[str, str]:
    """Column → table, of the columns that hold another row's number."""
    return {
        name: f.related_model._meta.db_table
        for name, f in columns(model).items()
        if isinstance(f, models.ForeignKey) and isinstance(f.related_model, type)
    }
