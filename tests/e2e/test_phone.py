"""On a phone: a note written in a dead spot is sent once, a call is logged after it, and the app can be installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Place
from vunnet.activities.models import Activity, SentOnce

OFFLINE = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest", "ERR_FAILED")


@pytest.fixture
def deal(place: Place) -> Any:
    from vunnet.contacts.actions import add_person
    from vunnet.deals.actions import add_person as take_part

    made = place.deal("Heat pump", amount=1000)
    with place.room():
        person = add_person(
            place.house.alice, place.house.workspace, first_name="Åse", last_name="Moe", phone="+4755000000"
        )
        take_part(made, person, by=place.house.alice, role="decides")
    return made


def bodies(place: Place) -> list[str]:
    with place.room():
        return sorted(Activity.objects.filter(at__isnull=False).values_list("body", flat=True))


def write(page: Page, words: str) -> None:
    page.locator("#id_body").fill(words)
    page.locator("#compose .compose-save").click()


def test_a_note_from_a_dead_spot_is_sent_once(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    place.guard.allow(*OFFLINE)
    page = person(size="phone")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.context.set_offline(True)
    write(page, "They want to sign on Friday")
    tray = page.locator("#waiting")
    expect(tray).to_contain_text("One entry waits to be sent")
    expect(tray).to_contain_text("They want to sign on Friday")
    expect(page.locator("#id_body")).to_have_value("")
    write(page, "And ask for a discount")
    expect(tray).to_contain_text("2 entries wait to be sent")
    assert bodies(place) == []
    page.context.set_offline(False)
    expect(tray).to_be_hidden()
    expect(page.locator("#timeline")).to_contain_text("They want to sign on Friday")
    page.reload()
    expect(tray).to_be_hidden()
    assert bodies(place) == ["And ask for a discount", "They want to sign on Friday"]


def test_an_entry_whose_answer_was_lost_is_written_once(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    place.guard.allow(*OFFLINE)
    page = person(size="phone")
    page.goto(f"{place.home}/deals/{deal.pk}/")

    def lose_the_answer(route: Any) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/log/", lose_the_answer)
    write(page, "Heard by the server, not by the phone")
    expect(page.locator("#waiting")).to_contain_text("Heard by the server")
    assert len(bodies(place)) == 1
    page.unroute("**/log/")
    page.locator("[data-try]").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert bodies(place) == ["Heard by the server, not by the phone"]
    with place.room():
        assert SentOnce.objects.count() == 1


def test_what_waits_is_another_persons_and_goes_with_signing_out(
    place: Place, deal: Any, person: Callable[..., Page]
) -> None:
    place.guard.allow(*OFFLINE)
    page = person(size="phone")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.context.set_offline(True)
    write(page, "Mine alone")
    expect(page.locator("#waiting")).to_be_visible()
    keys = "Object.keys(localStorage).filter((key) => key.startsWith('vunnet.waiting.'))"
    assert page.evaluate(keys) == [f"vunnet.waiting.{place.house.workspace.slug}.{place.house.alice.pk}"]
    # Somebody else on the same device sees none of it, and nothing is sent in their name.
    from tests.e2e.conftest import session_of

    page.context.add_cookies([{"name": "vunnet", "value": session_of("bob"), "url": place.address}])
    page.context.set_offline(False)
    page.wait_for_timeout(500)
    page.goto(f"{place.home}/me/")
    expect(page.locator("#waiting")).to_be_hidden()
    assert bodies(place) == []
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Sign out").click()
    assert "not sent yet" in asked[0]
    assert len(page.evaluate(keys)) == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate(keys) == []


def test_what_is_refused_stays_to_be_read(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    from vunnet.deals.removal import delete_deal

    place.guard.allow(*OFFLINE, "404")
    page = person(size="phone")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.context.set_offline(True)
    write(page, "Too late")
    expect(page.locator("#waiting")).to_be_visible()
    with place.room():
        delete_deal(deal, by=place.house.alice)
    page.context.set_offline(False)
    expect(page.locator("#waiting [data-why]")).not_to_be_empty()
    expect(page.locator("#waiting")).to_contain_text("Too late")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Throw away").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert bodies(place) == []


def come_back(page: Page) -> None:
    """As from the phone's own dialler: the page was hidden, and is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_back_from_a_call_its_form_stands_open(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    page = person(size="phone")
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.evaluate("addEventListener('click', (e) => e.target.closest('a[href^=\"tel:\"]') && e.preventDefault())")
    page.locator("a[href='tel:+4755000000']").first.click()
    come_back(page)
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Log the call with Åse Moe?")
    dialog.locator("textarea").fill("She says yes")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#timeline")).to_contain_text("She says yes")
    with place.room():
        (call,) = Activity.objects.filter(kind="call")
        assert (str(call.person), call.deal_id, call.body) == ("Åse Moe", deal.pk, "She says yes")
    come_back(page)
    expect(dialog).not_to_be_visible()


def test_on_a_desk_no_call_is_asked_about(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    page = person()
    page.goto(f"{place.home}/deals/{deal.pk}/")
    page.evaluate("addEventListener('click', (e) => e.target.closest('a[href^=\"tel:\"]') && e.preventDefault())")
    page.locator("a[href='tel:+4755000000']").first.click()
    come_back(page)
    page.wait_for_timeout(300)
    expect(page.locator("#dialog")).not_to_be_visible()


def test_from_search_to_a_call_in_three_taps(place: Place, deal: Any, person: Callable[..., Page]) -> None:
    page = person(size="phone")
    page.goto(f"{place.home}/today/")
    page.locator(".tabbar [data-open=search]").tap()
    page.keyboard.type("åse")
    page.locator("#palette-found").get_by_text("Åse Moe").tap()
    page.wait_for_url("**/people/**")
    call = page.locator(".head a[href='tel:+4755000000']")
    box = call.bounding_box()
    assert box
    assert min(box["height"], box["width"]) >= 44


def test_the_app_can_be_installed_and_keeps_no_page_with_rows(
    place: Place, deal: Any, person: Callable[..., Page]
) -> None:
    place.guard.allow(*OFFLINE)
    page = person(size="phone", service_workers="allow")
    page.goto(f"{place.home}/today/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    manifest = json.loads(page.request.get(page.locator("link[rel=manifest]").get_attribute("href") or "").text())
    assert manifest["start_url"] == f"/w/{place.house.workspace.slug}/today/"
    for icon in manifest["icons"]:
        answer = page.request.get(icon["src"])
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    faults = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's windows are private ones, in which nothing can be installed.
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []
    page.goto(f"{place.home}/deals/{deal.pk}/")
    kept = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((c) => c.keys())))).then((all) => all.flat().map((r) => new URL(r.url).pathname))"
    )
    assert {path for path in kept if not path.startswith("/static/dist/")} == {"/offline/"}
    page.context.set_offline(True)
    page.goto(f"{place.home}/people/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    # The worker looks for its next release when a page was opened; it has looked before the window closes.
    page.wait_for_timeout(500)


def test_the_longest_name_leaves_room_for_the_amount_and_the_next_line(place: Place) -> None:
    from django.utils import timezone

    from vunnet.activities.actions import plan_step

    deal = place.deal("Heat pump " * 20, "Needs mapped", amount=1_289_000)
    with place.room():
        plan_step(place.house.alice, place.house.workspace, "W" * 200, due_at=timezone.now(), deal=deal)
    page = place.page(size="phone")
    page.goto(f"{place.home}/search/?q=heat")
    said = page.locator("#found .pal .num").first
    expect(said).to_have_text("1.3 m kr · Needs mapped")
    assert said.evaluate("(one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
    page.goto(f"{place.home}/today/")
    box = page.locator(".todo > li", has_text="WWW").bounding_box()
    assert box
    assert box["height"] < 120
