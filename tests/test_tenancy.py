"""No workspace sees another's rows: in the database, found from its catalogue, and at every address, walked as Mallory."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error, connection, transaction

from vunnet.workspaces import walls

TENANT_TABLES = """
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    UNION SELECT 'workspaces_workspace', relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'workspaces_workspace'
    ORDER BY 1
"""
# Columns ending in _id of tenant tables without a foreign key that carries the workspace along. Not the stage that a change
# begins from: the chain holds that it is the one where the change before ended, and that one has its key.
LOOSE_REFERENCES = """
    SELECT c.relname || '.' || a.attname FROM pg_class c
    JOIN pg_attribute w ON w.attrelid = c.oid AND w.attname = 'workspace_id'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname LIKE '%%\\_id' AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.atttypid = 'bigint'::regtype
      AND a.attname NOT IN ('workspace_id', 'row_id') AND (c.relname, a.attname) NOT IN (('workspaces_member', 'user_id'), ('deals_stagechange', 'from_stage_id'))
      AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'
                      AND f.conkey @> ARRAY[w.attnum, a.attnum])
"""


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_every_table_with_a_workspace_has_a_wall(db: None) -> None:
    tables = rows(TENANT_TABLES)
    assert len(tables) > 20
    assert [name for name, walled in tables if not walled] == []


def test_every_reference_carries_the_workspace_along(db: None) -> None:
    assert rows(LOOSE_REFERENCES) == []


def test_without_a_scope_nothing_is_seen_in_any_tenant_table(house: Any) -> None:
    house.deal()
    with walls.scope():
        counts = {name: rows(f'SELECT count(*) FROM "{name}"')[0][0] for name, _walled in rows(TENANT_TABLES)}
    assert {name: count for name, count in counts.items() if count} == {}


def test_a_scope_sees_its_own_rows_and_no_others(house: Any) -> None:
    house.deal()
    assert rows("SELECT DISTINCT workspace_id FROM deals_stage") == [(house.workspace.pk,)]
    with walls.scope(workspace_id=house.other.pk):
        assert rows("SELECT DISTINCT workspace_id FROM deals_stage") == [(house.other.pk,)]
        assert rows("SELECT count(*) FROM deals_deal") == [(0,)]
    assert rows("SELECT count(*) FROM deals_deal") == [(1,)]


def test_a_row_cannot_be_written_into_another_workspace(house: Any) -> None:
    with pytest.raises(Error, match="row-level security"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deals_product (workspace_id, name, currency, is_archived) VALUES (%s, 'x', '', false)",
            [house.other.pk],
        )


def test_a_row_cannot_be_moved_into_another_workspace(house: Any) -> None:
    house.deal()
    with pytest.raises(Error, match="row-level security"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE deals_deal SET workspace_id = %s", [house.other.pk])


def test_a_reference_into_another_workspace_is_refused_whoever_writes_it(house: Any) -> None:
    deal = house.deal()
    with connection.cursor() as cursor:
        with pytest.raises(Error, match="deals_deal_owner_id_room"), transaction.atomic():
            cursor.execute("UPDATE deals_deal SET owner_id = %s WHERE id = %s", [house.mallory.pk, deal.pk])
        with (
            pytest.raises(Error, match="activities_activity_deal_id_room"),
            transaction.atomic(),
            walls.scope(workspace_id=house.other.pk),
        ):
            cursor.execute(
                "INSERT INTO activities_activity (workspace_id, kind, deal_id, at, created_at, subject, body, direction, due_has_time, source, external_id) "
                "VALUES (%s, 'note', %s, now(), now(), '', '', '', false, '', '')",
                [house.other.pk, deal.pk],
            )


def test_a_member_sees_the_workspaces_they_belong_to_and_no_other(house: Any) -> None:
    with walls.scope(user_id=house.alice.user_id):
        assert rows("SELECT id FROM workspaces_workspace") == [(house.workspace.pk,)]
        assert rows("SELECT user_id FROM workspaces_member") == [(house.alice.user_id,)]
        assert rows("SELECT count(*) FROM deals_stage") == [(0,)]


def test_the_scope_ends_with_its_transaction(committed: str) -> None:
    with walls.scope(workspace_id=7, user_id=8):
        assert rows("SELECT current_setting('vunnet.workspace'), current_setting('vunnet.user')") == [("7", "8")]
    assert rows("SELECT current_setting('vunnet.workspace', true), current_setting('vunnet.user', true)") == [("", "")]


def test_the_serving_role_owns_nothing_and_bypasses_nothing(db: None) -> None:
    assert rows("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        ("vunnet_app", False, False)
    ]
    assert rows("SELECT count(*) FROM pg_class WHERE relowner = 'vunnet_app'::regrole") == [(0,)]
