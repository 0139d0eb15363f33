"""axe-core finds nothing on any page or dialog: light and dark, desk and phone, by WCAG 2.2 AA."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import Place
from tests.web.addresses import Rows, in_a_workspace
from vunnet.web.insight.rooms import ROOMS

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = [(size, scheme) for size in ("desk", "phone") for scheme in ("light", "dark")]
OUTSIDE = ["/accounts/login/", "/accounts/password/reset/", "/accounts/logout/", "/nothing/here/", "/offline/"]


def faults(page: Page, within: str | None = None) -> list[str]:
    """What axe finds, on the page or in a part of it, a line each: the rule, the page, the elements."""
    found: list[dict[str, Any]] = Axe().run(page, context=within, options=RULES).response["violations"]
    return [f"{fault['id']} on {page.url}: {[node['html'][:160] for node in fault['nodes'][:4]]}" for fault in found]


@pytest.fixture
def rows(place: Place) -> Rows:
    with place.room():
        made = Rows(place.house)
    for n, stage in enumerate(("Contacted", "Quote sent", "Negotiation")):
        place.deal(f"Deal {n}", stage, amount=1000 * n)
    return made


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_page_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    page = place.page(size=size, color_scheme=scheme)
    found, seen = [], 0
    rooms = [f"{place.home}/insight/{room}/" for room in ROOMS]
    for address in [*(rows.fill(route) for _name, route in in_a_workspace()), *rooms]:
        answer = page.request.get(address)
        if answer.ok and answer.text().startswith("<!doctype html>"):
            page.goto(address)
            found += faults(page)
            seen += 1
    assert found == []
    assert seen > 20


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_nothing_that_opens_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    """Every dialog, menu and folded part of every page, each opened once; the palette, the keys and what a choice of rows
    brings."""
    page, found, opened = place.page(size=size, color_scheme=scheme), [], set[str]()
    rooms = [f"{place.home}/insight/{room}/" for room in ROOMS]
    for address in [*(rows.fill(route) for _name, route in in_a_workspace()), *rooms]:
        answer = page.request.get(address)
        if answer.ok and answer.text().startswith("<!doctype html>") and ("<summary" in answer.text()):
            page.goto(address)
            found += opening(page, opened)
    page.goto(f"{place.home}/deals/")
    if size == "phone":
        page.locator("[data-pick]").tap()
    page.locator("tbody input[name=row]").first.check()
    found += faults(page) + opening(page, opened)
    for key, sheet in (("Control+k", "#palette"), ("?", "#keys")):
        page.keyboard.press(key)
        page.locator(f"{sheet}[open]").wait_for()
        found += faults(page, sheet)
        page.keyboard.press("Escape")
    assert found == []
    assert len(opened) > 25


def opening(page: Page, opened: set[str]) -> list[str]:
    """What axe finds in each thing that opens on the page and did not on an earlier one."""
    found = []
    for opener in page.locator("[data-dialog], details:not([open]) > summary").element_handles():
        name = (opener.get_attribute("aria-label") or opener.text_content() or "").strip()
        is_dialog = opener.get_attribute("data-dialog") is not None
        if is_dialog:
            opener.evaluate("(one) => { const menu = one.closest('details'); if (menu) menu.open = true; }")
        if name not in opened and opener.is_visible():
            opened.add(name)
            opener.click()
            page.locator("dialog[open] > *" if is_dialog else "details[open]").first.wait_for()
            found += faults(page, "dialog[open]" if is_dialog else "details[open]")
            page.keyboard.press("Escape")
        page.evaluate("document.querySelectorAll('details[open]').forEach((one) => { one.open = false; })")
    return found


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_page_outside_a_workspace_has_a_fault(place: Place, size: str, scheme: str) -> None:
    from vunnet.notices.letters import token_of
    from vunnet.workspaces.actions import invite, make_setup_link

    place.guard.allow("404")
    with place.room():
        _invitation, token = invite(place.house.alice, email="dina@example.org", role="rep")
    addresses = [
        *OUTSIDE,
        f"/join/{place.house.workspace.pk}/{token}/",
        f"/mail/{token_of(place.house.bob)}/",
        f"/set-up/{make_setup_link(sample_workspace=None)}/",
    ]
    page = place.page("", size=size, color_scheme=scheme)
    found = []
    for address in addresses:
        page.goto(address)
        found += faults(page)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert found + faults(page) == []


DIALOGS = [
    "a.btn-lost",
    "a.btn-won",
    "[aria-label='Add a person']",
    "[aria-label='Change the team']",
    "[aria-label='Add a product']",
]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_dialog_menu_or_edit_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    place.guard.allow("422")
    page = place.page(size=size, color_scheme=scheme)
    page.goto(f"{place.home}/deals/{rows.deal.pk}/")
    found: list[str] = []
    for opener in DIALOGS:
        page.locator(opener).first.click()
        page.locator("dialog[open] form").wait_for()
        found += faults(page)
        page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    page.locator("summary[aria-label=More]").click()
    found += faults(page)
    page.keyboard.press("Escape")
    page.locator("#facts a.fact").first.click()
    page.locator("form[data-edit] input:not([type=hidden])").fill("a lot")
    page.keyboard.press("Enter")
    page.locator(".fact-error").wait_for()
    found += faults(page)
    page.goto(f"{place.home}/board/")
    page.locator(".deal").first.hover()
    page.locator(".card-menu").first.click()
    page.locator("dialog[open] form").wait_for()
    found += faults(page)
    page.get_by_role("button", name="Contacted").click()
    page.locator("[data-undo]").wait_for()
    assert found + faults(page) == []
