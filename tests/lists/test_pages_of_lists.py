"""What the pages of lists promise: nothing is emptied unasked, a default view is the list's, sums follow a changed cell."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.web.test_pages import signed_in
from vunnet.activities.actions import plan_step
from vunnet.deals.models import Deal
from vunnet.lists.actions import choose_default, save_view
from vunnet.lists.bulk import begin_change, do_piece


def test_changing_many_rows_begins_with_no_field_and_empties_nothing_unasked(house: Any) -> None:
    alice, deal, home = signed_in("alice"), house.deal(amount=Decimal(5)), f"/w/{house.workspace.slug}"
    asked = {"verb": "change", "row": [str(deal.pk)]}
    page = alice.post(f"{home}/lists/deals/bulk/", asked).content.decode()
    assert 'name="value"' not in page
    assert 'name="do"' not in page
    assert alice.post(f"{home}/lists/deals/bulk/", {**asked, "do": "1"}).status_code == 200
    refused = alice.post(f"{home}/lists/deals/bulk/", {**asked, "field": "amount", "value": "", "do": "1"})
    assert refused.status_code == 422
    deal.refresh_from_db()
    assert deal.amount == Decimal(5)
    alice.post(f"{home}/lists/deals/bulk/", {**asked, "field": "amount", "value": "", "empty": "1", "do": "1"})
    deal.refresh_from_db()
    assert deal.amount is None


def test_what_was_done_to_many_rows_stands_among_what_can_be_brought_back(house: Any) -> None:
    deal, alice, home = house.deal(), signed_in("alice"), f"/w/{house.workspace.slug}"
    change = begin_change(house.alice, table="deals", numbers=[deal.pk], verb="delete")
    while do_piece(change):
        pass
    page = alice.get(f"{home}/deleted/").content.decode()
    assert f"{home}/lists/bulk/{change.pk}/" in page
    assert "row deleted" in alice.get(f"{home}/lists/bulk/{change.pk}/").content.decode()
    assert f"/lists/bulk/{change.pk}/" not in signed_in("bob").get(f"{home}/deleted/").content.decode()


def test_the_view_a_list_opens_with_is_not_the_boards(house: Any) -> None:
    house.deal("Large", amount=Decimal(9_000_000))
    house.deal("Small", amount=Decimal(5))
    view = save_view(house.alice, table="deals", name="Large ones", query="amount.from=1000000")
    choose_default(house.alice, "deals", view)
    alice, home = signed_in("alice"), f"/w/{house.workspace.slug}"
    assert "Small" not in alice.get(f"{home}/deals/").content.decode()
    assert "Small" in alice.get(f"{home}/board/").content.decode()
    assert "Small" not in alice.get(f"{home}/board/?view={view.pk}").content.decode()


def test_a_changed_cell_brings_the_sums_above_its_list(house: Any) -> None:
    deals = [house.deal(name, amount=Decimal(1_000_000)) for name in ("A", "B")]
    home = f"/w/{house.workspace.slug}"
    answer = signed_in("alice").post(
        f"{home}/lists/deals/{deals[0].pk}/amount/", {"value": "2000000"}, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{home}/deals/"}
    )  # fmt: skip
    assert answer.status_code == 200, answer.content.decode()
    sums = re.search(
        r'<span class="sentence-sums num" id="sums" hx-swap-oob="true">(.*?)</span>', answer.content.decode()
    )
    assert sums
    assert "3.0\u00a0m" in sums[1]


@pytest.mark.parametrize("later", ["tomorrow", "next_week"])
def test_a_step_moved_to_another_day_can_be_moved_back(house: Any, later: str) -> None:
    due = timezone.now().replace(microsecond=0) + timedelta(days=9)
    step = plan_step(house.alice, house.workspace, "Call", due_at=due, due_has_time=True, deal=house.deal())
    alice, home = signed_in("alice"), f"/w/{house.workspace.slug}"
    page = alice.post(
        f"{home}/steps/{step.pk}/postpone/", {"later": later, "next": "today"}, follow=True
    ).content.decode()
    step.refresh_from_db()
    assert step.due_at != due
    if later == "next_week":
        assert timezone.localtime(step.due_at, house.workspace.zone).weekday() == 0
    back = re.search(r'action="([^"]*/steps/[0-9]+/back/[^"]*)"', page)
    assert back
    alice.post(back[1].replace("&amp;", "&"))
    step.refresh_from_db()
    assert step.due_at == due
    assert alice.post(f"{home}/steps/{step.pk}/back/?to=yesterday").status_code == 404


def test_the_days_numbers_come_with_each_step(house: Any) -> None:
    for n in range(2):
        plan_step(
            house.alice, house.workspace, f"Call {n}", due_at=timezone.now() - timedelta(days=1), deal=house.deal()
        )
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/today/").content.decode()
    assert re.search(r'id="due">2<', page)
    assert re.search(r'id="day">\s*2 late', page)
    assert page.count('hx-select-oob="#today,#said,#day,#due"') >= 4
    assert Deal.objects.count() == 2
