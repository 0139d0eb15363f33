"""Stage history is appended and chained, whoever writes; the database keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from tests.lists.asking import names
from vunnet.deals.actions import cancel_deal, change_deal, lose_deal, move_deal, reopen_deal, undo_move, win_deal
from vunnet.deals.models import Deal, Reason, StageChange
from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken


def refused(statement: str, *values: Any) -> str:
    with pytest.raises(Error) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return str(error.value)


def test_a_move_appends_a_link_and_the_database_copies_the_stage(house: Any) -> None:
    deal = house.deal()
    change = move_deal(deal, house.stage("Contacted"), by=house.bob)
    deal.refresh_from_db()
    assert (change.link, deal.stage.name, deal.stage_entered_at) == (2, "Contacted", change.changed_at)
    assert deal.closed_at is None
    assert [c.to_stage.name for c in deal.changes.all()] == ["New prospect", "Contacted"]


def test_winning_closes_and_reopening_opens_where_it_was(house: Any) -> None:
    deal = house.deal()
    won = win_deal(deal, by=house.bob)
    deal.refresh_from_db()
    assert deal.stage.kind == "won"
    assert deal.closed_at == won.changed_at
    reopen_deal(deal, by=house.bob)
    deal.refresh_from_db()
    assert (deal.stage.name, deal.closed_at) == ("New prospect", None)
    assert [c.link for c in deal.changes.all()] == [1, 2, 3]


def test_a_loss_needs_a_reason_or_a_note(house: Any) -> None:
    deal = house.deal()
    with pytest.raises(RuleBroken, match="Say why"):
        lose_deal(deal, by=house.bob)
    price = Reason.objects.get(kind="lost", name="Price")
    lose_deal(deal, by=house.bob, reason=price, competitor="Varmepumpehuset")
    deal.refresh_from_db()
    assert (deal.close_reason, deal.competitor, deal.changes.last().from_stage.name) == (
        price,
        "Varmepumpehuset",
        "New prospect",
    )


def test_a_reason_must_fit_the_outcome(house: Any) -> None:
    with pytest.raises(RuleBroken, match="not a reason"):
        win_deal(house.deal(), by=house.bob, reason=Reason.objects.get(kind="lost", name="Price"))


def test_a_cancelled_deal_is_neither_won_nor_lost(house: Any) -> None:
    deal = house.deal()
    cancel_deal(deal, by=house.bob)
    deal.refresh_from_db()
    assert deal.stage.kind == "cancelled"
    assert deal.stage.probability == 0


def test_a_closed_deal_must_be_reopened_before_it_moves(house: Any) -> None:
    deal = house.deal()
    win_deal(deal, by=house.bob)
    with pytest.raises(RuleBroken, match="Reopen it"):
        move_deal(deal, house.stage("Contacted"), by=house.bob)
    with pytest.raises(RuleBroken, match="already stands"):
        win_deal(deal, by=house.bob)


def test_a_deal_cannot_enter_another_pipelines_stage(house: Any) -> None:
    from vunnet.deals.pipelines import make_pipeline

    second = make_pipeline(house.alice, house.workspace, "Service")
    deal = house.deal()
    with pytest.raises(RuleBroken, match="another pipeline"):
        move_deal(deal, second.stages.all()[0], by=house.bob)
    message = refused("UPDATE deals_deal SET pipeline_id = %s WHERE id = %s", second.pk, deal.pk)
    assert "cannot leave its pipeline" in message


def test_a_move_is_not_earlier_than_the_last_nor_in_the_future(house: Any) -> None:
    deal = house.deal()
    with pytest.raises(RuleBroken, match="cannot be earlier"):
        move_deal(deal, house.stage("Contacted"), by=house.bob, at=deal.created_at - timedelta(days=1))
    with pytest.raises(RuleBroken, match="future"):
        move_deal(deal, house.stage("Contacted"), by=house.bob, at=timezone.now() + timedelta(days=1))


def test_a_stale_move_is_refused_and_names_who_moved_it(house: Any) -> None:
    deal = house.deal()
    move_deal(deal, house.stage("Contacted"), by=house.bob, seen_link=1)
    with pytest.raises(RuleBroken, match="Bob Berg moved this deal to Contacted"):
        move_deal(deal, house.stage("Site visit"), by=house.alice, seen_link=1)


def test_undo_moves_back_and_keeps_both_links(house: Any) -> None:
    deal = house.deal()
    win_deal(deal, by=house.bob)
    undo_move(deal, by=house.bob, link=2)
    deal.refresh_from_db()
    assert deal.stage.name == "New prospect"
    with pytest.raises(RuleBroken, match="nothing to undo"):
        undo_move(deal, by=house.bob, link=2)


def test_a_viewer_moves_nothing(house: Any) -> None:
    deal = house.deal()
    with pytest.raises(RuleBroken, match="not change anything"):
        move_deal(deal, house.stage("Contacted"), by=house.carol)
    assert deal.changes.count() == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE deals_stagechange SET link = 9", "DELETE FROM deals_stagechange", "TRUNCATE deals_stagechange"],
)
def test_history_is_never_edited_by_the_serving_role(house: Any, statement: str) -> None:
    house.deal()
    assert "permission denied" in refused(statement)


def test_history_is_never_edited_by_the_owner_of_the_table_either(house: Any) -> None:
    house.deal()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE vunnet_owner")
        for statement in (
            "UPDATE deals_stagechange SET link = 9",
            "DELETE FROM deals_stagechange",
            "UPDATE journal_entry SET verb = ''",
        ):
            assert "appended, never edited" in refused(statement)
        cursor.execute("SET ROLE vunnet_app")


def test_the_stage_is_never_written_past_the_history(house: Any) -> None:
    deal = house.deal()
    contacted = house.stage("Contacted").pk
    assert "not the last link" in refused("UPDATE deals_deal SET stage_id = %s WHERE id = %s", contacted, deal.pk)
    assert "not the last link" in refused("UPDATE deals_deal SET closed_at = now() WHERE id = %s", deal.pk)


def test_a_deal_without_a_first_link_cannot_be_committed(house: Any) -> None:
    with pytest.raises(Error, match="not the last link"), transaction.atomic():  # noqa: PT012  # the commit is what fails
        Deal.objects.create(
            workspace=house.workspace, pipeline=house.pipeline, stage=house.stage("Contacted"), name="x", currency="NOK",
            created_at=timezone.now(), stage_entered_at=timezone.now(),
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("link", "begin", "late"), [(3, "New prospect", True), (2, "Site visit", True), (2, "New prospect", False)]
)
def test_a_broken_chain_is_refused_by_the_database(house: Any, link: int, begin: str, late: bool) -> None:
    deal = house.deal()
    at = timezone.now() if late else deal.created_at - timedelta(days=1)
    with pytest.raises(Error, match="is not a chain"), transaction.atomic():
        StageChange.objects.create(
            workspace=house.workspace, deal=deal, link=link, from_stage=house.stage(begin), to_stage=house.stage("Contacted"),
            changed_at=at, recorded_at=timezone.now(),
        )  # fmt: skip


def test_a_stage_of_another_pipeline_is_refused_by_the_database(house: Any) -> None:
    from vunnet.deals.pipelines import make_pipeline

    deal, second = house.deal(), make_pipeline(house.alice, house.workspace, "Service")
    with pytest.raises(Error, match="cannot enter a stage of another pipeline"), transaction.atomic():
        StageChange.objects.create(
            workspace=house.workspace, deal=deal, link=2, from_stage=deal.stage, to_stage=second.stages.first(),
            changed_at=timezone.now(), recorded_at=timezone.now(),
        )  # fmt: skip


def test_every_action_writes_one_journal_entry(house: Any) -> None:
    deal = house.deal()
    win_deal(deal, by=house.bob)
    reopen_deal(deal, by=house.bob)
    change_deal(deal, by=house.bob, name="New name")
    entries = Entry.objects.filter(table="deals_deal", row_id=deal.pk).order_by("id")
    assert [e.verb for e in entries] == ["deal.opened", "deal.won", "deal.reopened", "deal.changed"]
    assert entries[3].changes == {"name": ["Heat pump", "New name"]}


def test_a_closed_deal_is_found_by_the_stage_it_was_closed_from_last(house: Any) -> None:
    deal, other = house.deal("Twice"), house.deal("Once")
    move_deal(deal, house.stage("Site visit"), by=house.bob)
    lose_deal(deal, by=house.bob, note="Too dear")
    reopen_deal(deal, by=house.bob)
    move_deal(deal, house.stage("Negotiation"), by=house.bob)
    lose_deal(deal, by=house.bob, note="Still too dear")
    lose_deal(other, by=house.bob, note="No")

    def lost_from(name: str) -> list[str]:
        return names(house.bob, f"state=lost&last_stage={house.stage(name).pk}")

    assert lost_from("Negotiation") == ["Twice"]
    assert lost_from("Site visit") == []
    assert lost_from("New prospect") == ["Once"]
