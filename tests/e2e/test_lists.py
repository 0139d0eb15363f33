"""Lists: filter, sort, search, page by page; the address holds it all, so that Back restores it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Place


@pytest.fixture
def many(place: Place) -> None:
    from vunnet.contacts.actions import add_company, add_person

    with place.room():
        for n in range(120):
            place.house.deal(f"Deal {n:03}", by=place.house.bob if n % 3 == 0 else place.house.alice)
        for name in ("Åsane kjøpesenter", "Solbakken borettslag"):
            company = add_company(place.house.alice, place.house.workspace, name, city="Bergen")
            add_person(
                place.house.alice,
                place.house.workspace,
                first_name="Åse",
                last_name=name[:5],
                company=company,
                phone="+47 412 77 903",
            )


def choose(page: Page, field: str, *values: str) -> None:
    """A condition, chosen from the menus."""
    page.locator(".cond-add", has_text="condition").click()
    page.locator(".cond-pop").get_by_role("link", name=field, exact=True).click()
    for value in values:
        page.locator(".cond-pop").get_by_label(value, exact=True).check()
    page.locator(".cond-pop").get_by_role("button", name="Show").click()


def rows(page: Page) -> list[str]:
    return page.locator(".rows tbody th a").all_text_contents()


@pytest.mark.usefixtures("many")
def test_fifty_more_repeats_and_skips_no_row(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/?sort=name")
    for shown in (100, 120):
        page.get_by_role("link", name="Show 50 more").click()
        expect(page.locator(".rows tbody th")).to_have_count(shown)
    assert [name.split()[1] for name in rows(page)] == [f"{n:03}" for n in range(120)]
    expect(page.get_by_role("link", name="Show 50 more")).to_have_count(0)


@pytest.mark.usefixtures("many")
def test_filter_and_sort_stand_in_the_address_and_back_restores_them(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/")
    choose(page, "Owner", "Bob Berg")
    expect(page).to_have_url(re.compile(r"owner=\d+"))
    expect(page.locator("#sums")).to_contain_text("40 deals")
    page.get_by_role("link", name="Deal", exact=True).click()
    expect(page).to_have_url(re.compile(r"owner=\d+&sort=name"))
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Deal")
    assert rows(page)[0].startswith("Deal 000")
    page.get_by_label("State").select_option("won")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(page.locator(".sentence")).to_contain_text("owned by Bob Berg")
    back(page)
    expect(page).not_to_have_url(re.compile(r"state=won"))
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Deal")
    back(page)
    expect(page).not_to_have_url(re.compile(r"sort=name"))
    back(page)
    expect(page).not_to_have_url(re.compile(r"owner="))
    expect(page.locator("#sums")).to_contain_text("120 deals")


def back(page: Page) -> None:
    """A list's earlier state is asked for again: the address changes first, then the document is loaded. Waits for both."""
    with page.expect_event("load"):
        page.evaluate("() => { setTimeout(() => history.back()) }")


@pytest.mark.usefixtures("many")
def test_what_a_link_narrows_is_said_and_can_be_lifted(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/?amount_over=900&created_from=2020-01-01&owner=me")
    expect(page.locator(".cond", has_text="Amount over 900")).to_be_visible()
    page.get_by_label("Lift: Opened from 1 Jan 2020").click()
    expect(page).to_have_url(re.compile(r"\?amount.over=900&owner=me$"))
    page.get_by_label("Lift: me").click()
    expect(page).to_have_url(re.compile(r"\?amount.over=900$"))


@pytest.mark.usefixtures("many")
def test_words_are_found_without_accents_as_they_are_typed(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/search/")
    page.get_by_label("Words to find").fill("asane")
    expect(page.locator("#found").get_by_role("link", name="Åsane kjøpesenter Bergen")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=asane$"))
    page.get_by_role("link", name="Åsane kjøpesenter Bergen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Åsane kjøpesenter")
    page.go_back()
    expect(page.get_by_label("Words to find")).to_have_value("asane")


@pytest.mark.usefixtures("many")
def test_the_palette_finds_does_and_goes_by_keyboard_alone(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/companies/new/")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    palette = page.get_by_role("combobox", name="Search or do")
    expect(palette).to_be_focused()
    page.keyboard.type("asane")
    expect(page.get_by_role("option", name="Åsane kjøpesenter Bergen")).to_have_attribute("aria-selected", "false")
    expect(page.get_by_role("option", name=re.compile("Åse Åsane"))).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Åsane kjøpesenter Bergen")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Åsane kjøpesenter")
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    page.keyboard.type("log call")
    expect(page.get_by_role("option", name="Log a call with Åsane kjøpesenter")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_label("What happened?")).to_be_focused()
    expect(page.locator(".kinds input[value=call]")).to_be_checked()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile(r"/deals/$"))
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("group", name="Seen lately")).to_contain_text("Åsane kjøpesenter")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


@pytest.mark.usefixtures("many")
def test_filters_draw_the_list_anew_without_loading_the_page_and_the_count_is_said(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/")
    page.evaluate("window.isSame = true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/deals/?" in request.url else None)
    page.get_by_label("Words to find").fill("Deal 007")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=Deal"))
    expect(page.locator("#announce")).to_contain_text("1 deal")
    assert len(asked) == 1
    page.get_by_label("State").select_option("won")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"state=won"))
    assert page.evaluate("window.isSame")
    page.go_back()
    expect(page.locator("tbody tr[data-row]")).to_have_count(1)


@pytest.mark.usefixtures("many")
def test_enter_in_the_palette_means_what_was_typed_not_what_stood_there(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/deals/")
    page.route("**/palette/?q=solbakken*", lambda route: (page.wait_for_timeout(600), route.continue_()))
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-found [role=option]").first).to_be_visible()
    page.keyboard.type("solbakken")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Solba")


@pytest.mark.usefixtures("many")
def test_rows_are_selected_by_touch_on_the_phone_and_tagged_together(place: Place) -> None:
    page = place.page(size="phone")
    page.goto(f"{place.home}/people/")
    page.get_by_role("button", name="Select", exact=True).tap()
    for row in page.locator("tr[data-row]").all()[:2]:
        row.locator("th").tap()
    expect(page).to_have_url(re.compile(r"/people/$"))
    tools = page.get_by_role("toolbar", name="With the selected rows")
    expect(tools).to_contain_text("2 selected")
    tools.get_by_role("button", name="Tag", exact=True).tap()
    expect(page.locator("dialog[open] form")).to_be_visible()
    page.keyboard.press("Escape")
    tools.get_by_role("button", name="Select none").tap()
    expect(tools).to_be_hidden()
    page.locator("tr[data-row] th a").first.tap()
    expect(page).to_have_url(re.compile(r"/people/\d+/$"))


@pytest.mark.usefixtures("many")
def test_a_ticked_row_leaves_the_keys_at_work(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/people/")
    page.locator("tbody input[name=row]").first.check()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


@pytest.mark.usefixtures("many")
def test_a_choice_in_a_menu_is_not_lost_to_a_key(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/people/")
    page.locator("summary", has_text="Columns").click()
    shown = page.locator(".col-item input[type=checkbox]").first
    shown.focus()
    for key in ("c", "?"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/people/$"))
    expect(shown).to_be_visible()


@pytest.mark.usefixtures("many")
def test_from_search_to_call_in_three_taps_on_the_phone(place: Place) -> None:
    page = place.page(size="phone")
    page.goto(f"{place.home}/board/")
    page.get_by_label("Main, phone").get_by_role("link", name="Search").tap()
    expect(page.get_by_role("combobox", name="Search or do")).to_be_focused()
    page.keyboard.type("ase sol")
    page.get_by_role("option", name=re.compile("Åse Solba")).tap()
    expect(page.get_by_role("link", name="Call")).to_have_attribute("href", "tel:+4741277903")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "path",
    [
        "board/",
        "deals/",
        "deals/?state=won",
        "companies/",
        "people/",
        "activities/",
        "deals/?group=owner",
        "board/?lanes=owner",
        "board/?by=owner",
        "settings/members/",
        "more/",
        "insight/",
    ],
)
def test_no_page_scrolls_sideways_on_the_phone(place: Place, path: str) -> None:
    page = place.page(size="phone")
    page.goto(f"{place.home}/{path}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_companies_and_people_are_added_found_and_changed(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/companies/")
    page.get_by_role("link", name="Add a company").click()
    page.get_by_label("Name").fill("Fana kulturhus")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Add a person").click()
    page.get_by_label("First name").fill("Marte")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Marte")
    page.locator("#facts summary").click()
    page.locator("#facts").get_by_role("link", name="Phone").click()
    page.get_by_role("textbox", name="Phone").fill("+47 900 00 000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Call")).to_be_visible()
    page.locator("#record-head").get_by_role("link", name="Fana kulturhus").click()
    expect(page.get_by_label("Belongs to this company").get_by_role("link", name="Marte", exact=True)).to_be_visible()


def test_an_empty_workspace_says_what_to_do_and_takes_its_first_deal(place: Place) -> None:
    page = place.page()
    page.goto(f"{place.home}/board/")
    expect(page.get_by_role("heading", name="No deals yet")).to_be_visible()
    page.get_by_label("What is it about?").fill("Boiler swap")
    page.get_by_role("button", name="Create deal").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Boiler swap")
