"""A workspace goes whole, and nothing else does; history has no other way out."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error, connection, transaction

from tests.test_tenancy import TENANT_TABLES, rows
from vunnet.activities.actions import log_activity
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.erasure import erase_workspace
from vunnet.workspaces.models import Member, User


def counts() -> dict[str, int]:
    return {name: n for name, _walled in rows(TENANT_TABLES) if (n := rows(f'SELECT count(*) FROM "{name}"')[0][0])}


def test_an_owner_erases_everything_and_the_others_keep_theirs(house: Any) -> None:
    log_activity(house.bob, workspace=house.workspace, kind="note", deal=house.deal(), body="Likes the quiet model")
    with walls.scope(workspace_id=house.other.pk):
        before = counts()
    assert counts().keys() >= {"deals_stagechange", "journal_entry", "activities_activity", "workspaces_searchtoken"}
    erase_workspace(house.workspace, by=house.alice, name=house.workspace.name)
    assert counts() == {}
    with walls.scope(user_id=house.alice.user_id):
        assert not Member.objects.filter(user_id=house.alice.user_id).exists()
    with walls.scope(workspace_id=house.other.pk):
        assert counts() == before
    assert User.objects.filter(email="alice@example.org").exists()


@pytest.mark.parametrize("who", ["bob", "carol", "mallory"])
def test_nobody_but_an_owner_erases(house: Any, who: str) -> None:
    with pytest.raises(RuleBroken, match="Only an owner"):
        erase_workspace(house.workspace, by=getattr(house, who), name=house.workspace.name)


def test_the_name_must_be_said(house: Any) -> None:
    with pytest.raises(RuleBroken, match="Write the workspace's name"):
        erase_workspace(house.workspace, by=house.alice, name="Fjell")
    assert counts()


def test_without_a_scope_nothing_is_erased(house: Any) -> None:
    with (
        walls.scope(),
        pytest.raises(Error, match="no workspace is open"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute("SELECT erase_workspace()")
    assert counts()


def removed(table: str, switch: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vunnet.purging', %s, true)", [switch])
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ["deals_stagechange", "journal_entry"])
@pytest.mark.parametrize("switch", ["deals", "workspace", ""])
def test_what_is_appended_has_two_locks_for_whoever_serves(house: Any, table: str, switch: str) -> None:
    house.deal()
    with pytest.raises(Error, match="permission denied"):
        removed(table, switch)
    with connection.cursor() as cursor:  # The first lock taken off, to see the second.
        cursor.execute(f"SET LOCAL ROLE vunnet_owner; GRANT DELETE ON {table} TO vunnet_app; SET LOCAL ROLE vunnet_app")
    with pytest.raises(Error, match="appended, never edited"):
        removed(table, switch)
