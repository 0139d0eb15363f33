"""Whatever is sent is said to be saved, or not and why: an answer that refuses is never silent, at the desk and on the phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Place


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_row_that_is_gone_is_said_and_the_text_stays(place: Place, size: str) -> None:
    from vunnet.deals.removal import delete_deal

    place.guard.allow("404")
    deal = place.deal("Heat pump")
    page = place.page(size=size)
    page.goto(f"{place.home}/deals/{deal.pk}/")
    with place.room():
        delete_deal(deal, by=place.house.alice)
    page.get_by_label("What happened?").fill("They want it")
    page.locator(".compose").get_by_role("button", name="Save").click()
    told = page.locator("#toast").get_by_role("alert")
    expect(told).to_contain_text("There is nothing here.")
    expect(told).to_contain_text("Request ")
    expect(page.locator("#save")).to_have_text("Not saved")
    expect(page.get_by_label("What happened?")).to_have_value("They want it")
    told.get_by_label("Close").click()
    expect(told).to_have_count(0)


def test_what_breaks_behind_an_open_dialog_is_said_in_it(place: Place) -> None:
    place.guard.allow("500")
    deal = place.deal("Heat pump")
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.route("**/won/", lambda route: route.fulfill(status=500, body="") if route.request.method == "POST" else route.continue_())  # fmt: skip
    page.locator("#deal-head").get_by_role("link", name="Won", exact=True).click()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.get_by_role("dialog")).to_contain_text("Not saved (500)")
    assert place.stage_of(deal) == "New prospect"


def test_on_the_phone_today_says_that_a_step_was_not_saved(place: Place) -> None:
    from django.utils import timezone

    from vunnet.activities.actions import plan_step

    place.guard.allow("Failed to load", "net::ERR", "htmx:")
    with place.room():
        plan_step(place.house.alice, place.house.workspace, "Call them", due_at=timezone.now())
    page = place.page(size="phone")
    page.goto(f"{place.home}/today/")
    page.route("**/done/", lambda route: route.abort())
    page.locator("[data-done]").first.click()
    expect(page.locator("#save")).to_have_text("Not saved: no connection. Try again")
    expect(page.locator("#save")).to_be_visible()


def test_a_fact_is_saved_when_one_leaves_it(place: Place) -> None:
    deal = place.deal("Heat pump", amount=1000)
    page = place.page()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.locator("#facts a.fact", has_text="Change Amount").click()
    page.get_by_label("Amount", exact=True).fill("2500")
    page.get_by_label("What happened?").click()
    expect(page.locator("#facts")).to_contain_text("2 500 kr")
    expect(page.get_by_label("What happened?")).to_be_focused()
    with place.room():
        deal.refresh_from_db()
    assert deal.amount == 2500


def test_a_form_sent_after_the_session_has_ended_is_there_again_after_signing_in(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/new/")
    page.get_by_label("What is it about?").fill("Heat pumps for the school")
    session = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Create deal").click()
    page.wait_for_url("**/accounts/login/**")
    page.context.add_cookies([one for one in session if one["name"] == "vunnet"])  # as signing in does
    page.goto(page.url)
    page.wait_for_url("**/deals/new/")
    expect(page.get_by_label("What is it about?")).to_have_value("Heat pumps for the school")


def test_a_server_that_restarts_under_an_open_board_says_nothing(place: Place) -> None:
    place.guard.allow("503")
    place.deal("Heat pump")
    page = place.page()
    page.route("**/board/since/**", lambda route: route.fulfill(status=503, body=""))
    page.goto(f"{place.home}/board/")
    with page.expect_response(lambda answer: answer.status == 503, timeout=15_000):
        pass
    page.wait_for_timeout(300)
    expect(page.locator("#toast > *")).to_have_count(0)
