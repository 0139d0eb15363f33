"""Record pages by keyboard and touch: tags, what is made from them, their neighbours in a list, merging, people of a deal."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Place


def open_page(place: Place, path: str, size: str = "desk", who: str = "alice", **options: Any) -> Page:
    page = place.page(who, size, **options)
    page.goto(f"{place.home}/{path}")
    return page


@pytest.fixture
def fjord(place: Place) -> Any:
    """A company with a person."""
    from vunnet.contacts.actions import add_company, add_person

    with place.room():
        company = add_company(place.house.alice, place.house.workspace, "Fjord & Fjell AS")
        add_person(place.house.alice, place.house.workspace, first_name="Kari", last_name="Moe", company=company)
    return company


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_tags_are_put_on_and_taken_off_by_keyboard(place: Place, fjord: Any, size: str) -> None:
    page = open_page(place, f"companies/{fjord.pk}/", size)
    page.get_by_label("Add a tag").focus()
    for name in ("Fair 2026", "Key customer"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page.locator("#tags li", has_text=name)).to_be_visible()
        expect(page.get_by_label("Add a tag")).to_be_focused()
    page.get_by_label("Take the tag Fair 2026 off").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tags li")).to_have_count(1)
    expect(page.locator("#tags :focus")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"{place.home}/companies/{fjord.pk}/history/")
    expect(page.locator(".past")).to_contain_text("Fair 2026")
    expect(page.locator(".past")).to_contain_text("took a tag off it")


def test_tags_need_no_script_and_a_viewer_only_reads_them(place: Place) -> None:
    deal = place.deal("Heat pump")
    page = open_page(place, f"deals/{deal.pk}/", java_script_enabled=False)
    page.get_by_label("Add a tag").fill("Fair")
    page.get_by_label("Put the tag on").click()
    expect(page.locator("#tags li")).to_contain_text("Fair")
    reader = open_page(place, f"deals/{deal.pk}/", who="carol")
    expect(reader.locator("#tags li")).to_contain_text("Fair")
    expect(reader.locator("#tags button, #tags input")).to_have_count(0)


def test_c_makes_a_deal_of_the_record_that_is_open(place: Place, fjord: Any) -> None:
    page = open_page(place, f"companies/{fjord.pk}/")
    page.keyboard.press("c")
    expect(page.get_by_label("Company", exact=True)).to_have_value("Fjord & Fjell AS")
    page.goto(f"{place.home}/companies/{fjord.pk}/")
    page.get_by_role("link", name="Kari Moe", exact=True).click()
    page.get_by_role("heading", name="Kari Moe").wait_for()
    page.keyboard.press("c")
    expect(page.get_by_label("What is it about?")).to_be_focused()
    page.keyboard.type("Snow melting")
    page.keyboard.press("Enter")
    side = page.get_by_label("Belongs to this deal")
    expect(side.get_by_role("link", name="Kari Moe", exact=True)).to_be_visible()
    expect(page.locator("#facts")).to_contain_text("Fjord & Fjell AS")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("insight/", "What is it about?"),
        ("notices/", "What is it about?"),
        ("deals/1/", "What is it about?"),
        ("activities/", "What is to be done?"),
    ],
)
def test_c_makes_a_deal_on_every_other_page_and_a_task_among_tasks(place: Place, path: str, asked: str) -> None:
    place.deal("Heat pump")
    page = open_page(place, path)
    page.keyboard.press("c")
    expect(page.get_by_label(asked)).to_be_focused()


def test_who_is_kept_gives_its_values_and_both_are_told_apart(place: Place) -> None:
    from vunnet.contacts.actions import add_person

    with place.room():
        one, two = (
            add_person(place.house.alice, place.house.workspace, first_name="Kari", last_name="Moe", **given)
            for given in ({"email": "kari@old.no", "title": "Chair"}, {"email": "kari@new.no", "phone": "41277903"})
        )
    page = open_page(place, f"people/{one.pk}/merge/{two.pk}/")
    keep = page.get_by_role("radio", name="Keep Kari Moe")
    expect(page.locator("thead")).to_contain_text("kari@old.no")
    expect(page.locator("thead")).to_contain_text("kari@new.no")
    keep.nth(1).check()
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url(f"**/people/{two.pk}/")
    expect(page.locator("#facts")).to_contain_text("kari@new.no")
    expect(page.locator("#facts")).to_contain_text("Chair")


def test_without_a_script_the_other_side_is_taken_by_a_link(place: Place) -> None:
    from vunnet.contacts.actions import add_company

    with place.room():
        one, two = (add_company(place.house.alice, place.house.workspace, name) for name in ("Fjord", "Fjord AS"))
    page = open_page(place, f"companies/{one.pk}/merge/{two.pk}/", java_script_enabled=False)
    page.get_by_role("link", name="Take its values").click()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("heading", name="Fjord AS")).to_be_visible()


def test_a_record_of_a_list_leads_to_its_neighbours_and_back_to_its_row(place: Place) -> None:
    deals = [place.deal(f"Deal {n}", amount=100 + n) for n in range(4)]
    page = open_page(place, "deals/?bare=1&sort=name")
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(f"**/deals/{deals[1].pk}/")
    page.keyboard.press("j")
    page.wait_for_url(f"**/deals/{deals[2].pk}/")
    page.get_by_label("Previous in the list").click()
    page.wait_for_url(f"**/deals/{deals[1].pk}/")
    page.keyboard.press("j")
    page.wait_for_url(f"**/deals/{deals[2].pk}/")
    expect(page.get_by_label("Next in the list")).to_have_attribute(
        "href", f"/w/{place.house.workspace.slug}/deals/{deals[3].pk}/"
    )
    page.go_back()
    expect(page.locator(f"#row-{deals[2].pk} th a")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#row-{deals[3].pk} th a")).to_be_focused()


def test_a_card_leads_to_its_neighbours_in_the_column_and_back_to_itself(place: Place) -> None:
    deals = [place.deal(f"Deal {n}", amount=900 - n) for n in range(3)]
    place.deal("Elsewhere", stage="Contacted", amount=1000)
    page = open_page(place, "board/")
    page.get_by_role("link", name="Deal 1", exact=True).click()
    page.wait_for_url(f"**/deals/{deals[1].pk}/")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.wait_for_url(f"**/deals/{deals[2].pk}/")
    expect(page.get_by_label("Next in the list")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("link", name="Deal 2", exact=True)).to_be_focused()


def test_the_last_row_that_was_shown_is_not_the_lists_last(place: Place) -> None:
    deals = [place.deal(f"Deal {n:02}") for n in range(52)]
    page = open_page(place, "deals/?bare=1&sort=name")
    page.get_by_role("link", name="Deal 49").click()
    page.wait_for_url(f"**/deals/{deals[49].pk}/")
    for n in (50, 51):
        address = f"/w/{place.house.workspace.slug}/deals/{deals[n].pk}/"
        expect(page.get_by_label("Next in the list")).to_have_attribute("href", address)
        page.keyboard.press("j")
        page.wait_for_url(f"**{address}")
    expect(page.get_by_label("Previous in the list")).to_be_visible()
    expect(page.get_by_label("Next in the list")).to_be_hidden()
    page.go_back()
    expect(page.locator(f"#row-{deals[51].pk} th a")).to_be_focused()


def test_keys_of_a_deals_page(place: Place) -> None:
    from django.utils import timezone

    from vunnet.activities.actions import plan_step

    deal = place.deal("Heat pump")
    with place.room():
        plan_step(place.house.alice, place.house.workspace, "Call them", due_at=timezone.now(), deal=deal)
    page = open_page(place, f"deals/{deal.pk}/")
    page.keyboard.press("l")
    expect(page.locator("#id_body")).to_be_focused()
    expect(page.locator(".compose [name=kind][value=call]")).to_be_checked()
    page.locator("#main").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Move Heat pump to…")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Tomorrow")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_the_companys_people_are_suggested_first_and_others_by_name(place: Place, fjord: Any) -> None:
    from vunnet.contacts.actions import add_company, add_person

    with place.room():
        other = add_company(place.house.alice, place.house.workspace, "Nordvarme")
        karin = add_person(place.house.alice, place.house.workspace, first_name="Karin", last_name="Lie", company=other)
    deal = place.deal("Heat pump", company=fjord)
    page = open_page(place, f"deals/{deal.pk}/")
    page.get_by_label("Add a person").click()
    options = page.locator("#deal-people option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", "Kari Moe")
    page.keyboard.type("kari")
    expect(options).to_have_count(2)
    expect(options.nth(1)).to_have_attribute("value", "Karin Lie (Nordvarme)")
    page.get_by_role("dialog").get_by_label("Name").fill("Karin Lie (Nordvarme)")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Belongs to this deal")).to_contain_text("Karin Lie")
    with place.room():
        assert [part.person_id for part in deal.people.all()] == [karin.pk]


def test_a_choice_is_saved_by_choosing(place: Place) -> None:
    deal = place.deal("Heat pump")
    page = open_page(place, f"deals/{deal.pk}/")
    owner = page.locator("#facts dt", has_text="Owner").locator("xpath=following-sibling::dd[1]")
    owner.get_by_role("link").click()
    page.locator("form[data-edit] select").select_option("Bob Berg")
    expect(owner.locator("a.fact")).to_contain_text("Bob Berg")
    expect(owner.locator("a.fact")).to_be_focused()
    with place.room():
        deal.refresh_from_db()
        assert str(deal.owner) == "Bob Berg"


def test_the_history_names_people_and_products(place: Place, fjord: Any) -> None:
    from vunnet.deals.actions import add_person, set_lines
    from vunnet.deals.pipelines import find_or_add_product

    deal = place.deal("Heat pump", company=fjord)
    with place.room():
        alice, room = place.house.alice, place.house.workspace
        add_person(deal, fjord.people.get(), by=alice, role="decides")
        set_lines(deal, [(find_or_add_product(alice, room, "Borehole"), 4, 380_000)], by=alice)
    page = open_page(place, f"deals/{deal.pk}/history/")
    expect(page.locator(".past")).to_contain_text("Person: Kari Moe (decides)")
    expect(page.locator(".past")).to_contain_text("Products: 4 Borehole")
