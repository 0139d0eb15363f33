"""What the palette offers can be told apart."""

from __future__ import annotations

from typing import Any

from tests.web.test_pages import signed_in
from vunnet.contacts.actions import add_company, add_person


def test_no_two_places_are_called_alike(house: Any) -> None:
    asked = signed_in("alice").get(f"/w/{house.workspace.slug}/palette/?q=closed")
    words = [item.words for group in asked.context["groups"] for item in group.items]
    assert {"Closed won", "Won deals"} <= set(words)
    assert len(words) == len(set(words))


def test_two_of_one_name_are_told_apart_by_their_company_first(house: Any) -> None:
    for name in ("Hval", "Moe"):
        firm = add_company(house.alice, house.workspace, name)
        add_person(
            house.alice,
            house.workspace,
            first_name="Kari",
            last_name="Lie",
            title="Head of operations",
            company=firm,
        )
    asked = signed_in("alice").get(f"/w/{house.workspace.slug}/palette/?q=kari")
    beside = [item.beside for group in asked.context["groups"] for item in group.items if item.words == "Kari Lie"]
    assert sorted(beside) == ["Hval, Head of operations", "Moe, Head of operations"]
