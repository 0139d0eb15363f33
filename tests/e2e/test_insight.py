"""Insight in a browser: it stands at once, and what has changed since comes by itself."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Place
from tests.e2e.keyboard import Keyboard
from tests.e2e.test_accessibility import faults
from vunnet.deals.actions import win_deal
from vunnet.reports import asking
from vunnet.web.insight.rooms import ROOMS


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_numbers_of_before_stand_until_the_newer_take_their_place(
    place: Place, monkeypatch: Any, size: str
) -> None:
    with place.room():
        win_deal(place.house.deal("The first"), by=place.house.alice)
    page = place.page(size=size)
    page.goto(f"{place.home}/insight/")
    told = page.locator("#insight .fig").nth(2)
    expect(told).to_contain_text("See the 1 deal")
    expect(page.get_by_role("status")).to_have_count(0)
    with place.room():
        win_deal(place.house.deal("The next"), by=place.house.alice)
    was, go_on = asking._answer, threading.Event()

    def held(*asked: Any) -> Any:
        go_on.wait(30)
        return was(*asked)

    monkeypatch.setattr(asking, "_answer", held)
    page.reload()
    expect(told).to_contain_text("See the 1 deal")
    expect(page.get_by_role("status")).to_contain_text("newer ones are being worked out")
    assert faults(page) == []
    go_on.set()
    expect(told).to_contain_text("See the 2 deals")
    expect(page.get_by_role("status")).to_have_count(0)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_tables_open_below_their_picture_and_nothing_scrolls_sideways(place: Place, size: str) -> None:
    place.fill_a_year()
    page = place.page(size=size)
    for room in ROOMS:
        page.goto(f"{place.home}/insight/{room}/?period=all")
        if page.locator("#insight[hx-trigger]").count():
            page.wait_for_function("!document.querySelector('[role=status]')")
        told = page.locator("#insight .say").first
        expect(told).to_be_visible()
        page.evaluate("document.querySelectorAll('#insight details').forEach((part) => (part.open = true))")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, room
        narrow = (
            "[...document.querySelectorAll('#insight .say')].filter((p) => p.offsetWidth && p.offsetWidth < 200).length"
        )
        assert page.evaluate(narrow) == 0, room
        if size == "desk":
            usual = page.viewport_size
            page.set_viewport_size({"width": 800, "height": 900})
            assert page.evaluate(wide) == 0, room
            page.set_viewport_size(usual)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_condition_draws_the_room_anew_without_loading_the_page(place: Place, size: str) -> None:
    with place.room():
        win_deal(place.house.deal("The first"), by=place.house.alice)
    page = place.page(size=size)
    page.goto(f"{place.home}/insight/won/?period=all")
    page.evaluate("window.isSame = true")
    page.locator("form[data-filter] select[name=period]").select_option("month")
    expect(page).to_have_url(re.compile(r"period=month"))
    expect(page.locator("#insight")).to_be_visible()
    assert page.evaluate("window.isSame")
    assert "split=" not in page.url
    assert faults(page) == []
    page.go_back()
    expect(page).to_have_url(re.compile(r"period=all"))
    expect(page.locator("form[data-filter] select[name=period]")).to_have_value("all")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_happened_is_written_mended_and_taken_off_by_keyboard(place: Place, size: str) -> None:
    place.guard.allow("status of 422")
    with place.room():
        win_deal(place.house.deal("The first"), by=place.house.alice)
    hand = Keyboard(place.page(size=size), "en")
    page = hand.page
    page.goto(f"{place.home}/insight/signals/?period=all")
    hand.enter(hand.role("link", "Annotate"))
    dialog = page.get_by_role("dialog", name="Annotate the charts")
    hand.write(dialog.get_by_label("Day"), "31.2.2026")
    hand.write(dialog.get_by_label("What happened?"), "New price list")
    hand.press("Enter")
    expect(dialog).to_contain_text("is not a day in the calendar")
    expect(dialog.get_by_label("What happened?")).to_have_value("New price list")
    assert faults(page) == []
    hand.write(dialog.get_by_label("Day"), "2.3.2026")
    hand.press("Enter")
    expect(dialog).to_be_hidden()
    listed = page.locator("#annotations li")
    expect(listed).to_contain_text(["New price list"])
    expect(page).to_have_url(f"{place.home}/insight/signals/?period=all")
    hand.enter(hand.role("link", "Change “New price list”"))
    hand.write(page.get_by_role("dialog").get_by_label("What happened?"), "New prices")
    hand.press("Enter")
    expect(listed).to_contain_text(["New prices"])
    hand.enter(hand.role("button", "Delete “New prices”"))
    expect(listed).to_have_count(0)
    hand.enter(page.get_by_role("button", name="Undo"))
    expect(listed).to_contain_text(["New prices"])
