"""What was typed and not saved: it stays through moves, closings and leaving the page, and goes when it is saved or one signs out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from tests.e2e.conftest import Place

NOTE = "They compare two bids, and"


@pytest.fixture
def deal(place: Place) -> Any:
    return place.deal("Heat pump", amount=640_000)


def half_a_note(place: Place, deal: Any, size: str = "desk") -> Page:
    page = place.page(size=size)
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.get_by_label("What happened?").fill(NOTE)
    return page


def test_a_move_on_the_deals_page_keeps_a_half_written_note(place: Place, deal: Any) -> None:
    page = half_a_note(place, deal)
    page.evaluate("window.isSame = true")
    page.get_by_role("button", name="Site visit").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Site visit")
    expect(page.locator(".log")).to_contain_text("Site visit")
    page.locator("#deal-head").get_by_role("link", name="Won", exact=True).click()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator("#deal-head .tag-won")).to_be_visible()
    expect(page.locator("#facts")).to_contain_text("Closed")
    expect(page.get_by_label("What happened?")).to_have_value(NOTE)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Site visit")
    expect(page.get_by_label("What happened?")).to_have_value(NOTE)
    assert page.evaluate("window.isSame")
    assert place.stage_of(deal) == "Site visit"


def test_a_move_from_the_menu_shows_on_the_deals_page(place: Place, deal: Any) -> None:
    page = half_a_note(place, deal)
    page.locator("#deal-head summary").click()
    page.get_by_role("link", name="Move to…").click()
    page.get_by_role("dialog").get_by_role("button", name="Contacted").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Contacted")
    expect(page.get_by_label("What happened?")).to_have_value(NOTE)


def test_a_stage_that_asks_first_opens_its_question_on_the_deals_page(place: Place, deal: Any) -> None:
    from vunnet.deals.gates import set_gate

    place.guard.allow("409")
    with place.room():
        set_gate(place.house.stage("Contacted"), ["competitor"], by=place.house.alice)
    page = half_a_note(place, deal)
    page.get_by_role("button", name="Contacted").click()
    page.get_by_role("dialog").get_by_label("Competitor").fill("Nordvarme")
    page.keyboard.press("Enter")
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Contacted")
    expect(page.get_by_label("What happened?")).to_have_value(NOTE)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_half_a_note_is_there_again_until_it_is_saved(place: Place, deal: Any, size: str) -> None:
    page = half_a_note(place, deal, size)
    page.goto(f"{place.home}/today/")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    expect(page.get_by_label("What happened?")).to_have_value(NOTE)
    page.locator(".compose").get_by_role("button", name="Save").click()
    expect(page.locator(".log")).to_contain_text(NOTE)
    expect(page.get_by_label("What happened?")).to_have_value("")
    page.reload()
    expect(page.get_by_label("What happened?")).to_have_value("")


def test_the_log_dialog_keeps_its_text_when_it_is_closed_or_covered(place: Place, deal: Any) -> None:
    page = place.page()
    page.goto(f"{place.home}/today/")
    page.locator("[data-log]").first.click()
    text = page.get_by_role("dialog").get_by_label("What happened?")
    text.fill(NOTE)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(text).to_have_value(NOTE)
    page.mouse.click(5, 5)
    expect(text).to_have_value(NOTE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("[data-log]").first.click()
    expect(text).to_have_value(NOTE)


def test_signing_out_asks_and_throws_drafts_away(place: Place, deal: Any) -> None:
    page = half_a_note(place, deal)
    page.goto(f"{place.home}/me/")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert asked == ["Entries on this device were not sent yet. Sign out and throw them away?"]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_half_filled_form_is_there_again_until_it_is_saved_or_begun_afresh(place: Place, size: str) -> None:
    page = place.page(size=size)
    form = f"{place.home}/companies/new/"
    page.goto(form)
    name = page.get_by_label("Name", exact=True)
    name.fill("Fjord & Fj")
    page.goto(f"{place.home}/today/")
    page.goto(form)
    expect(name).to_have_value("Fjord & Fj")
    expect(page.get_by_text("What you had written here is back.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Start afresh").click()
    expect(name).to_have_value("")
    page.reload()
    expect(name).to_have_value("")
    name.fill("Fjord & Fjell AS")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fjord & Fjell AS")
    page.goto(form)
    expect(name).to_have_value("")
    expect(page.get_by_text("What you had written here is back.")).to_have_count(0)


def test_what_a_refused_form_holds_stays_a_draft(place: Place) -> None:
    page = place.page()
    place.guard.allow("422")
    page.goto(f"{place.home}/deals/new/")
    page.get_by_label("What is it about?").fill("Heat pumps for the school")
    page.get_by_label("Amount").fill("a lot")
    page.get_by_role("button", name="Create deal").click()
    expect(page.get_by_text("“a lot” is not an amount.").first).to_be_visible()
    expect(page.get_by_text("What you had written here is back.")).to_have_count(0)
    page.goto(f"{place.home}/today/")
    page.goto(f"{place.home}/deals/new/")
    expect(page.get_by_text("What you had written here is back.")).to_be_visible()
    expect(page.get_by_label("What is it about?")).to_have_value("Heat pumps for the school")


def test_a_loss_half_told_is_there_again_unless_it_was_cancelled(place: Place, deal: Any) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    lost = page.locator("#deal-head").get_by_role("link", name="Lost", exact=True)
    note = page.get_by_role("dialog").locator("textarea")
    lost.click()
    note.fill(NOTE)
    page.keyboard.press("Escape")
    lost.click()
    expect(note).to_have_value(NOTE)
    page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
    lost.click()
    expect(note).to_have_value("")


def half_a_deal(page: Page, place: Place) -> None:
    page.goto(f"{place.home}/deals/new/")
    page.get_by_label("What is it about?").fill("Heat pumps for the school")


def it_is_back(page: Page, place: Place) -> None:
    page.goto(f"{place.home}/today/")
    page.goto(f"{place.home}/deals/new/")
    expect(page.get_by_text("What you had written here is back.")).to_be_visible()
    expect(page.get_by_label("What is it about?")).to_have_value("Heat pumps for the school")


def test_a_page_too_old_to_send_loses_nothing(place: Place) -> None:
    place.guard.allow("403")
    page = place.page()
    half_a_deal(page, place)
    page.evaluate("document.querySelector('main [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    page.get_by_role("button", name="Create deal").click()
    expect(page.get_by_role("heading", name="This page is too old")).to_be_visible()
    it_is_back(page, place)


def test_an_answer_that_never_comes_loses_nothing(place: Place) -> None:
    place.guard.allow("ERR_CONNECTION_FAILED")
    page = place.page()
    half_a_deal(page, place)
    page.route("**/deals/new/", lambda route: route.abort("connectionfailed"))
    page.get_by_role("button", name="Create deal").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/deals/new/")
    it_is_back(page, place)


def test_a_session_that_ended_loses_nothing(place: Place) -> None:
    page = place.page()
    half_a_deal(page, place)
    page.context.clear_cookies(name="vunnet")
    page.get_by_role("button", name="Create deal").click()
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/deals/new/")
    it_is_back(page, place)
    page.get_by_role("button", name="Create deal").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Heat pumps for the school")
    page.goto(f"{place.home}/deals/new/")
    expect(page.get_by_label("What is it about?")).to_have_value("")
