"""What happens is told once to whom it concerns, never to who did it, and only about rows they may see."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests.conftest import build_house
from vunnet.activities.actions import log_activity, plan_step
from vunnet.deals.actions import change_deal, lose_deal, move_deal, win_deal
from vunnet.deals.removal import delete_deal
from vunnet.jobs.notices import tell_news
from vunnet.jobs.tasks import do_bulk, undo_bulk
from vunnet.journal.record import record
from vunnet.lists.bulk import begin_change, begin_undo
from vunnet.lists.models import BulkChange
from vunnet.notices.actions import choose, forget_old, give, mark_all_read
from vunnet.notices.deriving import derive
from vunnet.notices.models import Notice
from vunnet.notices.mornings import tell_whats_due
from vunnet.notices.reading import read, unread_count
from vunnet.notices.rules import USUAL
from vunnet.workspaces import actions, oneself, walls
from vunnet.workspaces.models import Sees

# Everything in a test is one transaction, which the true horizon would wait for.
ALL = 2**60


def told(member: Any) -> list[tuple[str, str, str]]:
    rows = list(Notice.objects.visible_to(member).order_by("pk"))
    return [(one.notice.kind, one.said, one.name) for one in read(rows, member)]


def news(house: Any) -> None:
    while derive(house.workspace.pk, below=ALL):
        pass


def test_a_mention_is_told_once_and_not_to_who_wrote_it(house: Any) -> None:
    deal = house.deal("Heat pump")
    log_activity(house.alice, house.workspace, "note", body="@Bob Berg and @Alice Berg: look", deal=deal)
    news(house)
    news(house)
    assert told(house.bob) == [("mentioned", "Alice Berg mentioned you", "Heat pump")]
    assert told(house.alice) == []


def test_what_is_given_to_one_is_told(house: Any) -> None:
    house.deal("Given at birth", owner=house.bob)
    deal = house.deal("Given later")
    change_deal(deal, by=house.alice, owner=house.bob)
    plan_step(house.alice, house.workspace, "Call them", due_at=timezone.now(), member=house.bob, deal=deal)
    house.deal("Bob's own", by=house.bob)
    plan_step(house.bob, house.workspace, "My own", due_at=timezone.now())
    news(house)
    assert told(house.bob) == [
        ("assigned", "Alice Berg gave you a deal", "Given at birth"),
        ("assigned", "Alice Berg gave you a deal", "Given later"),
        ("assigned", "Alice Berg gave you a task", "Call them"),
    ]
    assert told(house.alice) == []


def test_moves_of_ones_deal_by_others_are_told(house: Any) -> None:
    deal, own, other = (house.deal(name, by=house.bob) for name in ("Deal", "Own", "Other"))
    move_deal(deal, house.stage("Contacted"), by=house.alice)
    win_deal(deal, by=house.alice)
    lose_deal(other, by=house.alice, note="too dear")
    win_deal(own, by=house.bob)
    news(house)
    assert told(house.bob) == [
        ("moved", "Alice Berg moved your deal to Contacted", "Deal"),
        ("moved", "Alice Berg won your deal", "Deal"),
        ("moved", "Alice Berg lost your deal", "Other"),
    ]


def test_what_one_may_not_see_is_not_told_and_what_is_gone_has_no_name(house: Any) -> None:
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    hidden, seen = house.deal("Secret"), house.deal("Seen", owner=house.bob)
    log_activity(house.alice, house.workspace, "note", body="@Bob Berg look", deal=hidden)
    log_activity(house.alice, house.workspace, "note", body="@Bob Berg look", deal=seen)
    news(house)
    assert told(house.bob) == [
        ("assigned", "Alice Berg gave you a deal", "Seen"),
        ("mentioned", "Alice Berg mentioned you", "Seen"),
    ]
    delete_deal(seen, by=house.alice)
    assert [name for _kind, _said, name in told(house.bob)] == ["", ""]


def test_neither_chosen_is_neither_told_nor_kept(house: Any) -> None:
    choose(house.bob, {"assigned": (False, False)})
    house.deal(owner=house.bob)
    news(house)
    assert not Notice.objects.filter(member=house.bob).exists()


def test_only_mail_is_not_in_the_app(house: Any) -> None:
    choose(house.bob, {"assigned": (False, True)})
    house.deal(owner=house.bob)
    news(house)
    assert told(house.bob) == []
    assert Notice.objects.filter(member=house.bob).get().mails.count() == 1


def test_the_first_look_goes_back_a_day_and_no_further(house: Any) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=3), tick=True):
        house.deal("Old", owner=house.bob)
    house.deal("New", owner=house.bob)
    news(house)
    assert [name for _kind, _said, name in told(house.bob)] == ["New"]


def test_a_bulk_change_is_one_notice_and_its_end_another(committed: str) -> None:
    house = build_house()
    with walls.scope(workspace_id=house.workspace.pk):
        numbers = [house.deal(f"Deal {n}").pk for n in range(501)]
        change = begin_change(
            house.alice, table="deals", numbers=numbers, verb="change", field="owner", value=house.bob.pk
        )
    do_bulk(change.pk, house.workspace.pk)
    for _again in range(3):
        tell_news(0)
    with walls.scope(workspace_id=house.workspace.pk):
        assert told(house.bob) == [("assigned", "Alice Berg gave you 501 deals", "Deal 0")]
        assert told(house.alice) == [("finished", "Your change of 501 rows is done", "")]
        begin_undo(BulkChange.objects.get(pk=change.pk), by=house.alice)
    undo_bulk(change.pk, house.workspace.pk, house.alice.pk)
    tell_news(0)
    with walls.scope(workspace_id=house.workspace.pk):
        assert [said for _kind, said, _name in told(house.alice)] == [
            "Your change of 501 rows is done",
            "Your change of 501 rows was taken back",
        ]
        assert len(told(house.bob)) == 1


def test_an_entry_that_commits_late_is_not_missed(committed: str) -> None:
    """A transaction that began earlier commits after the journal was read: its entry has a lower number than the last one read."""
    house = build_house()
    began, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        try:
            with transaction.atomic(), walls.scope(workspace_id=house.workspace.pk):
                house.deal("Slow", owner=house.bob)
                began.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert began.wait(20)
    with walls.scope(workspace_id=house.workspace.pk):
        house.deal("Quick", owner=house.bob)
    tell_news(0)
    go_on.set()
    thread.join()
    tell_news(0)
    tell_news(0)
    with walls.scope(workspace_id=house.workspace.pk):
        assert sorted(name for _kind, _said, name in told(house.bob)) == ["Quick", "Slow"]


def test_what_nobody_is_told_is_passed_by_once(committed: str) -> None:
    """The million entries of an import are not read again each minute, and where nothing happened nothing is written."""
    house = build_house()
    room = house.workspace.pk

    def place() -> tuple[int, int, str]:
        tell_news(0)
        with walls.scope(workspace_id=room), connection.cursor() as cursor:
            cursor.execute("SELECT transaction, entry, xmin::text FROM notices_position")
            found: tuple[int, int, str] = cursor.fetchone()
        return found

    with walls.scope(workspace_id=room):
        deal = house.deal(owner=house.alice)
    first = place()
    with walls.scope(workspace_id=room):
        entry = record(deal, "deal.looked_at", by=house.alice)
        entry.refresh_from_db()
    second = place()
    assert first[0] < entry.transaction <= second[0]
    assert place() == second


def test_two_workers_at_once_tell_once(committed: str) -> None:
    house = build_house()
    with walls.scope(workspace_id=house.workspace.pk):
        for n in range(20):
            log_activity(house.alice, house.workspace, "note", body=f"@Bob Berg {n}", deal=house.deal())

    def work() -> None:
        try:
            tell_news(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with walls.scope(workspace_id=house.workspace.pk):
        rows = Notice.objects.filter(member=house.bob, kind="mentioned")
        assert (rows.count(), set(rows.values_list("count", flat=True))) == (20, {1})


@pytest.mark.parametrize(
    ("zone", "hour", "is_told"),
    [("Pacific/Kiritimati", 17, True), ("Pacific/Kiritimati", 12, False), ("Pacific/Pago_Pago", 19, True), ("UTC", 6, False), ("", 6, True)],
)  # fmt: skip
def test_in_ones_own_morning_one_hears_what_is_due_once(house: Any, zone: str, hour: int, is_told: bool) -> None:
    """17:00 UTC is 7:00 the next day on Kiritimati; 19:00 is 8:00 in Pago Pago; Oslo, the workspace's, is an hour ahead of 6:00."""
    oneself.set_formats(house.bob.user, time_zone=zone)
    now = datetime(2026, 11, 26, hour, 1, tzinfo=UTC)
    plan_step(house.alice, house.workspace, "Late", due_at=now - timedelta(days=2), member=house.bob)
    plan_step(house.alice, house.workspace, "Now", due_at=now, member=house.bob)
    plan_step(house.alice, house.workspace, "Later", due_at=now + timedelta(days=2), member=house.bob)
    for minutes in (0, 15, 30):
        tell_whats_due(now + timedelta(minutes=minutes))
    expected = [("due", "1 task is due today, 1 task is overdue", "")] if is_told else []
    assert told(house.bob) == expected


def test_nothing_due_is_not_told(house: Any) -> None:
    assert tell_whats_due(datetime(2026, 11, 26, 7, tzinfo=UTC)) == 0


def test_notices_are_read_and_forgotten(house: Any) -> None:
    for _n in range(3):
        house.deal(owner=house.bob)
    news(house)
    assert unread_count(house.bob) == 3
    assert mark_all_read(house.bob) == 3
    assert unread_count(house.bob) == 0
    give(house.bob, "moved", "later", verb="deal.won", at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        forget_old()
    assert unread_count(house.bob) == Notice.objects.filter(member=house.bob).count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        forget_old()
    assert not Notice.objects.filter(member=house.bob).exists()


def test_every_kind_has_its_usual_place() -> None:
    from vunnet.notices.models import Kind

    assert set(Kind.values) == set(USUAL)
