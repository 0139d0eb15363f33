"""A person's first hour, in a real browser against `vunnet up` itself: set-up link, import, board, a win, and what it taught."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SIZES, Guard

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
DEALS = Path(__file__).parent / "hubspot-deals.csv"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module", params=list(SIZES))
def visit(request: Any, browser: Browser) -> Iterator[tuple[str, Page, str]]:
    """A fresh installation as `vunnet up` makes it, and a browser at its set-up link."""
    home = Path(tempfile.mkdtemp(prefix="vf"))
    home.chmod(0o755)
    port = free_port()
    surroundings = os.environ | {
        "VUNNET_HOME": str(home),
        "VUNNET_NO_SAMPLE": "1",
        "VUNNET_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    for name in ("DATABASE_URL", "VUNNET_DATABASE_ROLE", "VUNNET_SECRET_KEY"):
        surroundings.pop(name, None)
    log = (home / "up.log").open("w+")
    command = [sys.executable, "-m", "vunnet", "up", "--port", str(port)]
    up = subprocess.Popen(command, env=surroundings, stdout=log, stderr=subprocess.STDOUT)
    try:
        link = wait_for_link(up, home / "up.log")
        context = browser.new_context(**SIZES[request.param], reduced_motion="reduce")
        guard = Guard(f"127.0.0.1:{port}")
        yield request.param, guard.watch(context), link
        context.close()
        guard.check()
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(60)


def wait_for_link(up: Any, log: Path) -> str:
    for _second in range(1200):
        found = re.search(r"http://\S+/set-up/\S+", log.read_text())
        if found:
            return found[0]
        if up.poll() is not None:
            break
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError(f"vunnet up gave no set-up link:\n{log.read_text()[-3000:]}")


def check(page: Page) -> None:
    """axe-core finds nothing, light and dark, and the page does not scroll sideways."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # Two frames later everything has the other theme's colours, on a busy machine too.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        # Inherited colours follow the new scheme some frames later; axe must not measure in between.
        page.wait_for_timeout(250)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{page.url} {scheme}\n{found.generate_report()}"
    page.emulate_media(color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} scrolls sideways"


def test_the_first_hour(visit: tuple[str, Page, str]) -> None:
    size, page, link = visit
    set_up(page, link)
    room = page.url.removesuffix("today/")
    import_hubspot(page, room)
    win(page, room, size)
    insight_shows_it(page, room)
    every_page(page, room)


def set_up(page: Page, link: str) -> None:
    page.goto(link)
    check(page)
    fields = {
        "workspace": "Fjellvarme AS",
        "name": "Astrid Lunde",
        "email": "astrid@fjellvarme.example",
        "password": "a long sentence works",
    }
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Create the workspace").click()
    page.wait_for_url("**/today/")
    check(page)


def import_hubspot(page: Page, room: str) -> None:
    page.goto(f"{room}imports/")
    check(page)
    page.set_input_files("input[type=file]", str(DEALS))
    page.get_by_role("button", name="Look at the files").click()
    expect(page.get_by_text("Appointment Scheduled").first).to_be_visible()
    check(page)
    page.get_by_role("link", name="Try the whole file").click()
    page.get_by_role("button", name=re.compile(r"^Import \d+ rows$")).click()
    expect(page.get_by_text(re.compile("Done: .* rows are in"))).to_be_visible(timeout=90_000)
    expect(page.get_by_text("What the files did not contain")).to_be_visible()
    check(page)


def win(page: Page, room: str, size: str) -> None:
    """Drag to won on the desk, "Move to…" on the phone; both ask for a reason."""
    page.goto(f"{room}board/")
    page.get_by_role("link", name="Sales Pipeline", exact=True).click()
    check(page)
    card = page.locator(".deal", has_text="Solbakken borettslag")
    if size == "desk":
        card.hover()
        page.mouse.down()
        gate = page.locator("[data-gate=won]")
        gate.hover()
        gate.hover()
        page.mouse.up()
    else:
        card.scroll_into_view_if_needed()
        card.locator("[data-move]").click()
        page.get_by_role("link", name=re.compile("Closed Won")).click()
    expect(page.get_by_text("Why was it won?")).to_be_visible()
    page.get_by_text("Relationship").click()
    check(page)
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    expect(page.locator(".stage .deal", has_text="Solbakken borettslag")).to_have_count(0)
    expect(page.locator("#closed")).to_contain_text("Solbakken borettslag")


def insight_shows_it(page: Page, room: str) -> None:
    page.goto(f"{room}insight/?period=month")
    expect(page.get_by_role("heading", name="Win rate")).to_be_visible()
    page.get_by_role("link", name="See the 1 deal").first.click()
    expect(page.locator("th[scope=row]", has_text="Solbakken borettslag")).to_be_visible()


def every_page(page: Page, room: str) -> None:
    page.goto(f"{room}deals/?state=all")
    deal = page.locator("th[scope=row] a").first.get_attribute("href") or ""
    for address in (
        "deals/?state=all",
        "deals/new/",
        "today/",
        "activities/",
        "deleted/",
        "companies/",
        "companies/new/",
        "people/",
        "people/new/",
        "search/?q=sol",
        "insight/",
        "insight/?period=all&split=owner",
        "imports/",
        "settings/",
        "settings/members/",
        "settings/fields/",
        "settings/pipelines/",
        "settings/lists/teams/",
        "settings/lists/reasons/",
        "settings/lists/products/",
        "settings/lists/tags/",
        "me/",
        "more/",
    ):
        page.goto(f"{room}{address}")
        check(page)
    page.goto(room.split("/w/")[0] + deal)
    check(page)
