"""axe-core finds nothing on any page or dialog: light and dark, desk and phone, by WCAG 2.2 AA."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, expect

from tests.e2e.conftest import Place
from tests.web.addresses import Rows, in_a_workspace, outside_one
from vunnet.web.insight.rooms import ROOMS

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = [(size, scheme) for size in ("desk", "phone") for scheme in ("light", "dark")]


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


def pages(place: Place, rows: Rows) -> list[str]:
    """Every address of the workspace that is a page, and every room of Insight."""
    rooms = [f"{place.home}/insight/{room}/" for room in ROOMS]
    asking = place.page().request
    found = []
    for address in [*(rows.fill(route) for _name, route in in_a_workspace()), *rooms]:
        answer = asking.get(address)
        if answer.ok and answer.text().startswith("<!doctype html>"):
            found.append(address)
    assert len(found) > 40
    return found


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_page_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    place.guard.allow("404")
    page = place.page(size=size, color_scheme=scheme)
    found = []
    for address in [*pages(place, rows), f"{place.home}/deals/0/", f"{place.home}/people/?q=zzz"]:
        page.goto(address)
        found += faults(page)
    assert found == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_nothing_that_opens_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    """Every dialog, menu and folded part of every page, each opened once a page; the palette, the keys and what a choice of
    rows brings."""
    page, found, opened = place.page(size=size, color_scheme=scheme), [], set[str]()
    for address in pages(place, rows):
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
        if sheet == "#palette":
            page.keyboard.type("solb")
            page.locator("#palette-found [role=option]", has_text="Solbakken").first.wait_for()
            found += faults(page, sheet)
            page.keyboard.press("Escape")  # lets the words go; the next one closes
        page.keyboard.press("Escape")
        expect(page.locator(sheet)).to_be_hidden()
    assert found == []
    assert len(opened) > 80


def opening(page: Page, opened: set[str]) -> list[str]:
    """What axe finds in each thing that opens on this page; what a list repeats in every row is opened in one."""
    found = []
    for opener in page.locator("[data-dialog], details:not([open]) > summary").element_handles():
        words = (opener.get_attribute("aria-label") or opener.text_content() or "").strip()
        name = f"{urlsplit(page.url).path}: {words}"
        is_dialog = opener.get_attribute("data-dialog") is not None
        if is_dialog:
            opener.evaluate("(one) => { const menu = one.closest('details'); if (menu) menu.open = true; }")
        if name not in opened and opener.is_visible():
            opened.add(name)
            try:
                opener.click()
            except Error as why:
                # The page drew this part anew meanwhile: what it shows now is opened instead.
                if "not attached" not in str(why):
                    raise
                opened.discard(name)
                return found + opening(page, opened)
            page.locator("dialog[open] > *" if is_dialog else "details[open]").first.wait_for()
            expect(page.locator(".htmx-request")).to_have_count(0)
            found += faults(page, "dialog[open]" if is_dialog else "details[open]")
            page.keyboard.press("Escape")
        page.evaluate("document.querySelectorAll('details[open]').forEach((one) => { one.open = false; })")
    return found


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_nothing_within_a_list_has_a_fault(place: Place, rows: Rows, size: str, scheme: str) -> None:
    """The form of every condition, the cell of every column while it is changed, and every dialog for many rows."""
    page, found = place.page(size=size, color_scheme=scheme), []
    for table in ("deals", "companies", "people", "activities"):
        page.goto(f"{place.home}/{table}/")
        page.locator("#cond-add").click()
        page.locator("details[open] .cond-pop a[hx-get]").first.wait_for()
        fields = page.locator("details[open] .cond-pop a[hx-get]").evaluate_all(
            "(all) => all.map((one) => one.getAttribute('hx-get'))"
        )
        assert len(fields) > 5, table
        for field in fields:
            page.evaluate(
                "(from) => htmx.ajax('GET', from, { target: document.querySelector('details[open] .cond-pop'), swap: 'innerHTML', select: 'unset' })",
                field,
            )
            found += faults(page, "details[open]")
        page.keyboard.press("Escape")
        cells = page.locator("tbody tr").first.locator("[hx-get]:visible")
        for n in range(cells.count()):
            cells.nth(n).click()
            page.locator("[data-cell-form]").wait_for()
            found += faults(page, "tbody tr:first-child")
            page.keyboard.press("Escape")
            page.locator("[data-cell-form]").wait_for(state="detached")
    page.goto(f"{place.home}/deals/?group=stage")
    found += faults(page)
    if size == "phone":
        page.locator("[data-pick]").tap()
    page.locator("tbody input[name=row]").first.check()
    verbs = page.locator("#bulk-rows button[hx-post]")
    expect(verbs.first).to_be_visible()
    assert verbs.count() == 5
    for n in range(verbs.count()):
        verbs.nth(n).click()
        page.locator("dialog[open] form").wait_for()
        found += faults(page, "dialog[open]")
        page.keyboard.press("Escape")
    assert found == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_figure_has_a_fault(place: Place, size: str, scheme: str) -> None:
    """Every room with something to draw, as pictures and with its tables, definitions and exports open."""
    place.fill_a_year()
    page = place.page(size=size, color_scheme=scheme)
    found, drawn, unfolded = [], 0, Counter[str]()
    for room in ROOMS:
        page.goto(f"{place.home}/insight/{room}/?period=all")
        expect(page.locator("#insight[hx-trigger]")).to_have_count(0, timeout=30_000)
        drawn += page.locator("#insight .fig svg").count()
        found += faults(page)
        # One kind at a time: what opens above its neighbours would hide them, and nobody opens all at once.
        for kind in (".as-table", ".definition", ".export"):
            page.evaluate(
                "(kind) => document.querySelectorAll('#insight details').forEach((one) => { one.open = one.matches(kind); })",
                kind,
            )
            unfolded[kind] += page.locator(f"#insight details{kind}[open]").count()
            found += faults(page)
    assert found == []
    assert drawn > 10
    assert min(unfolded.values()) > 5, unfolded


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_page_outside_a_workspace_has_a_fault(place: Place, size: str, scheme: str) -> None:
    place.guard.allow("404")
    with place.room():
        addresses = outside_one(place.house)
    found, seen, forms = [], 0, 0
    for who in ("", "alice"):
        page = place.page(who, size=size, color_scheme=scheme)
        for address in [*addresses, "/nothing/here/"]:
            if not page.request.get(address).headers["content-type"].startswith("text/html"):
                continue
            page.goto(address)
            forms += page.locator("form").count()
            found += faults(page)
            seen += 1
    page = place.page("", size=size, color_scheme=scheme)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert found + faults(page) == []
    assert seen > 20
    assert forms > 10


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
