"""The main journeys by keyboard alone: every stop is reached with Tab, as somebody without a mouse reaches it; both sizes, both languages.

Importing with errors repaired is in test_import.py. Only dragging needs a hand: the mouse at the desk, a finger on the phone.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

from tests.archive.test_archive import DIFFERS, archived, told
from tests.e2e.conftest import Place
from tests.e2e.keyboard import Keyboard, founder, scope_of
from tests.e2e.test_board import drag, press_and_pull
from vunnet.activities.models import Activity
from vunnet.archive.models import Restoration
from vunnet.contacts.actions import add_company, add_person
from vunnet.deals.actions import open_deal
from vunnet.deals.models import Deal
from vunnet.jobs import tasks
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member, Workspace


def test_deals_are_created_moved_won_lost_and_brought_back(place: Place, hands: tuple[Keyboard, str]) -> None:
    hand, home = hands
    create(hand, home, "Heat pump")
    log_a_call_with_what_comes_next(hand)
    move(hand, home)
    move_by_hand(hand, home)
    close(hand, home, "won")
    create(hand, home, "Solar roof")
    close(hand, home, "lost")
    restore_a_deleted_one(hand, home)


def create(hand: Keyboard, home: str, name: str) -> None:
    hand.page.goto(f"{home}/board/")
    hand.press("c")
    hand.page.wait_for_url("**/new/")
    hand.write(hand.page.locator("[name=name]"), name)
    hand.press("Enter")
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text(name)


def log_a_call_with_what_comes_next(hand: Keyboard) -> None:
    """Three actions: the words, the next step, Save."""
    hand.to(hand.page.locator(".compose [name=kind]:checked"))
    while not hand.page.locator(".compose [name=kind][value=call]").is_checked():
        hand.press("ArrowRight")
    hand.page.keyboard.press("Shift+Tab")
    hand.page.keyboard.type("They compare two bids.")
    hand.enter(hand.page.locator("[data-reveal=next-fields]"))
    expect(hand.page.locator("[name=next_step]")).to_be_focused()
    hand.page.keyboard.type("Send the drawing")
    hand.enter(hand.page.locator(".compose-save"))
    expect(hand.page.locator("#next")).to_contain_text("Send the drawing")
    expect(hand.page.locator("#timeline")).to_contain_text("They compare two bids.")


def move(hand: Keyboard, home: str) -> None:
    hand.page.goto(f"{home}/board/")
    card = hand.page.locator(".deal", has_text="Heat pump")
    hand.to(card.get_by_role("link").first)
    hand.press("Space", "ArrowRight", "Space")
    expect(hand.page.locator("[data-undo]")).to_be_visible()
    with scope_of(home):
        assert Deal.objects.get().stage.position == 1


def move_by_hand(hand: Keyboard, home: str) -> None:
    page = hand.page
    page.goto(f"{home}/board/")
    expect(page.locator("#board[data-ready]")).to_be_visible()
    card = page.locator(".deal", has_text="Heat pump")
    if page.evaluate("matchMedia('(pointer: coarse)').matches"):
        card.scroll_into_view_if_needed()
        press_and_pull(page, card)
    else:
        drag(page, card, page.locator(".stage").nth(2).locator("ul"))
    expect(page.locator("[data-undo]")).to_be_visible()
    with scope_of(home):
        assert Deal.objects.get().stage.position == 2


def close(hand: Keyboard, home: str, how: str) -> None:
    with scope_of(home):
        deal = Deal.objects.filter(stage__kind="open").latest("pk")
    hand.page.goto(f"{home}/deals/{deal.pk}/")
    hand.enter(hand.page.locator(f"#deal-head a[href$='/{how}/']"))
    expect(hand.page.locator("#dialog")).to_be_visible()
    hand.to(hand.page.locator("#dialog [name=reason]").first)
    hand.press("Space")
    hand.enter(hand.page.locator("#dialog footer button"))
    expect(hand.page.locator(f"#deal-head .tag-{how}")).to_be_visible()
    with scope_of(home):
        deal.refresh_from_db()
        assert deal.stage.kind == how
        assert deal.close_reason is not None


def restore_a_deleted_one(hand: Keyboard, home: str) -> None:
    hand.enter(hand.page.locator("#deal-head summary"))
    hand.enter(hand.role("button", "Delete"))
    expect(hand.page.locator("#said [role=status]")).to_be_visible()
    with scope_of(home):
        assert Deal.objects.present().count() == 1
    hand.page.goto(f"{home}/deleted/")
    hand.enter(hand.role("button", "Bring %(name)s back", name="Solar roof"))
    expect(hand.page.locator("#said [role=status]")).to_be_visible()
    with scope_of(home):
        assert Deal.objects.present().count() == 2


def test_a_person_is_found_and_called_and_doubles_are_merged(place: Place, hands: tuple[Keyboard, str]) -> None:
    hand, home = hands
    with scope_of(home):
        me = founder()
        add_person(me, me.workspace, first_name="Åse", last_name="Moe", phone="+47 55 00 00 00")
        first, second = (
            add_company(me, me.workspace, name) for name in ("Solbakken borettslag", "Solbakken Borettslag AS")
        )
    hand.page.goto(f"{home}/today/")
    hand.press("Control+k")
    hand.page.keyboard.type("ase")
    expect(hand.page.get_by_role("option", name=re.compile("Åse Moe"))).to_have_attribute("aria-selected", "true")
    hand.press("Enter")
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("Åse Moe")
    call(hand, home)
    merge_and_undo(hand, home, first, second)


def call(hand: Keyboard, home: str) -> None:
    """A browser leaves the dialling to its machine. Back on the phone the call's form stands open; at a desk it is chosen."""
    page = hand.page
    page.evaluate(
        "addEventListener('click', (e) => { const to = e.target.closest('a[href^=\"tel:\"]'); if (to) { e.preventDefault(); window.dialled = to.href; } })"
    )
    hand.enter(page.locator("a[href^='tel:']").first)
    assert page.evaluate("window.dialled").replace(" ", "") == "tel:+4755000000"
    if page.evaluate("matchMedia('(pointer: coarse)').matches"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_role("dialog")).to_be_visible()
        hand.write(page.locator("#dialog textarea"), "She says yes")
        hand.press("Control+Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
    else:
        hand.to(page.locator(".compose [name=kind]:checked"))
        hand.press("ArrowRight")
        hand.write(page.locator(".compose textarea"), "She says yes")
        hand.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("She says yes")
    with scope_of(home):
        (logged,) = Activity.objects.filter(kind="call")
        assert (logged.body, str(logged.person)) == ("She says yes", "Åse Moe")


def merge_and_undo(hand: Keyboard, home: str, first: Any, second: Any) -> None:
    hand.page.goto(f"{home}/companies/{first.pk}/")
    hand.enter(hand.page.locator(".head summary").first)
    hand.enter(hand.role("link", "Merge with another…"))
    hand.enter(hand.page.locator(".gone a").first)
    hand.enter(hand.role("button", "Merge"))
    hand.page.wait_for_url(f"**/companies/{first.pk}/")
    with scope_of(home):
        second.refresh_from_db()
        assert second.merged_into == first
    hand.page.goto(f"{home}/deleted/?kind=company")
    hand.enter(hand.role("button", "Bring %(name)s back", name=second.name))
    with scope_of(home):
        expect(hand.page.locator("#said [role=status]")).to_be_visible()
        second.refresh_from_db()
        assert second.merged_into is None


def test_many_are_reassigned_a_view_is_shared_and_all_of_it_comes_back(
    place: Place, hands: tuple[Keyboard, str], tmp_path: Any
) -> None:
    hand, home = hands
    with scope_of(home):
        me = founder()
        Member.objects.create(workspace=me.workspace, name="Per Berg")

        for n in range(4):
            open_deal(me, workspace=me.workspace, name=f"Deal {n}", amount=Decimal(1000 + n))
    reassign_and_undo(hand, home)
    save_and_share_a_view(place, hand, home)
    take_everything_and_bring_it_back(hand, home, tmp_path)


def reassign_and_undo(hand: Keyboard, home: str) -> None:
    page = hand.page
    page.goto(f"{home}/deals/?sort=name&columns=name,owner")
    hand.press("j", "x", "j", "x")
    hand.enter(hand.role("button", "Assign"))
    hand.choose(page.locator("#dialog select[name=value]"), "Per Berg")
    hand.enter(hand.role("button", "Do it"))
    expect(page.locator("tr[data-row]", has_text="Per Berg")).to_have_count(2)
    hand.enter(page.locator("#toast").get_by_role("button", name=hand.says("Undo"), exact=True))
    expect(page.locator("tr[data-row]", has_text="Per Berg")).to_have_count(0)


def save_and_share_a_view(place: Place, hand: Keyboard, home: str) -> None:
    page = hand.page
    with scope_of(home):
        Member.objects.create(workspace=founder().workspace, user=place.house.bob.user, name="Bob Berg", role="rep")
    page.goto(f"{home}/deals/?amount.over=1001")
    hand.enter(hand.role("link", "Save this view"))
    hand.write(page.locator("#dialog [name=name]"), "Big ones")
    hand.choose(page.locator("#dialog [name=audience]"), hand.says("Everybody"))
    hand.enter(page.locator("#dialog button.btn-primary"))
    expect(page).to_have_url(re.compile(r"\?view=\d+$"))
    expect(page.locator("tr[data-row]")).to_have_count(2)
    bob = Keyboard(place.page("bob", locale="nb-NO" if hand.language == "nb" else "en-GB"), hand.language)
    bob.page.goto(f"{home}/deals/")
    bob.enter(bob.page.locator(".views").get_by_role("link", name="Big ones", exact=True))
    expect(bob.page.locator("tr[data-row]")).to_have_count(2)


def take_everything_and_bring_it_back(hand: Keyboard, home: str, folder: Any) -> None:
    page = hand.page
    page.goto(f"{home}/settings/archive/")
    with page.expect_download() as download:
        hand.enter(hand.role("button", "Download the archive"))
    file = folder / "all.zip"
    download.value.save_as(file)
    with page.expect_file_chooser() as chooser:
        hand.enter(page.locator("input[type=file]"))
    chooser.value.set_files(file)
    hand.enter(hand.role("button", "Make a workspace of it"))
    expect(page.locator("#restorations")).to_contain_text("all.zip")
    with scope_of(home):
        row = Restoration.objects.get()
    tasks.restore(row.pk, row.workspace_id)
    hand.enter(hand.role("link", "Open %(name)s", name="Nordlys"))
    page.wait_for_url("**/today/")
    with scope_of(home):
        row.refresh_from_db()
    with walls.scope(workspace_id=row.made):
        made = Workspace.objects.get()
        before, after = told(file.read_bytes()), told(archived(made))
    assert (made.name, len(before["deals_deal"])) == ("Nordlys", 4)
    assert before.keys() == after.keys()
    assert [name for name in before.keys() - DIFFERS if before[name] != after[name]] == []
