"""A deal's page: facts changed in place, work logged, people, team and products added, closing and undoing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Place


@pytest.fixture
def pump(place: Place) -> Any:
    from vunnet.contacts.actions import add_company

    with place.room():
        company = add_company(place.house.alice, place.house.workspace, "Solbakken borettslag")
    return place.deal("Heat pump, 120 kW", amount=640_000, company=company)


def open_page(place: Place, deal: Any, size: str = "desk", who: str = "alice") -> Page:
    page = place.page(who, size)
    page.goto(f"{place.home}/deals/{deal.pk}/")
    return page


def fact(page: Page, label: str) -> Any:
    return page.locator("#facts dt", has_text=label).locator("xpath=following-sibling::dd[1]")


def edit(page: Page, label: str) -> None:
    """Open a fact; the caret is in it when the form is there."""
    fact(page, label).get_by_role("link").click()
    expect(page.get_by_label(label, exact=True)).to_be_focused()


def test_a_fact_is_changed_in_place_and_said_to_be_saved(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    edit(page, "Amount")
    page.keyboard.type("1 250 000,50")
    page.keyboard.press("Enter")
    expect(page.locator("#save")).to_have_text("Saved")
    expect(fact(page, "Amount")).to_contain_text("1 250 000.50 kr")
    expect(page.locator("#deal-head")).to_contain_text("1 250 000.50 kr")
    expect(fact(page, "Amount").get_by_role("link")).to_be_focused()
    with place.room():
        pump.refresh_from_db()
    assert str(pump.amount) == "1250000.50"


def test_while_a_fact_is_saved_it_says_so(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    held: list[Route] = []
    page.route(
        "**/change/amount/", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    edit(page, "Amount")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator("#save")).to_have_text("Saving")
    held[0].continue_()
    expect(page.locator("#save")).to_have_text("Saved")


def test_a_wrong_amount_is_explained_and_kept_and_escape_restores(place: Place, pump: Any) -> None:
    place.guard.allow("422")
    page = open_page(place, pump)
    edit(page, "Amount")
    page.keyboard.type("a lot")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“a lot” is not an amount. Write it like 1 250 000, 45k or 2m.")
    expect(page.get_by_label("Amount", exact=True)).to_have_value("a lot")
    page.keyboard.press("Escape")
    expect(fact(page, "Amount")).to_contain_text("640 000 kr")
    expect(fact(page, "Amount").get_by_role("link")).to_be_focused()


def test_without_a_connection_the_text_waits_and_is_sent_when_it_is_back(place: Place, pump: Any) -> None:
    place.guard.allow("ERR_INTERNET_DISCONNECTED", "htmx:")
    page = open_page(place, pump)
    page.get_by_label("What happened?").fill("They compare two bids.")
    page.context.set_offline(True)
    page.locator(".compose").get_by_role("button", name="Save").click()
    expect(page.locator("#waiting")).to_contain_text("They compare two bids.")
    expect(page.locator("#save")).to_have_text("")
    page.context.set_offline(False)
    expect(page.locator(".log")).to_contain_text("They compare two bids.")


def test_a_company_is_suggested_while_it_is_typed(place: Place, pump: Any) -> None:
    from vunnet.contacts.actions import add_company

    with place.room():
        add_company(place.house.alice, place.house.workspace, "Åsane kjøpesenter")
    page = open_page(place, pump)
    fact(page, "Company").hover()
    fact(page, "Company").get_by_label("Change Company").click()
    page.get_by_label("Company", exact=True).fill("")
    page.keyboard.type("asan")
    expect(page.locator("#companies option")).to_have_attribute("value", "Åsane kjøpesenter")
    page.get_by_label("Company", exact=True).fill("Åsane kjøpesenter")
    page.keyboard.press("Enter")
    expect(fact(page, "Company").get_by_role("link", name="Åsane kjøpesenter")).to_be_visible()


def test_the_name_is_changed_in_the_heading(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    page.get_by_role("heading", level=1).get_by_role("link").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Two heat pumps")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Two heat pumps")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_call_is_logged_with_the_next_step_in_one_form(place: Place, pump: Any, size: str) -> None:
    page = open_page(place, pump, size)
    page.get_by_label("What happened?").fill("Per prefers ground-source for the noise.")
    page.locator(".kinds label", has_text="Call").click()
    page.get_by_role("button", name="Next step").click()
    page.locator(".compose").get_by_label("Next step").fill("Send the quote")
    page.get_by_label("When").fill((place.today() + timedelta(days=1)).isoformat())
    page.locator(".compose").get_by_role("button", name="Save").click()
    expect(page.locator(".next")).to_contain_text("Send the quote")
    expect(page.locator(".next")).to_contain_text("tomorrow")
    expect(page.locator(".log")).to_contain_text("Alice Berg called")
    expect(page.locator(".log")).to_contain_text("Per prefers ground-source for the noise.")
    expect(page.get_by_label("What happened?")).to_have_value("")


def test_a_step_is_ticked_off_and_moved_to_another_day(place: Place, pump: Any) -> None:
    from vunnet.activities.actions import plan_step

    with place.room():
        for days in (0, 1):
            due = timezone.now() + timedelta(days=days)
            plan_step(place.house.alice, place.house.workspace, f"Step {days}", due_at=due, deal=pump)
    page = open_page(place, pump)
    page.locator(".next").get_by_role("button", name="Done").click()
    expect(page.locator(".next")).to_contain_text("Step 1")
    page.get_by_label("Move to another day").click()
    page.get_by_label("Move to", exact=True).fill((place.today() + timedelta(days=40)).isoformat())
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".next")).not_to_contain_text("tomorrow")
    page.locator(".next").get_by_role("button", name="Done").click()
    expect(page.locator(".next")).to_contain_text("No next step")


def test_a_person_is_added_called_and_taken_off(place: Place, pump: Any) -> None:
    place.guard.allow("422")
    page = open_page(place, pump)
    page.get_by_label("Add a person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Ingrid Moe")
    dialog.get_by_label("Role in this deal").fill("decides")
    dialog.get_by_label("E-mail").fill("ingrid@")
    page.evaluate("document.querySelector('dialog form').noValidate = true")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog).to_contain_text("valid email")
    expect(dialog.get_by_label("Name")).to_have_value("Ingrid Moe")
    dialog.get_by_label("E-mail").fill("ingrid@solbakken.example")
    dialog.get_by_label("Phone").fill("+47 412 77 903")
    dialog.get_by_role("button", name="Add").click()
    side = page.get_by_label("Belongs to this deal")
    expect(side.get_by_role("link", name="Ingrid Moe", exact=True)).to_be_visible()
    expect(side.get_by_label("Call Ingrid Moe")).to_have_attribute("href", "tel:+4741277903")
    side.get_by_label("Take Ingrid Moe off this deal").click()
    expect(side).not_to_contain_text("Ingrid Moe")


def test_the_team_shares_the_credit(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    page.get_by_label("Change the team").click()
    page.get_by_role("dialog").get_by_label("Bob Berg").check()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    side = page.get_by_label("Belongs to this deal")
    expect(side.get_by_label("Alice Berg 50%, Bob Berg 50%")).to_be_visible()
    expect(page.locator("#deal-head")).to_contain_text("Alice and Bob")


def test_products_are_added_summed_and_taken_off(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    for name, quantity, amount in (("Borehole, 250 m", "4", "380 000"), ("Commissioning", "", "120k")):
        page.get_by_label("Add a product").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Product").fill(name)
        dialog.get_by_label("Quantity").fill(quantity)
        dialog.get_by_label("Amount").fill(amount)
        dialog.get_by_role("button", name="Add").click()
        expect(page.locator(".lines")).to_contain_text(name)
    expect(page.locator(".lines tfoot")).to_contain_text("500 000 kr")
    expect(page.get_by_label("Belongs to this deal")).to_contain_text("The deal itself says 640 000 kr.")
    page.locator(".lines tr", has_text="Commissioning").hover()
    page.get_by_label("Take Commissioning off this deal").click()
    expect(page.locator(".lines tfoot")).to_contain_text("380 000 kr")


def test_won_in_two_clicks_from_the_deal_and_taken_back(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    page.get_by_role("link", name="Won", exact=True).first.click()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator("#deal-head .tag-won")).to_be_visible()
    assert place.stage_of(pump) == "Won"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Lost")).to_be_visible()
    assert place.stage_of(pump) == "New prospect"


def test_a_click_on_the_path_moves_the_deal(place: Place, pump: Any) -> None:
    page = open_page(place, pump)
    page.get_by_role("button", name="Site visit").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Site visit")
    assert place.stage_of(pump) == "Site visit"


def test_a_stale_click_on_the_path_is_refused_and_names_who(place: Place, pump: Any) -> None:
    from vunnet.deals.actions import move_deal

    place.guard.allow("422")
    page = open_page(place, pump)
    with place.room():
        move_deal(pump, place.house.stage("Contacted"), by=place.house.bob)
    page.get_by_role("button", name="Negotiation").click()
    expect(page.get_by_role("alert")).to_contain_text("Bob Berg moved this deal to Contacted meanwhile")
    assert place.stage_of(pump) == "Contacted"


def test_a_closed_deal_is_reopened(place: Place, pump: Any) -> None:
    from vunnet.deals.actions import lose_deal

    with place.room():
        lose_deal(pump, by=place.house.alice, note="They had no budget.")
    page = open_page(place, pump)
    expect(page.locator(".next")).to_contain_text("They had no budget.")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("New prospect")


def test_a_viewer_reads_and_changes_nothing(place: Place, pump: Any) -> None:
    page = open_page(place, pump, who="carol")
    expect(fact(page, "Amount")).to_contain_text("640 000 kr")
    expect(page.locator("main form, main a[hx-get]:not(.log-filter)")).to_have_count(0)
