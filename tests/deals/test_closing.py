"""Closing a deal asks what its pipeline wants to know, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.test_pages import signed_in
from vunnet.deals.actions import lose_deal, win_deal
from vunnet.deals.closing import asked, set_close_questions
from vunnet.deals.models import Deal, Reason
from vunnet.deals.pipelines import find_or_add_product
from vunnet.lib.errors import RuleBroken


def test_a_required_answer_is_demanded_from_people_and_not_from_imports(house: Any) -> None:
    set_close_questions(house.pipeline, "won", {"reason": "required", "product": "required"}, by=house.alice)
    deal = house.deal()
    reason = Reason.objects.filter(kind="won").first()
    with pytest.raises(RuleBroken, match="Reason") as refusal:
        win_deal(deal, by=house.alice)
    assert refusal.value.field == "reason"
    with pytest.raises(RuleBroken, match="Product"):
        win_deal(deal, by=house.alice, reason=reason)
    product = find_or_add_product(house.alice, house.workspace, "Borehole")
    win_deal(deal, by=house.alice, reason=reason, product=product)
    assert Deal.objects.get(pk=deal.pk).product == product
    win_deal(house.deal("From a file"), by=None)


def test_what_the_deal_knows_already_counts_as_answered(house: Any) -> None:
    set_close_questions(house.pipeline, "lost", {"product": "required"}, by=house.alice)
    deal = house.deal(product=find_or_add_product(house.alice, house.workspace, "Borehole"))
    lose_deal(deal, by=house.alice, note="Too dear")
    assert Deal.objects.get(pk=deal.pk).product.name == "Borehole"


@pytest.mark.parametrize(
    ("kind", "manners"),
    [
        ("open", {}),
        ("won", {"colour": "required"}),
        ("won", {"reason": "perhaps"}),
        ("lost", {"reason": "off", "note": "off"}),
    ],
)
def test_what_is_no_question_is_refused(house: Any, kind: str, manners: dict[str, str]) -> None:
    with pytest.raises(RuleBroken):
        set_close_questions(house.pipeline, kind, manners, by=house.alice)
    assert house.pipeline.close_questions == {}


def test_the_dialog_shows_what_is_asked_and_no_more(house: Any) -> None:
    deal, alice = house.deal(), signed_in("alice")
    address = f"/w/{house.workspace.slug}/deals/{deal.pk}/close/lost/"
    assert 'name="competitor"' in alice.get(address).content.decode()
    set_close_questions(
        house.pipeline, "lost", {"competitor": "off", "note": "off", "product": "optional"}, by=house.alice
    )
    page = alice.get(address).content.decode()
    assert 'name="competitor"' not in page
    assert 'name="note"' not in page
    assert 'name="product"' in page
    assert asked(house.pipeline, "won")["competitor"] == "off"


def test_a_required_question_left_open_keeps_what_was_typed(house: Any) -> None:
    set_close_questions(house.pipeline, "lost", {"competitor": "required"}, by=house.alice)
    deal = house.deal()
    answer = signed_in("alice").post(
        f"/w/{house.workspace.slug}/deals/{deal.pk}/close/lost/", {"note": "They chose another one"}
    )
    assert answer.status_code == 422
    assert "They chose another one" in answer.content.decode()
    assert Deal.objects.get(pk=deal.pk).is_open


def test_the_settings_page_sets_questions_and_gates(house: Any) -> None:
    alice, address = signed_in("alice"), f"/w/{house.workspace.slug}/settings/pipelines/{house.pipeline.pk}/"
    alice.post(address, {"do": "questions", "kind": "won", "ask_reason": "required", "ask_note": "off"})
    stage = house.stage("Quote sent")
    alice.post(address, {"do": "gate", "stage": stage.pk, "gate": ["amount", "closes"]})
    house.pipeline.refresh_from_db()
    stage.refresh_from_db()
    assert asked(house.pipeline, "won")["reason"] == "required"
    assert sorted(stage.gate) == ["amount", "closes"]
