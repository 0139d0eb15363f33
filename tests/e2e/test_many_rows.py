"""Lists as one works in them: by keyboard, in place, many rows at once, as saved views; and a board with others on it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Place
from tests.e2e.test_accessibility import faults
from tests.e2e.test_board import board, card, column, drag


@pytest.fixture
def five(place: Place) -> None:
    for n in range(5):
        place.deal(f"Deal {n}", amount=1000 + n)


@pytest.mark.usefixtures("five")
def test_a_row_is_walked_to_and_its_cell_changed_by_keyboard_alone(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/?sort=name&columns=name,amount,owner")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_contain_text("Deal 1")
    page.keyboard.press("e")
    page.locator("[data-cell-form] input[name=value]").fill("2,5")
    page.keyboard.press("Control+A")
    page.keyboard.type("45k")
    page.keyboard.press("Enter")
    expect(page.locator("tr.is-current")).to_contain_text("45\u202f000")
    expect(page.locator("#save")).to_have_text("Saved")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Deal 1")


@pytest.mark.usefixtures("five")
def test_a_refused_value_says_why_and_escape_leaves_the_cell(place: Place) -> None:
    place.guard.allow("422")
    page = place.page()
    page.goto(f"{place.home}/deals/?sort=name&columns=name,amount")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("[data-cell-form] input[name=value]")).to_be_focused()
    page.keyboard.type("a lot")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-hint")).to_contain_text("not an amount")
    expect(page.locator("[data-cell-form] input[name=value]")).to_have_value("a lot")
    page.keyboard.press("Escape")
    expect(page.locator("[data-cell-form]")).to_have_count(0)
    expect(page.locator("tr[data-row]").first).to_contain_text("1\u202f000")


@pytest.mark.usefixtures("five")
def test_many_are_selected_assigned_and_given_back(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/?sort=name&columns=name,owner")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-count-selected]")).to_have_text("2 selected")
    page.get_by_role("button", name="Assign").click()
    page.get_by_label("Owner").select_option(label="Bob Berg")
    assert faults(page) == []
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("#toast")).to_contain_text("2 rows changed")
    expect(page.locator("tr[data-row]", has_text="Bob Berg")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("2 rows as they were")
    expect(page.locator("tr[data-row]", has_text="Bob Berg")).to_have_count(0)


@pytest.mark.usefixtures("five")
def test_a_view_is_saved_and_shared_between_list_and_board(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/?amount.over=1002&sort=-amount")
    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name").fill("Big ones")
    page.get_by_label("Who sees it").select_option("all")
    assert faults(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/deals/\?view=\d+$"))
    expect(page.locator(".views [aria-current]")).to_have_text("Big ones")
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.locator(".deal")).to_have_count(2)
    bob = place.page("bob")
    bob.goto(f"{place.home}/board/")
    bob.get_by_role("link", name="Big ones").click()
    expect(bob.locator(".deal")).to_have_count(2)


@pytest.mark.usefixtures("five")
def test_a_condition_is_chosen_changed_and_lifted_on_the_phone(place: Place) -> None:
    page = place.page(size="phone")
    page.goto(f"{place.home}/deals/")
    page.locator(".cond-add", has_text="condition").tap()
    page.locator(".cond-pop").get_by_role("link", name="Amount", exact=True).tap()
    assert faults(page) == []
    page.get_by_label("Comparison").select_option("over")
    page.get_by_label("Value").fill("1 003")
    page.get_by_role("button", name="Show").tap()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.get_by_label("Lift: Amount over 1\u202f003").tap()
    expect(page.locator("tr[data-row]")).to_have_count(5)


def test_a_stage_asks_for_what_is_missing_and_cancel_leaves_the_card(place: Place) -> None:
    from vunnet.deals.gates import set_gate

    place.guard.allow("409")
    pump = place.deal("Heat pump", amount=640_000)
    with place.room():
        set_gate(place.house.stage("Site visit"), ["closes"], by=place.house.alice)
    page = board(place)
    drag(page, card(page, pump), column(page, "Site visit").locator("ul"))
    expect(page.locator("dialog[open]")).to_contain_text("Site visit asks for a little more")
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}")).to_be_visible()
    assert faults(page) == []
    page.get_by_text("Leave it where it is").click()
    assert place.stage_of(pump) == "New prospect"
    drag(page, card(page, pump), column(page, "Site visit").locator("ul"))
    page.get_by_label("Expected close").fill("2027-02-01")
    page.get_by_role("button", name="Save and move").click()
    expect(column(page, "Site visit").locator(f"#deal-{pump.pk}")).to_be_visible()
    assert place.stage_of(pump) == "Site visit"


def test_others_moves_appear_within_five_seconds_but_not_under_a_card_in_hand(place: Place) -> None:
    from vunnet.deals.actions import change_deal, move_deal

    pump, boiler = place.deal("Heat pump", amount=640_000), place.deal("Boiler", "Contacted", amount=90_000)
    page = board(place)
    with place.room():
        move_deal(pump, place.house.stage("Site visit"), by=place.house.bob)
    expect(column(page, "Site visit").locator(f"#deal-{pump.pk}")).to_be_visible(timeout=5_000)
    expect(column(page, "New prospect").locator("h2 .num").first).to_have_text("0")
    card(page, boiler).locator("a").first.focus()
    page.keyboard.press("Space")
    with place.room():
        change_deal(boiler, by=place.house.bob, amount=Decimal(91_000))
    page.wait_for_timeout(4_500)
    expect(card(page, boiler)).to_contain_text("90\u202f000")
    page.keyboard.press("Escape")
    expect(card(page, boiler)).to_contain_text("91\u202f000", timeout=5_000)


def test_a_card_changes_owner_on_a_board_by_owner(place: Place) -> None:
    pump = place.deal("Heat pump", amount=640_000)
    place.deal("Boiler", amount=90_000, by=place.house.bob)
    page = place.page()
    page.goto(f"{place.home}/board/?by=owner")
    expect(page.locator("#board[data-ready]")).to_be_visible()
    drag(page, card(page, pump), column(page, "Bob Berg").locator("ul"))
    expect(column(page, "Bob Berg").locator("h2 .num").first).to_have_text("2")
    with place.room():
        pump.refresh_from_db()
        assert pump.owner == place.house.bob
