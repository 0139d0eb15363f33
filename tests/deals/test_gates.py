"""Stages that ask for fields before they let a deal in."""

from __future__ import annotations

from typing import Any

import pytest

from vunnet.deals.actions import change_deal, move_deal, undo_move, win_deal
from vunnet.deals.gates import GateClosed, set_gate
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import define_field


def test_a_stage_lets_a_deal_in_when_its_fields_are_filled(house: Any) -> None:
    define_field(house.alice, table="deal", label="Size", kind="number")
    visit = set_gate(house.stage("Site visit"), ["closes", "x_size"], by=house.alice)
    deal = house.deal(by=house.bob)
    with pytest.raises(GateClosed, match="Site visit asks for Expected close, Size") as refusal:
        move_deal(deal, visit, by=house.bob)
    assert refusal.value.missing == ("closes", "x_size")
    change_deal(deal, by=house.bob, custom={"size": "0"}, expected_close_on="2027-01-01")
    assert move_deal(deal, visit, by=house.bob).to_stage == visit


def test_moving_back_undoing_and_importing_are_not_asked(house: Any) -> None:
    deal = house.deal(by=house.bob)
    visit = house.stage("Site visit")
    move_deal(deal, visit, by=house.bob)
    back = move_deal(deal, house.stage("Contacted"), by=house.bob)
    set_gate(visit, ["closes"], by=house.alice)
    undo_move(deal, by=house.bob, link=back.link)
    deal.refresh_from_db()
    assert deal.stage == visit
    set_gate(house.stage("Contacted"), ["closes"], by=house.alice)
    move_deal(deal, house.stage("Contacted"), by=house.bob)
    move_deal(deal, visit, by=None)


def test_winning_asks_too(house: Any) -> None:
    set_gate(house.stage("Won"), ["product"], by=house.alice)
    with pytest.raises(GateClosed, match="Product"):
        win_deal(house.deal(by=house.bob), by=house.bob)


def test_only_known_fields_and_only_by_admins(house: Any) -> None:
    with pytest.raises(RuleBroken, match="cannot ask for password"):
        set_gate(house.stage("Won"), ["password"], by=house.alice)
    with pytest.raises(RuleBroken, match="owners and admins"):
        set_gate(house.stage("Won"), ["amount"], by=house.bob)
