"""Questions that are worded once: what they answer, whom they are not kept for, and what may not be kept at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from vunnet.deals.models import Deal, Stage
from vunnet.workspaces import actions, walls
from vunnet.workspaces.models import Member, Sees
from vunnet.workspaces.worded import AnyOf, Misworded, Worded, worded


def _of_stage(member: Member, stage_id: int) -> Any:
    return Deal.objects.visible_to(member).filter(stage_id=stage_id).select_related("owner", "stage").order_by("pk")


def test_the_answer_is_the_one_of_the_words_however_often_it_is_asked(house: Any) -> None:
    asked = worded(_of_stage)
    made = [house.deal(name) for name in ("Heat pump", "Boiler")]
    first, won = house.stage("New prospect"), house.stage("Won")
    for _time in range(3):
        assert asked(house.alice, made[0].stage_id) == made
        assert asked(house.alice, won.pk) == []
    rows = asked(house.alice, first.pk)
    with CaptureQueriesContext(connection) as queries:
        assert {row.stage.name for row in rows} == {"New prospect"}
        assert {row.owner for row in rows} == {house.alice}
    assert not queries, "what was joined must be there"


def test_a_kept_question_is_prepared_and_worded_no_more(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vunnet.workspaces.worded.CHECKED", False)
    worded_times = []

    def word(member: Member, stage_id: int) -> Any:
        worded_times.append(stage_id)
        return _of_stage(member, stage_id)

    asked, stage = Worded(word), house.deal().stage_id
    for _time in range(4):
        assert len(asked(house.alice, stage)) == 1
    assert len(worded_times) == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ['%"deals_deal"."stage_id" = $%']
        )
        assert cursor.fetchone()[0] == 1


def test_who_sees_less_than_everything_is_asked_for_each_time(house: Any) -> None:
    asked, kept = worded(_of_stage), house.deal()
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    house.bob.refresh_from_db()
    assert asked(house.alice, kept.stage_id) == [kept]
    assert asked(house.bob, kept.stage_id) == []


def test_a_question_kept_for_one_workspace_answers_another_with_its_own(house: Any) -> None:
    asked, kept = worded(_of_stage), house.deal()
    assert asked(house.alice, kept.stage_id) == [kept]
    with walls.scope(workspace_id=house.other.pk):
        assert asked(house.mallory, kept.stage_id) == []


def test_several_row_numbers_are_one_value(house: Any) -> None:
    @worded
    def of(deals: list[int]) -> Any:
        return Deal.objects.filter(AnyOf("pk", deals)).order_by("pk").values_list("name", flat=True)

    made = [house.deal(name) for name in ("A", "B", "C")]
    assert of([deal.pk for deal in made[:2]]) == ["A", "B"]
    assert of([made[2].pk]) == ["C"]
    assert of([]) == []


def test_days_moments_and_words_stand_where_they_were_given(house: Any) -> None:
    @worded
    def of(name: str, after: Any, closing: Any) -> Any:
        return Deal.objects.filter(name=name, created_at__gt=after, expected_close_on__gte=closing)

    now = timezone.now()
    deal = house.deal("It's 100 % “ours”", expected_close_on=now.date())
    for _time in range(3):
        assert of(deal.name, now - timedelta(days=1), now.date()) == [deal]
        assert of(deal.name, now + timedelta(days=1), now.date()) == []
        assert of("Theirs", now - timedelta(days=1), now.date()) == []


@pytest.mark.parametrize(
    "word",
    [
        lambda name: Deal.objects.filter(name__icontains=name),
        lambda name: Deal.objects.filter(stage__name="New prospect") if name else Deal.objects.all(),
    ],
    ids=["changed", "left out"],
)
def test_a_value_that_does_not_come_back_as_it_was_given_is_refused(house: Any, word: Any) -> None:
    with pytest.raises(Misworded, match="as it was given"):
        worded(word)("Heat pump")


def test_words_that_depend_on_a_value_are_found_out_by_the_tests(house: Any) -> None:
    @worded
    def of(stage_id: int) -> Any:
        rows = Stage.objects.filter(pk=stage_id)
        return rows.order_by("name") if stage_id == house.stage("Won").pk else rows

    assert of(house.stage("New prospect").pk)
    with pytest.raises(Misworded, match="worded differently"):
        of(house.stage("Won").pk)


def test_more_of_the_member_than_their_numbers_cannot_be_asked(house: Any) -> None:
    @worded
    def of(member: Member) -> Any:
        return Deal.objects.visible_to(member).filter(currency=member.workspace.base_currency)

    with pytest.raises(AttributeError, match="workspace"):
        of(house.alice)
