"""Moving deals on the board: by mouse, touch, keyboard and menu; closing, undoing, and being refused."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Place


@pytest.fixture
def pump(place: Place) -> Any:
    deal = place.deal("Heat pump", amount=640_000)
    place.deal("Boiler swap", "Contacted", amount=90_000)
    return deal


def board(place: Place, size: str = "desk", who: str = "alice") -> Page:
    page = place.page(who, size)
    page.goto(f"{place.home}/board/")
    expect(page.locator("#board" if who == "carol" else "#board[data-ready]")).to_be_visible()
    return page


def column(page: Page, name: str) -> Locator:
    return page.locator(f".stage[data-name='{name}']")


def card(page: Page, deal: Any) -> Locator:
    return page.locator(f"#deal-{deal.pk}")


def drag(page: Page, what: Locator, where: Locator) -> None:
    """With the mouse, in steps, as a hand does."""
    start, end = what.bounding_box(), where.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 60, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 36, steps=4)
    y = end["y"] + 40 if end["y"] > 0 else start["y"] + 30
    page.mouse.move(end["x"] + end["width"] / 2, y, steps=12)
    page.mouse.up()


def test_a_card_is_dragged_to_another_stage_with_the_mouse(place: Place, pump: Any) -> None:
    page = board(place)
    drag(page, card(page, pump), column(page, "Site visit").locator("ul"))
    expect(column(page, "Site visit").locator(f"#deal-{pump.pk}")).to_be_visible()
    expect(column(page, "Site visit").locator("h2 .num").first).to_have_text("1")
    expect(column(page, "New prospect").locator("h2 .num").first).to_have_text("0")
    expect(page.locator("#sums")).to_contain_text("265 k kr weighted")
    assert place.stage_of(pump) == "Site visit"


def test_undo_takes_the_move_back_within_ten_seconds(place: Place, pump: Any) -> None:
    page = board(place)
    drag(page, card(page, pump), column(page, "Negotiation").locator("ul"))
    page.get_by_role("button", name="Undo").click()
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}")).to_be_visible()
    assert place.stage_of(pump) == "New prospect"


def test_the_offer_to_undo_goes_after_ten_seconds(place: Place, pump: Any) -> None:
    page = board(place)
    page.clock.install()
    drag(page, card(page, pump), column(page, "Contacted").locator("ul"))
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(11_000)
    expect(undo).to_have_count(0)


def test_a_card_is_moved_by_keyboard_alone(place: Place, pump: Any) -> None:
    page = board(place)
    card(page, pump).locator("a").first.focus()
    says = page.locator("#board-says")
    page.keyboard.press("Space")
    expect(says).to_have_text("Picked up. New prospect.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text("Over Needs mapped.")
    page.keyboard.press("Space")
    expect(column(page, "Needs mapped").locator(f"#deal-{pump.pk}")).to_be_visible()
    expect(says).to_have_text("Moved to Needs mapped.")
    expect(card(page, pump).locator("a").first).to_be_focused()
    assert place.stage_of(pump) == "Needs mapped"


def test_escape_leaves_a_card_where_it_was(place: Place, pump: Any) -> None:
    page = board(place)
    card(page, pump).locator("a").first.focus()
    for key in ("Space", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#board-says")).to_have_text("Left where it was.")
    assert place.stage_of(pump) == "New prospect"


def test_arrows_walk_over_the_board(place: Place, pump: Any) -> None:
    page = board(place)
    card(page, pump).locator("a").first.focus()
    page.keyboard.press("ArrowRight")
    expect(column(page, "Contacted").locator(".deal a").first).to_be_focused()


def press_and_pull(page: Page, what: Locator) -> None:
    """With a finger: held until the card is lifted, then to the right edge, where the next column peeks."""
    box = what.bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + 120, box["y"] + 30
    finger("touchStart", x, y)
    page.wait_for_timeout(400)
    for n in range(1, 9):
        finger("touchMove", x + (384 - x) * n / 8, y + 4)
        page.wait_for_timeout(30)
    expect(page.locator(".stage[data-over]").first).to_be_visible()
    finger("touchEnd", 0, 0)


def test_a_card_is_moved_by_a_long_press_on_the_phone(place: Place, pump: Any) -> None:
    page = board(place, "phone")
    press_and_pull(page, card(page, pump))
    expect(column(page, "New prospect").locator("h2 .num").first).to_have_text("0")
    assert place.stage_of(pump) != "New prospect"


def test_a_short_touch_opens_the_deal(place: Place, pump: Any) -> None:
    page = board(place, "phone")
    card(page, pump).tap()
    expect(page).to_have_url(f"{place.home}/deals/{pump.pk}/")


def test_a_tab_of_the_phone_slides_to_its_stage(place: Place, pump: Any) -> None:
    page = board(place, "phone")
    page.locator(".stage-tabs a", has_text="Quote sent").tap()
    expect(column(page, "Quote sent").locator("h2")).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".stage-tabs a[aria-current]")).to_have_text("Quote sent 0")


def test_a_card_is_moved_from_its_menu(place: Place, pump: Any) -> None:
    page = board(place)
    card(page, pump).hover()
    card(page, pump).get_by_role("link", name="Move Heat pump to…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="New prospect")).to_be_disabled()
    dialog.get_by_role("button", name="Quote sent").click()
    expect(column(page, "Quote sent").locator(f"#deal-{pump.pk}")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert place.stage_of(pump) == "Quote sent"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_won_from_the_menu_asks_for_a_reason(place: Place, pump: Any, size: str) -> None:
    page = board(place, size)
    card(page, pump).hover()
    card(page, pump).locator(".card-menu").click()
    page.get_by_role("dialog").get_by_role("link", name="Won…").click()
    expect(page.get_by_role("heading", name="Why was it won?")).to_be_visible()
    page.get_by_text("Best solution").click()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#closed .gate[data-room=won] li")).to_contain_text("Heat pump")
    assert place.stage_of(pump) == "Won"


def test_a_drop_on_lost_asks_for_a_reason_and_cancel_puts_the_card_back(place: Place, pump: Any) -> None:
    page = board(place)
    drag(page, card(page, pump), page.locator("[data-gate=lost]"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Why was it lost?")).to_be_visible()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}")).to_be_visible()
    assert place.stage_of(pump) == "New prospect"


def test_a_loss_needs_a_reason_and_then_closes(place: Place, pump: Any) -> None:
    place.guard.allow("422")
    page = board(place)
    drag(page, card(page, pump), page.locator("[data-gate=lost]"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Competitor", exact=True).fill("Varmepumpehuset")
    dialog.get_by_role("button", name="Mark as lost").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Say why it was lost")
    expect(dialog.get_by_label("Competitor", exact=True)).to_have_value("Varmepumpehuset")
    dialog.get_by_label("Chose a competitor").check()
    dialog.get_by_role("button", name="Mark as lost").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-gate=lost]")).to_contain_text("1 lost this month, most often “Chose a competitor” (1).")
    expect(card(page, pump)).to_have_count(0)
    assert place.stage_of(pump) == "Lost"
    page.get_by_role("button", name="Undo").click()
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}")).to_be_visible()


def test_a_drop_on_won_closes_in_two_clicks(place: Place, pump: Any) -> None:
    page = board(place)
    drag(page, card(page, pump), page.locator("[data-gate=won]"))
    page.get_by_label("Price").check()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator("#closed h2 .num").first).to_have_text("1")
    assert place.stage_of(pump) == "Won"


def test_a_move_of_a_card_that_somebody_moved_meanwhile_is_refused(place: Place, pump: Any) -> None:
    from vunnet.deals.actions import move_deal

    place.guard.allow("422")
    page = board(place)
    with place.room():
        move_deal(pump, place.house.stage("Contacted"), by=place.house.bob)
    drag(page, card(page, pump), column(page, "Negotiation").locator("ul"))
    expect(page.get_by_role("alert")).to_contain_text(
        "Bob Berg moved this deal to Contacted meanwhile. It was left there."
    )
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}.is-refused")).to_be_visible()
    assert place.stage_of(pump) == "Contacted"
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_move_without_a_connection_is_put_back_and_said(place: Place, pump: Any) -> None:
    place.guard.allow("ERR_INTERNET_DISCONNECTED", "htmx:")
    page = board(place)
    page.context.set_offline(True)
    drag(page, card(page, pump), column(page, "Contacted").locator("ul"))
    expect(page.locator("#save")).to_have_text("Not moved: no connection. Try again.")
    expect(column(page, "New prospect").locator(f"#deal-{pump.pk}")).to_be_visible()


def test_a_viewer_sees_the_board_and_moves_nothing(place: Place, pump: Any) -> None:
    page = board(place, who="carol")
    expect(card(page, pump)).to_be_visible()
    expect(page.locator(".card-menu")).to_have_count(0)
    drag(page, card(page, pump), column(page, "Negotiation").locator("ul"))
    assert place.stage_of(pump) == "New prospect"


def test_twenty_cards_and_more_as_one_scrolls(place: Place) -> None:
    for n in range(60):
        place.deal(f"Deal {n}", amount=1000 + n)
    page = board(place)
    cards = column(page, "New prospect").locator(".deal")
    expect(cards).to_have_count(20)
    column(page, "New prospect").get_by_role("link", name="40 more").scroll_into_view_if_needed()
    expect(cards).to_have_count(60)
    names = cards.locator("a:first-child").all_text_contents()
    assert names == [f"Deal {n}" for n in reversed(range(60))]
    cards.last.scroll_into_view_if_needed()
    drag(page, cards.last, column(page, "Contacted").locator("ul"))
    expect(column(page, "Contacted").locator(".deal")).to_have_count(1)
