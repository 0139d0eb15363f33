"""The caret and the focus: where one begins to write, and that nothing which is swapped, refused or closed loses the place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Place
from tests.e2e.test_board import board, card


def focused(page: Page) -> Any:
    return page.locator(":focus")


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize(
    ("path", "field"), [("deals/new/", "name"), ("people/new/", "first_name"), ("companies/new/", "name")]
)
def test_a_form_that_creates_begins_with_the_caret_in_it(place: Place, path: str, field: str, size: str) -> None:
    page = place.page(size=size)
    page.goto(f"{place.home}/{path}")
    expect(page.locator(f"main [name={field}]")).to_be_focused()


def test_c_on_the_board_lets_one_write_at_once(place: Place) -> None:
    place.deal("Heat pump")
    page = board(place)
    page.keyboard.press("c")
    expect(page.get_by_label("What is it about?")).to_be_focused()
    page.keyboard.type("gift shop cooling")
    expect(page.get_by_label("What is it about?")).to_have_value("gift shop cooling")


def test_a_refused_form_has_the_caret_in_the_first_wrong_field(place: Place) -> None:
    place.guard.allow("422")
    page = place.page()
    page.goto(f"{place.home}/deals/new/")
    page.keyboard.type("Heat pump")
    page.get_by_label("Amount").fill("a lot")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Amount")).to_be_focused()


def test_a_refusal_in_a_dialog_leads_to_the_wrong_field(place: Place) -> None:
    place.guard.allow("422")
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.get_by_label("Add a product").click()
    expect(page.get_by_role("dialog").get_by_label("Product")).to_be_focused()
    page.get_by_role("dialog").get_by_label("Amount").fill("a lot")
    page.get_by_role("dialog").get_by_label("Product").fill("Borehole")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Amount")).to_be_focused()


def test_the_dialog_of_a_closing_reached_from_the_menu_has_the_focus_and_gives_it_back(place: Place) -> None:
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    more = page.locator("#deal-head summary")
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Move to…").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("link", name="Lost…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog input[name=reason]").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()


def test_a_dialog_that_one_only_reads_opens_at_its_beginning(place: Place) -> None:
    from vunnet.deals.actions import change_deal

    deal = place.deal("Heat pump")
    with place.room():
        for n in range(40):
            change_deal(deal, by=place.house.alice, competitor=f"Rival {n}")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.locator("#deal-head summary").click()
    page.get_by_role("link", name="Who changed what").click()
    expect(page.get_by_role("heading", name="Who changed what")).to_be_focused()
    assert page.locator("#dialog").evaluate("dialog => dialog.scrollTop") == 0


def test_the_card_or_its_neighbour_keeps_the_focus_on_the_board(place: Place) -> None:
    first, second = place.deal("Heat pump", amount=900), place.deal("Boiler", amount=100)
    page = board(place)
    link = card(page, first).locator("a").first
    link.focus()
    page.keyboard.press("Space")
    for _stage in page.locator(".stage[data-stage]").all():
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    page.keyboard.press("j")
    expect(card(page, second).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    card(page, first).locator("[data-move]").focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("link", name="Won…").focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Mark as won").focus()
    page.keyboard.press("Enter")
    expect(card(page, first)).to_have_count(0)
    expect(card(page, second).locator("a").first).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(card(page, first).locator("a").first).to_be_focused()


def test_a_refused_move_leaves_the_focus_on_the_card(place: Place) -> None:
    from vunnet.deals.actions import move_deal

    place.guard.allow("422")
    deal = place.deal("Heat pump")
    page = board(place)
    page.route("**/since/**", lambda route: route.abort())
    with place.room():
        move_deal(deal, place.house.stage("Negotiation"), by=place.house.bob)
    card(page, deal).locator("a").first.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("meanwhile")
    expect(card(page, deal).locator("a").first).to_be_focused()


def test_writing_and_ticking_off_go_on_where_one_was(place: Place) -> None:
    from vunnet.activities.actions import plan_step

    deal = place.deal("Heat pump")
    with place.room():
        plan_step(place.house.alice, place.house.workspace, "Call them", due_at=timezone.now(), deal=deal)
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.get_by_label("Move to another day").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Tomorrow").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".next")).to_contain_text("tomorrow")
    expect(page.locator("#next :focus")).to_have_count(1)
    page.get_by_role("button", name="Next step").click()
    page.locator(".compose [name=next_step]").fill("Send the quote")
    page.keyboard.press("Enter")
    expect(page.locator("#next")).to_contain_text("Send the quote")
    expect(page.locator("#id_body")).to_be_focused()


def test_a_wrong_day_of_a_step_has_the_caret(place: Place) -> None:
    place.guard.allow("422")
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.get_by_role("button", name="Next step").click()
    page.locator(".compose [name=next_step]").fill("Send the quote")
    page.locator(".compose [name=due_on]").fill("someday")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not a day in the calendar")
    expect(page.locator(".compose [name=due_on]")).to_be_focused()


def test_a_new_condition_begins_with_the_caret_in_its_value(place: Place) -> None:
    place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/?bare=1")
    page.locator("#cond-add").click()
    page.locator(".cond-pop").get_by_role("link", name="Amount", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-condition-form] [name=value]")).to_be_focused()
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    expect(page.locator("[data-condition=amount]")).to_be_visible()
    expect(page.locator("#cond-add")).to_be_focused()


def test_sorting_keeps_the_focus_on_the_heading(place: Place) -> None:
    place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/?bare=1")
    amount = page.locator("thead").get_by_role("link", name="Amount")
    amount.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort]", has_text="Amount")).to_be_visible()
    expect(page.locator("thead").get_by_role("link", name="Amount")).to_be_focused()


def test_a_change_of_many_rows_and_its_undo_lead_back_to_the_row(place: Place) -> None:
    deals = [place.deal(f"Deal {n}", amount=100 + n) for n in range(3)]
    page = place.page()
    page.goto(f"{place.home}/deals/?bare=1&sort=name")
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    row = page.locator(f"#row-{deals[1].pk} th a")
    page.locator("#bulk-rows").get_by_role("button", name="Tag", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog [name=tag]")).to_be_focused()
    page.keyboard.type("Fair")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("1")
    expect(row).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(row).to_be_focused()


def test_without_a_connection_a_dialog_says_so(place: Place) -> None:
    place.guard.allow("ERR_INTERNET_DISCONNECTED", "htmx:")
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.context.set_offline(True)
    page.get_by_label("Add a product").click()
    expect(page.locator("#save")).to_have_text("No connection")
    page.context.set_offline(False)


def test_a_time_behind_the_day_of_a_step_is_read(place: Place) -> None:
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/log/")
    page.locator("[name=next_step]").fill("Call Per")
    page.locator("[name=next_kind]").select_option("call")
    page.locator("[name=due_on]").fill("tomorrow 10:30")
    page.locator("main").get_by_role("button", name="Save").click()
    page.wait_for_url("**/today/")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    expect(page.locator("#next")).to_contain_text("tomorrow 10:30")
    with place.room():
        step = deal.activities.get()
        assert step.kind == "call"
        assert timezone.localtime(step.due_at, place.house.workspace.zone).date() == (
            timezone.localdate(timezone=place.house.workspace.zone) + timedelta(days=1)
        )
