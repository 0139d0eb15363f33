"""Insight in a browser: it stands at once, and what has changed since comes by itself."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Place
from tests.e2e.test_accessibility import faults
from vunnet.deals.actions import win_deal
from vunnet.reports import asking


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
