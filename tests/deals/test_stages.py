"""Stages are renamed, weighed, reordered, archived and merged; numbers stay what they were."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.lists.asking import asked
from vunnet.analysis.question import Question
from vunnet.deals import stages, vocabulary
from vunnet.deals.actions import lose_deal, move_deal
from vunnet.deals.models import Deal, Reason
from vunnet.deals.pipelines import archive_pipeline, make_pipeline
from vunnet.lib.errors import RuleBroken
from vunnet.reports.asking import ask

OPEN = ["New prospect", "Contacted", "Needs mapped", "Site visit", "Quote sent", "Negotiation"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Any, settings: Any) -> None:
    settings.HOME = tmp_path


def names(house: Any) -> list[str]:
    return [stage.name for stage in house.pipeline.stages.filter(is_archived=False)]


def funnel(house: Any) -> dict[str, tuple[int, ...]]:
    question = Question(as_of=timezone.now().date() + timedelta(days=1), time_zone="Europe/Oslo")
    (found,) = ask(house.workspace.pk, question, parts=["funnel"]).funnels
    return {s.stage: (s.entered, s.advanced, s.won, s.lost, s.moved_back, s.open, s.re_entered) for s in found.stages}


def deals_on_their_way(house: Any) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    for n, way in enumerate(
        (["Contacted", "Needs mapped", "Quote sent"], ["Contacted", "Needs mapped"], ["Contacted"], [])
    ):
        deal = house.deal(f"Deal {n}", at=long_ago)
        for day, name in enumerate(way, 1):
            move_deal(
                Deal.objects.get(pk=deal.pk), house.stage(name), by=house.alice, at=long_ago + timedelta(days=day)
            )
    lost = house.deal("Lost from Contacted", at=long_ago)
    move_deal(lost, house.stage("Contacted"), by=house.alice, at=long_ago + timedelta(days=1))
    lose_deal(Deal.objects.get(pk=lost.pk), by=house.alice, reason=Reason.objects.filter(kind="lost").first())


def test_renaming_a_stage_changes_no_number(house: Any) -> None:
    deals_on_their_way(house)
    before = funnel(house)
    stages.change_stage(house.stage("Contacted"), by=house.alice, name="Spoken to")
    assert {"Contacted" if name == "Spoken to" else name: row for name, row in funnel(house).items()} == before


def test_a_merged_stages_past_is_the_others_and_its_deals_stand_there(house: Any) -> None:
    deals_on_their_way(house)
    before = funnel(house)
    contacted, mapped = house.stage("Contacted"), house.stage("Needs mapped")
    assert stages.merge_stage(contacted, mapped, by=house.alice) == 1
    after = funnel(house)
    assert "Contacted" not in after
    # Four entered Contacted, two of them Needs mapped later: together four, one of which went on, one was lost, two stand there.
    assert after["Needs mapped"] == (4, 1, 0, 1, 0, 2, 0)
    assert {name: row for name, row in after.items() if name != "Needs mapped"} == {
        name: row for name, row in before.items() if name not in ("Needs mapped", "Contacted")
    }
    assert set(Deal.objects.filter(stage=mapped).values_list("name", flat=True)) == {"Deal 1", "Deal 2"}
    # A figure's link leads to the rows its mark counts.
    assert asked(house.alice, f"state=all&passed={mapped.pk}").count() == 4
    assert asked(house.alice, f"state=lost&last_stage={mapped.pk}").count() == 1
    assert names(house)[:2] == ["New prospect", "Needs mapped"]


def test_what_was_merged_into_a_merged_stage_follows(house: Any) -> None:
    first, second, third = (house.stage(name) for name in OPEN[1:4])
    stages.merge_stage(first, second, by=house.alice)
    stages.merge_stage(second, third, by=house.alice)
    first.refresh_from_db()
    assert first.merged_into == third


def test_a_stage_with_deals_is_not_archived_and_an_empty_one_is(house: Any) -> None:
    house.deal()
    with pytest.raises(RuleBroken, match="1 deals stand in New prospect"):
        stages.archive_stage(house.stage("New prospect"), by=house.alice)
    stages.archive_stage(house.stage("Site visit"), by=house.alice)
    assert "Site visit" not in names(house)
    stages.restore_stage(house.stage("Site visit"), by=house.alice)
    assert "Site visit" in names(house)


def test_stages_are_added_behind_the_open_ones_and_moved_among_them(house: Any) -> None:
    made = stages.add_stage(house.pipeline, by=house.alice, name="Reference call", probability=Decimal(85))
    assert names(house) == [*OPEN, "Reference call", "Won", "Lost", "Cancelled"]
    stages.move_stage(made, by=house.alice, steps=-1)
    assert names(house)[5:7] == ["Reference call", "Negotiation"]
    stages.move_stage(house.stage("New prospect"), by=house.alice, steps=-1)
    assert names(house)[0] == "New prospect"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda h: stages.change_stage(h.stage("Contacted"), by=h.alice, name="won"), "already"),
        (lambda h: stages.change_stage(h.stage("Contacted"), by=h.alice, name=" "), "Give it a name"),
        (lambda h: stages.add_stage(h.pipeline, by=h.alice, name="Sure", probability=Decimal(100)), "below 100"),
        (lambda h: stages.archive_stage(h.stage("Won"), by=h.alice), "closed stages"),
        (lambda h: stages.merge_stage(h.stage("Contacted"), h.stage("Won"), by=h.alice), "another open stage"),
        (lambda h: stages.merge_stage(h.stage("Contacted"), h.stage("Contacted"), by=h.alice), "another open stage"),
        (lambda h: stages.merge_stage(h.stage("Contacted"), h.stage("Quote sent"), by=h.bob), "owners and admins"),
        (lambda h: archive_pipeline(h.pipeline, by=h.alice), "needs a pipeline"),
        (lambda h: vocabulary.add_reason(h.alice, "open", "x"), "for winning"),
        (lambda h: vocabulary.add_reason(h.alice, "lost", "price"), "already"),
        (lambda h: vocabulary.add_product(h.alice, "Pump", Decimal(-1)), "0 or more"),
    ],
)
def test_what_would_break_a_pipeline_is_refused_with_the_cure(house: Any, act: Any, words: str) -> None:
    with pytest.raises(RuleBroken, match=words):
        act(house)


def test_another_pipelines_stage_is_no_target(house: Any) -> None:
    other = make_pipeline(house.alice, house.workspace, "Service")
    with pytest.raises(RuleBroken, match="same pipeline"):
        stages.merge_stage(house.stage("Contacted"), other.stages.get(name="Quote sent"), by=house.alice)


def test_a_pipeline_with_open_deals_stays_in_use(house: Any) -> None:
    other = make_pipeline(house.alice, house.workspace, "Service")
    house.deal("Repair", stage=other.stages.get(name="Contacted"))
    with pytest.raises(RuleBroken, match="1 deals are open"):
        archive_pipeline(other, by=house.alice)
    archive_pipeline(house.pipeline, by=house.alice)


def test_reasons_are_renamed_reordered_and_archived_and_deals_keep_them(house: Any) -> None:
    made = vocabulary.add_reason(house.alice, "lost", "Too late")
    vocabulary.move_reason(made, by=house.alice, steps=-1)
    order = list(Reason.objects.filter(kind="lost").values_list("name", flat=True))
    assert order[-2:] == ["Too late", "Missing feature"]
    deal = house.deal()
    lose_deal(deal, by=house.alice, reason=made)
    vocabulary.rename_word(made, "Too slow", by=house.alice)
    vocabulary.archive_word(made, by=house.alice)
    assert Deal.objects.get(pk=deal.pk).close_reason.name == "Too slow"
