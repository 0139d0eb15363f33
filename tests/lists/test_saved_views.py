"""Saved views: one's own, the team's, everybody's; and who may change which."""

from __future__ import annotations

from typing import Any

import pytest

from vunnet.journal.models import Entry
from vunnet.lib.errors import NotUnderstood, RuleBroken
from vunnet.lists.actions import choose_default, delete_view, rename_view, save_view, share_view, update_view
from vunnet.lists.models import DefaultView, SavedView
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member, Team


def seen(by: Any) -> list[str]:
    return [view.name for view in SavedView.objects.visible_to(by)]


def test_a_view_is_ones_own_until_it_is_shared(house: Any) -> None:
    view = save_view(house.alice, table="deals", name="Big ones", query="amount.over=1000&sort=-amount")
    assert (seen(house.alice), seen(house.bob)) == (["Big ones"], [])
    share_view(view, "all", by=house.alice)
    assert seen(house.bob) == ["Big ones"]
    choose_default(house.bob, "deals", view)
    share_view(view, "own", by=house.alice)
    assert seen(house.bob) == []
    assert not DefaultView.objects.exists()
    verbs = list(Entry.objects.filter(table="lists_savedview").order_by("id").values_list("verb", flat=True))
    assert verbs == ["view.saved", "view.shared", "view.made_default", "view.shared"]


def test_a_team_sees_its_own_views_only(house: Any) -> None:
    west = Team.objects.create(workspace=house.workspace, name="West")
    with pytest.raises(RuleBroken, match="no team"):
        save_view(house.alice, table="deals", name="Ours", query="", audience="team")
    Member.objects.filter(pk=house.alice.pk).update(team=west)
    house.alice.refresh_from_db()
    save_view(house.alice, table="deals", name="Ours", query="", audience="team")
    assert seen(house.bob) == []
    Member.objects.filter(pk=house.bob.pk).update(team=west)
    house.bob.refresh_from_db()
    assert seen(house.bob) == ["Ours"]


def test_only_its_owner_changes_a_view_and_an_admin_a_shared_one(house: Any) -> None:
    view = save_view(house.bob, table="people", name="Mine", query="owner=me")
    with pytest.raises(RuleBroken, match="Bob"):
        rename_view(view, "Hers", by=house.alice)
    share_view(view, "all", by=house.bob)
    rename_view(view, "Ours", by=house.alice)
    update_view(view, "owner=me&sort=-created", by=house.bob)
    with pytest.raises(RuleBroken, match="Bob"):
        delete_view(view, by=house.carol)
    delete_view(view, by=house.bob)
    assert not SavedView.objects.exists()


def test_a_view_that_could_not_be_opened_is_not_kept(house: Any) -> None:
    with pytest.raises(NotUnderstood):
        save_view(house.alice, table="deals", name="Bad", query="password=x")
    with pytest.raises(RuleBroken, match="no list"):
        save_view(house.alice, table="users", name="Bad", query="")
    save_view(house.alice, table="deals", name="Good", query="by=owner&lanes=owner")
    with pytest.raises(RuleBroken, match="already"):
        save_view(house.alice, table="deals", name=" good", query="")


def test_a_viewer_keeps_views_but_shares_none(house: Any) -> None:
    view = save_view(house.carol, table="deals", name="Hers", query="")
    with pytest.raises(RuleBroken, match="not share"):
        share_view(view, "all", by=house.carol)


def test_a_view_belongs_to_its_table_and_its_workspace(house: Any) -> None:
    view = save_view(house.alice, table="deals", name="Good", query="", audience="all")
    with pytest.raises(RuleBroken, match="another list"):
        choose_default(house.alice, "people", view)
    with walls.scope(workspace_id=house.other.pk):
        assert not SavedView.objects.exists()
