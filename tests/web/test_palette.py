"""What the palette offers can be told apart."""

from __future__ import annotations

from typing import Any

from tests.web.test_pages import signed_in
from vunnet.contacts.actions import add_company, add_person
from vunnet.deals.actions import win_deal


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


def words_of(client: Any, house: Any, on: str, q: str = "") -> list[str]:
    asked = client.get(f"/w/{house.workspace.slug}/palette/", {"on": on, "q": q})
    return [str(item.words) for group in asked.context["groups"] for item in group.items]


def test_what_is_done_with_an_open_record_is_offered_and_the_rest_is_found_by_its_words(house: Any) -> None:
    alice, deal = signed_in("alice"), house.deal("Heat pump")
    person = add_person(house.alice, house.workspace, first_name="Kari", last_name="Lie", phone="+47 412 77 903")
    firm = add_company(house.alice, house.workspace, "Fjord")
    here = words_of(alice, house, f"person:{person.pk}")
    assert {"New deal with Kari Lie", "Call Kari Lie", "Log a call with Kari Lie"} <= set(here)
    assert "Delete Kari Lie" not in here
    for on, q, said in (
        (f"person:{person.pk}", "merge", "Merge Kari Lie with another…"),
        (f"company:{firm.pk}", "owner", "Change the owner of Fjord"),
        (f"deal:{deal.pk}", "delete", "Delete Heat pump"),
        (f"deal:{deal.pk}", "never", "Heat pump never was a real deal…"),
    ):
        assert said in words_of(alice, house, on, q)
        assert said not in words_of(signed_in("carol"), house, on, q)
    win_deal(deal, by=house.alice)
    assert "Reopen Heat pump" in words_of(alice, house, f"deal:{deal.pk}")
    address = f"/w/{house.workspace.slug}/deals/{deal.pk}"
    gone = alice.post(f"{address}/delete/", headers={"HX-Request": "true"})
    assert (gone.status_code, gone["HX-Redirect"]) == (204, f"/w/{house.workspace.slug}/deals/")
