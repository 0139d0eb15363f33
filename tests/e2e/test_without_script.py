"""With JavaScript switched off every page still works: plain links, plain forms."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Place


@pytest.fixture(params=["desk", "phone"])
def plain(place: Place, request: pytest.FixtureRequest) -> Page:
    for n in range(60):
        place.deal(f"Deal {n}", amount=1000 + n)
    return place.page(size=request.param, java_script_enabled=False)


def test_a_deal_is_created_moved_logged_and_closed(place: Place, plain: Page) -> None:
    place.guard.allow("422")
    plain.goto(f"{place.home}/deals/new/")
    plain.get_by_label("What is it about?").fill("Cold store")
    plain.get_by_role("button", name="Create deal").click()
    plain.get_by_label("What happened?").fill("First call.")
    plain.get_by_label("Next step").fill("Send brochure")
    plain.locator(".compose").get_by_role("button", name="Save").click()
    expect(plain.locator(".log")).to_contain_text("First call.")
    expect(plain.locator(".next")).to_contain_text("Send brochure")
    plain.locator("summary[aria-label=More]").click()
    plain.get_by_role("link", name="Move to…").click()
    plain.get_by_role("button", name="Quote sent").click()
    expect(plain.locator(".path [aria-current=step]")).to_contain_text("Quote sent")
    plain.get_by_role("link", name="Lost", exact=True).click()
    plain.get_by_role("button", name="Mark as lost").click()
    expect(plain.get_by_role("alert")).to_contain_text("Say why it was lost")
    plain.get_by_label("Price").check()
    plain.get_by_role("button", name="Mark as lost").click()
    expect(plain.locator("#deal-head .tag-lost")).to_be_visible()
    plain.get_by_role("button", name="Undo").click()
    expect(plain.locator(".path [aria-current=step]")).to_contain_text("Quote sent")


def test_facts_people_team_and_products_are_changed(place: Place, plain: Page) -> None:
    deal = place.deal("Sea-water pump", amount=1000)
    plain.goto(f"{place.home}/deals/{deal.pk}/")
    plain.locator("#facts a.fact").first.click()
    plain.get_by_role("textbox", name="Amount").fill("45k")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("#facts")).to_contain_text("45 000 kr")
    plain.get_by_label("Add a person").click()
    plain.get_by_label("Name").fill("Ingrid Moe")
    plain.get_by_role("button", name="Add").click()
    plain.get_by_label("Change the team").click()
    plain.get_by_label("Bob Berg").check()
    plain.get_by_role("button", name="Save").click()
    plain.get_by_label("Add a product").click()
    plain.get_by_label("Product").fill("Borehole")
    plain.get_by_label("Amount").fill("380 000")
    plain.get_by_role("button", name="Add").click()
    for words in ("Ingrid Moe", "Bob Berg", "Borehole"):
        expect(plain.get_by_label("Belongs to this deal")).to_contain_text(words)


def test_the_board_and_the_list_filter_and_go_on(place: Place, plain: Page) -> None:
    plain.goto(f"{place.home}/board/")
    plain.locator(".cond-add", has_text="condition").click()
    plain.get_by_role("link", name="Choose a field").click()
    plain.get_by_role("link", name="Owner", exact=True).click()
    plain.get_by_label("me", exact=True).check()
    plain.get_by_role("button", name="Show").click()
    expect(plain).to_have_url(re.compile("owner=me"))
    plain.get_by_role("link", name="40 more").click()
    expect(plain.locator(".rows tbody th")).to_have_count(50)
    plain.get_by_role("link", name="Show 50 more").click()
    expect(plain.locator(".rows tbody th")).to_have_count(10)
    plain.goto(f"{place.home}/search/?q=deal")
    expect(plain.locator("#found")).to_contain_text("Deal 59")


def test_settings_are_changed(place: Place, plain: Page) -> None:
    plain.goto(f"{place.home}/settings/members/")
    plain.get_by_label("E-mail").fill("dina@example.org")
    plain.get_by_role("button", name="Make the link").click()
    expect(plain.get_by_role("status")).to_contain_text("/join/")
    plain.goto(f"{place.home}/me/")
    plain.locator("select[name=language]").select_option("nb")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("html")).to_have_attribute("lang", "nb")
