"""A person with a keyboard only: every stop is reached with Tab, as somebody without a mouse reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from tests.conftest import PASSWORD

if TYPE_CHECKING:
    pass

FURTHEST = 160
IS_FOCUSED = "element => element === document.activeElement"


class Keyboard:
    """A person with a keyboard only."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language

    def says(self, text: str, **values: Any) -> str:
        """What the page says for this text in its language."""
        with override(self.language):
            return gettext(text) % values if values else gettext(text)

    def to(self, stop: Locator) -> Locator:
        """Tab until it has the focus."""
        expect(stop).to_be_visible()
        for _step in range(FURTHEST):
            if stop.evaluate(IS_FOCUSED):
                return stop
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {stop} on {self.page.url}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self, stop: Locator) -> None:
        self.to(stop)
        self.press("Enter")

    def write(self, stop: Locator, text: str) -> None:
        self.to(stop)
        self.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, stop: Locator, label: str) -> None:
        """An answer of a drop-down list: typing its beginning finds it."""
        self.to(stop)
        self.page.keyboard.type(label)
        expect(stop.locator("option:checked")).to_have_text(label)

    def role(self, role: Any, text: str, **values: Any) -> Locator:
        return self.page.get_by_role(role, name=self.says(text, **values), exact=True)

    def label(self, text: str) -> Locator:
        return self.page.get_by_label(self.says(text), exact=True)


def set_up(hand: Keyboard) -> str:
    from vunnet.workspaces.actions import make_setup_link

    hand.page.goto(f"/set-up/{make_setup_link(sample_workspace=None)}/")
    given = {"workspace": "Nordlys", "name": "Astrid Lunde", "email": "astrid@example.org"}
    for field, text in given.items():
        hand.write(hand.page.locator(f"[name={field}]"), text)
    hand.write(hand.page.locator("[name=password]"), PASSWORD)
    hand.press("Enter")
    hand.page.wait_for_url("**/today/")
    expect(hand.role("heading", "The first hour")).to_be_visible()
    return hand.page.url.removesuffix("/today/")


def scope_of(home: str) -> Any:
    from vunnet.workspaces import walls

    return walls.scope(workspace_id=int(home.rpartition("-")[2]))


def founder() -> Any:
    from vunnet.workspaces.models import Member

    return Member.objects.select_related("workspace").get(name="Astrid Lunde")
