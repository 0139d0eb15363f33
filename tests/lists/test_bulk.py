"""Many rows at once: changed, left alone with a reason, and given back exactly what stood there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.lists.asking import names
from vunnet.deals.actions import change_deal, lose_deal
from vunnet.deals.gates import set_gate
from vunnet.deals.models import Deal
from vunnet.deals.removal import delete_deal, restore_deal
from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken
from vunnet.lists import bulk
from vunnet.lists.bulk import begin_change, begin_undo, do_piece, undo_piece
from vunnet.lists.models import BulkChange
from vunnet.workspaces.actions import define_field
from vunnet.workspaces.tags import drop_tag, find_or_make_tag, rename_tag


@pytest.fixture
def three(house: Any) -> list[Any]:
    return [
        house.deal(name, amount=amount, by=house.bob)
        for name, amount in (("A", Decimal(10)), ("B", Decimal(20)), ("C", None))
    ]


def begun(house: Any, deals: list[Any], **what: Any) -> BulkChange:
    change = begin_change(house.alice, table="deals", numbers=[deal.pk for deal in deals], **what)
    while do_piece(change):
        pass
    change.refresh_from_db()
    return change


def outcomes(change: BulkChange) -> dict[str, int]:
    found: dict[str, int] = {}
    for outcome in change.rows.values_list("outcome", flat=True):
        found[outcome] = found.get(outcome, 0) + 1
    return found


def undone(house: Any, change: BulkChange) -> None:
    begin_undo(change, by=house.alice)
    while undo_piece(change, by=house.alice):
        pass


def test_rows_change_and_those_that_stood_so_already_are_told_apart(house: Any, three: list[Any]) -> None:
    change_deal(three[0], by=house.bob, owner=house.alice)
    before = Entry.objects.filter(verb="deal.changed").count()
    change = begun(house, three, verb="change", field="owner", value=house.alice.pk)
    assert outcomes(change) == {"changed": 2, "same": 1}
    assert change.status == "done"
    assert change.done == 3
    assert set(Deal.objects.values_list("owner_id", flat=True)) == {house.alice.pk}
    entries = Entry.objects.filter(verb="deal.changed").order_by("-pk")
    assert entries.count() == before + 2
    assert entries[0].changes == {"owner": [house.bob.pk, house.alice.pk]}


@pytest.mark.parametrize("piece", [1, 2, 500])
def test_a_change_in_pieces_ends_equal(house: Any, three: list[Any], piece: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "PIECE", piece)
    change = begun(house, three, verb="change", field="closes", value="2027-03-01")
    assert outcomes(change) == {"changed": 3}
    assert set(Deal.objects.values_list("expected_close_on", flat=True)) == {date(2027, 3, 1)}
    undone(house, change)
    assert outcomes(change) == {"undone": 3}
    assert set(Deal.objects.values_list("expected_close_on", flat=True)) == {None}


def test_undo_restores_each_rows_own_value_and_keeps_what_changed_since(house: Any, three: list[Any]) -> None:
    change = begun(house, three, verb="change", field="amount", value="99")
    change_deal(Deal.objects.get(name="B"), by=house.bob, amount=Decimal(7))
    undone(house, change)
    assert dict(Deal.objects.values_list("name", "amount")) == {"A": Decimal(10), "B": Decimal(7), "C": None}
    assert outcomes(change) == {"undone": 2, "kept": 1}
    assert change.rows.get(outcome="kept").why == "Somebody changed it since."
    change.refresh_from_db()
    with pytest.raises(RuleBroken, match="cannot be undone"):
        begin_undo(change, by=house.alice)


def test_a_custom_value_is_typed_and_undone(house: Any, three: list[Any]) -> None:
    define_field(house.alice, table="deal", label="Size", kind="number")
    change_deal(three[0], by=house.alice, custom={"size": "3"})
    change = begun(house, three, verb="change", field="x_size", value="5")
    assert set(Deal.objects.values_list("custom__size", flat=True)) == {5}
    undone(house, change)
    assert sorted(str(custom) for custom in Deal.objects.values_list("custom", flat=True)) == [
        "{'size': 3}",
        "{}",
        "{}",
    ]


def test_stages_are_moved_one_by_one_and_refusals_told(house: Any, three: list[Any]) -> None:
    lose_deal(three[0], by=house.bob, note="No")
    visit = house.stage("Site visit")
    set_gate(visit, ["amount"], by=house.alice)
    change = begun(house, three, verb="change", field="stage", value=visit.pk)
    assert outcomes(change) == {"changed": 1, "skipped": 2}
    whys = set(change.rows.filter(outcome="skipped").values_list("why", flat=True))
    assert any("closed" in why for why in whys)
    assert "Site visit asks for Amount." in whys
    undone(house, change)
    assert Deal.objects.get(name="B").stage.name == "New prospect"


def test_tags_are_put_taken_off_renamed_and_undone(house: Any, three: list[Any]) -> None:
    tag = find_or_make_tag(house.bob, "Fair")
    assert find_or_make_tag(house.alice, " fair ") == tag
    change = begun(house, three[:2], verb="tag", value=tag.pk)
    assert names(house.alice, f"tags={tag.pk}") == ["A", "B"]
    off = begun(house, three, verb="untag", value=tag.pk)
    assert outcomes(off) == {"changed": 2, "same": 1}
    undone(house, off)
    undone(house, change)
    assert names(house.alice, f"tags={tag.pk}") == []
    rename_tag(tag, "Expo", by=house.alice)
    other = find_or_make_tag(house.alice, "Spring")
    with pytest.raises(RuleBroken, match="already"):
        rename_tag(other, "EXPO", by=house.alice)
    drop_tag(tag, by=house.alice)
    with pytest.raises(RuleBroken):
        rename_tag(other, "Summer", by=house.bob)


def test_nothing_foreign_and_nothing_by_a_viewer(house: Any, three: list[Any]) -> None:
    with pytest.raises(RuleBroken):
        begin_change(house.carol, table="deals", numbers=[three[0].pk], verb="change", field="amount", value="1")
    change = begun(house, three, verb="change", field="amount", value="1")
    missing = begin_change(house.alice, table="deals", numbers=[10**12], verb="change", field="amount", value="1")
    do_piece(missing)
    assert missing.rows.get().outcome == "skipped"
    with pytest.raises(RuleBroken, match="Only who did it"):
        begin_undo(change, by=house.bob)
    assert BulkChange.objects.visible_to(house.bob).count() == 0


def test_after_seven_days_it_stays(house: Any, three: list[Any]) -> None:
    change = begun(house, three, verb="change", field="amount", value="1")
    BulkChange.objects.filter(pk=change.pk).update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(RuleBroken, match="cannot be undone"):
        begin_undo(change, by=house.alice)


def test_deleting_many_hides_them_and_undo_brings_them_back(house: Any, three: list[Any]) -> None:
    delete_deal(three[0], by=house.bob)
    change = begun(house, three, verb="delete")
    assert outcomes(change) == {"changed": 2, "skipped": 1}
    assert not Deal.objects.visible_to(house.alice).exists()
    restore_deal(three[1], by=house.alice)
    undone(house, change)
    assert outcomes(change) == {"undone": 1, "kept": 1, "skipped": 1}
    assert {deal.name for deal in Deal.objects.visible_to(house.alice)} == {"B", "C"}
