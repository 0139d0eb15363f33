"""Somebody is called by "@Name" who may not see what is written: the writer is told, and so is a reader who has lost sight of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.web.test_pages import signed_in
from vunnet.deals.removal import delete_deal
from vunnet.notices.actions import give
from vunnet.notices.models import Notice
from vunnet.workspaces import actions
from vunnet.workspaces.models import Sees


@pytest.fixture
def hidden(house: Any) -> Any:
    """A deal of Alice's; Bob, in no team, sees his own."""
    deal = house.deal()
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    return deal


def test_the_writer_hears_that_a_mentioned_colleague_is_not_told(house: Any, hidden: Any) -> None:
    alice, address = signed_in("alice"), f"/w/{house.workspace.slug}/deals/{hidden.pk}/log/"
    page = alice.post(address, {"kind": "note", "body": "Ask @Bob Berg and @Carol Berg"}, follow=True)
    assert "Bob Berg cannot see this and is not told." in page.content.decode()


def test_nothing_is_said_of_who_may_see_it(house: Any) -> None:
    deal = house.deal()
    alice, address = signed_in("alice"), f"/w/{house.workspace.slug}/deals/{deal.pk}/log/"
    page = alice.post(address, {"kind": "note", "body": "Ask @Bob Berg", "next_step": "Call @Bob Berg"}, follow=True)
    assert "not told" not in page.content.decode()


def test_a_notice_says_whether_its_row_is_gone_or_not_to_be_seen(house: Any, hidden: Any) -> None:
    deleted = house.deal("A deal by mistake")
    for deal in (hidden, deleted):
        give(house.bob, "moved", f"test {deal.pk}", verb="deal.won", at=timezone.now(), by=house.alice, table="deals_deal", row_id=deal.pk)  # fmt: skip
    delete_deal(deleted, by=house.alice)
    assert Notice.objects.count() == 2
    page = signed_in("bob").get(f"/w/{house.workspace.slug}/notices/").content.decode()
    assert page.count("You cannot see it.") == 1
    assert page.count("It is not there any more.") == 1
    assert "Heat pump" not in page


def test_who_may_not_see_it_is_offered_as_such_while_an_at_is_typed(house: Any, hidden: Any) -> None:
    alice, address = signed_in("alice"), f"/w/{house.workspace.slug}/mentions/"
    offered = alice.get(address, {"q": "b", "table": "deal", "about": hidden.pk}).content.decode()
    assert offered.count("cannot see this") == 1
    assert "Carol Berg" in offered.split("cannot see this")[1]
    assert signed_in("bob").get(address, {"q": "", "table": "deal", "about": hidden.pk}).status_code == 404
    assert alice.get(address, {"q": "", "table": "secrets", "about": 1}).status_code == 404
