"""A deal that changes hands: the seat of its owner, the credit for it, and the steps that wait."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.web.test_pages import signed_in
from vunnet.activities.actions import finish_step, plan_step
from vunnet.activities.handing_over import give_deal
from vunnet.activities.many import change_activities
from vunnet.activities.models import Activity
from vunnet.deals.actions import change_deal, set_team
from vunnet.deals.models import DealMember
from vunnet.deals.rules import Share
from vunnet.lists.changing import change_rows, restore_rows
from vunnet.lists.tables import TABLES


def seats(deal: Any) -> dict[str, Decimal]:
    return {part.member.name.split()[0]: part.share for part in DealMember.objects.filter(deal=deal)}


def waiting(deal: Any) -> dict[str, str]:
    rows = Activity.objects.planned().filter(deal=deal).select_related("member")
    return {row.subject: row.member.name.split()[0] if row.member else "" for row in rows}


def plan(house: Any, deal: Any, subject: str, member: Any) -> Activity:
    return plan_step(
        house.alice,
        house.workspace,
        subject,
        deal=deal,
        member=member,
        due_at=timezone.now() + timedelta(days=1),
    )


def owner(house: Any) -> Any:
    return TABLES["deals"].for_member(house.alice).get("owner")


def test_the_seat_of_the_owner_goes_to_the_new_one_and_is_as_old_as_it_was(house: Any) -> None:
    deal = house.deal()
    joined = DealMember.objects.get(deal=deal).joined_at
    change_deal(deal, by=house.alice, owner=house.bob)
    assert seats(deal) == {"Bob": Decimal(1)}
    assert DealMember.objects.get(deal=deal).joined_at == joined


def test_who_sits_in_the_team_already_keeps_their_own_seat(house: Any) -> None:
    deal = house.deal()
    set_team(deal, [Share(house.alice.pk, Decimal("0.6"), ""), Share(house.bob.pk, Decimal("0.4"), "")], by=house.alice)
    change_deal(deal, by=house.alice, owner=house.bob)
    assert seats(deal) == {"Alice": Decimal("0.6"), "Bob": Decimal("0.4")}


def test_a_deal_that_nobody_owns_any_more_keeps_its_team(house: Any) -> None:
    deal = house.deal()
    change_deal(deal, by=house.alice, owner=None)
    assert seats(deal) == {"Alice": Decimal(1)}


@pytest.mark.parametrize("how", ["on its page", "in a list"])
def test_open_steps_of_the_old_owner_go_along_and_others_stay(house: Any, how: str) -> None:
    deal = house.deal()
    plan(house, deal, "Send the quote", house.alice)
    plan(house, deal, "Check the credit", house.carol)
    done = plan(house, deal, "Call", house.alice)
    finish_step(done, by=house.alice)
    if how == "on its page":
        give_deal(deal, by=house.alice, owner=house.bob)
    else:
        change_rows("deals", owner(house), {deal.pk: house.bob.pk}, by=house.alice)
    assert waiting(deal) == {"Send the quote": "Bob", "Check the credit": "Carol"}
    done.refresh_from_db()
    assert done.member == house.alice
    assert seats(deal) == {"Bob": Decimal(1)}


def test_undo_gives_back_what_went_along_and_leaves_what_was_the_new_owners(house: Any) -> None:
    deal, other = house.deal(), house.deal("Boiler")
    for subject, member in (("Send the quote", house.alice), ("Measure", house.alice), ("Visit", house.bob)):
        plan(house, deal, subject, member)
    changed = change_rows("deals", owner(house), {deal.pk: house.bob.pk, other.pk: house.bob.pk}, by=house.alice)
    assert waiting(deal) == {"Send the quote": "Bob", "Measure": "Bob", "Visit": "Bob"}
    # Since then one of them was given on, and came back on purpose.
    measure = Activity.objects.get(subject="Measure").pk
    change_activities({measure: {"member_id": house.carol.pk}}, by=house.alice)
    change_activities({measure: {"member_id": house.bob.pk}}, by=house.alice)
    restore_rows("deals", {pk: result.before for pk, result in changed.items()}, by=house.alice)
    assert waiting(deal) == {"Send the quote": "Alice", "Measure": "Bob", "Visit": "Bob"}
    assert seats(deal) == seats(other) == {"Alice": Decimal(1)}


def test_another_field_hands_nothing_over(house: Any) -> None:
    deal = house.deal()
    plan(house, deal, "Send the quote", house.alice)
    give_deal(deal, by=house.alice, amount=Decimal(5))
    assert waiting(deal) == {"Send the quote": "Alice"}


def test_the_page_shows_who_has_it_all_now(house: Any) -> None:
    deal = house.deal()
    plan(house, deal, "Send the quote", house.alice)
    answer = signed_in("alice").post(
        f"/w/{house.workspace.slug}/deals/{deal.pk}/change/owner/", {"value": str(house.bob.pk)}, headers={"HX-Request": "true"}
    )  # fmt: skip
    assert answer.status_code == 200
    page = answer.content.decode()
    side = page.partition('id="side" hx-swap-oob="innerHTML"')[2]
    assert "Bob Berg" in side
    assert "Alice Berg" not in side
    assert re.search(r'id="next" hx-swap-oob="true".*Send the quote.*Bob Berg', page, re.DOTALL)
