"""A step for a day, without a time, is for that day wherever it is read; one with a time keeps it when its day moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.db.models import JSONField, Value
from django.utils import timezone

from tests.web.test_pages import signed_in
from vunnet.activities.actions import plan_step
from vunnet.activities.models import Activity
from vunnet.activities.rules import all_day
from vunnet.imports.models import Import, ImportRow
from vunnet.lists.bulk import begin_change, begin_undo, do_piece, undo_piece
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member, User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def planned(house: Any, **given: str) -> Activity:
    page = f"/w/{house.workspace.slug}/deals/{house.about.pk}/"
    answer = signed_in("alice").post(f"{page}log/", {"kind": "note", "next_step": "Call them", **given})
    assert answer.status_code == 302, answer.text
    row: Activity = Activity.objects.get(subject="Call them")
    return row


@pytest.fixture
def about(house: Any) -> Any:
    house.about = house.deal("Heat pump")
    return house


@pytest.mark.parametrize(
    "zone", ["Pacific/Honolulu", "America/New_York", "Europe/Oslo", "Asia/Tokyo", "Pacific/Auckland"]
)
def test_it_is_the_same_day_from_honolulu_to_auckland(about: Any, zone: str) -> None:
    with time_machine.travel(NOON, tick=False):
        row = planned(about, due_on="2026-03-03")
    assert (row.due_at, row.due_has_time) == (all_day(date(2026, 3, 3)), False)
    User.objects.filter(pk=about.alice.user_id).update(time_zone=zone)
    with time_machine.travel(NOON, tick=False):
        page = signed_in("alice").get(f"/w/{about.workspace.slug}/activities/").text
    assert "3 Mar" in page
    assert not {"2 Mar", "4 Mar"} & {part[:5] for part in page.split(">")}


def test_of_one_day_what_has_no_time_comes_first(about: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        for hour in (15, 16):
            at = datetime(2026, 3, 3, hour, tzinfo=UTC)
            plan_step(about.alice, about.workspace, f"At {hour}", due_at=at, due_has_time=True, deal=about.about)
        at = datetime(2026, 3, 3, 8, tzinfo=UTC)
        plan_step(about.alice, about.workspace, "Early", due_at=at, due_has_time=True, deal=about.about)
        plan_step(about.alice, about.workspace, "Some time", due_at=all_day(date(2026, 3, 3)), deal=about.about)
        page = signed_in("alice").get(f"/w/{about.workspace.slug}/today/").text
    places = [page.index(f">{name}<") for name in ("Some time", "Early", "At 15", "At 16")]
    assert places == sorted(places)


def test_a_meeting_keeps_its_time_when_its_day_is_changed_in_a_list(about: Any) -> None:
    at = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
    meeting = plan_step(about.alice, about.workspace, "Meet", due_at=at, due_has_time=True, deal=about.about)
    task = plan_step(about.alice, about.workspace, "Do", due_at=all_day(date(2026, 3, 3)), deal=about.about)
    alice = signed_in("alice")
    for row in (meeting, task):
        address = f"/w/{about.workspace.slug}/lists/activities/{row.pk}/due/"
        assert alice.post(address, {"value": "2026-04-07"}).status_code in (200, 302)
        row.refresh_from_db()
    # Summer time began in between: half past two by the clock in Oslo on both days.
    assert (meeting.due_at, meeting.due_has_time) == (datetime(2026, 4, 7, 12, 30, tzinfo=UTC), True)
    assert (task.due_at, task.due_has_time) == (all_day(date(2026, 4, 7)), False)


def test_what_was_kept_as_midnight_becomes_the_day_that_was_meant(about: Any) -> None:
    shift = import_module("vunnet.activities.migrations.0005_days_without_a_time").SHIFT
    User.objects.filter(pk=about.bob.user_id).update(time_zone="America/New_York")
    oslo, york = datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 3, 5, tzinfo=UTC)
    rows = {
        "Oslo": (oslo, about.alice, False, all_day(date(2026, 3, 3))),
        "New York": (york, about.bob, False, all_day(date(2026, 3, 3))),
        "at a time": (oslo, about.alice, True, oslo),
        "odd": (york + timedelta(minutes=7), about.alice, False, all_day(date(2026, 3, 3))),
    }
    made = {
        name: plan_step(about.alice, about.workspace, name, due_at=at, due_has_time=timed, member=who, deal=about.about)
        for name, (at, who, timed, _after) in rows.items()
    }
    with walls.scope(workspace_id=about.workspace.pk), connection.cursor() as cursor:
        cursor.execute(shift)
    with walls.scope(workspace_id=about.workspace.pk):
        for name, row in made.items():
            row.refresh_from_db()
            assert row.due_at == rows[name][3], name


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Oslo", "America/New_York"])
def test_many_meetings_keep_their_times_in_the_background_too_and_come_back(about: Any, zone: str) -> None:
    User.objects.filter(pk=about.alice.user_id).update(time_zone=zone)
    here = ZoneInfo(zone)
    alice = Member.objects.select_related("user", "workspace").get(pk=about.alice.pk)
    at = datetime(2026, 3, 3, 8, tzinfo=here)
    meeting = plan_step(alice, about.workspace, "Meet", due_at=at, due_has_time=True, deal=about.about)
    change = begin_change(
        alice, table="activities", numbers=[meeting.pk], verb="change", field="due", value="2026-04-07"
    )
    with timezone.override(UTC):
        while do_piece(change):
            pass
    meeting.refresh_from_db()
    assert meeting.due_at.astimezone(here) == datetime(2026, 4, 7, 8, tzinfo=here)
    bob = Member.objects.select_related("user", "workspace").get(pk=about.bob.pk)
    assert bob.zone != here or zone == "Europe/Oslo"
    change.refresh_from_db()
    begin_undo(change, by=alice)
    with timezone.override(UTC):
        while undo_piece(change, by=bob):
            pass
    meeting.refresh_from_db()
    assert meeting.due_at == at


def test_what_imports_and_bulk_changes_remember_moves_along(about: Any) -> None:
    shift = import_module("vunnet.activities.migrations.0005_days_without_a_time").SHIFT
    old = datetime(2026, 3, 2, 23, tzinfo=UTC)
    step = plan_step(about.alice, about.workspace, "Do", due_at=old, deal=about.about)
    run = Import.objects.create(workspace=about.workspace, started_by=about.alice)
    said = {"kind": "task", "due_at": old.isoformat()}
    row = ImportRow.objects.create(
        workspace=about.workspace, run=run, line=2, table="activities", row_id=step.pk, outcome="created", after=said
    )
    null = Value(None, JSONField())
    nothing = ImportRow.objects.create(workspace=about.workspace, run=run, line=3, table="activities", row_id=step.pk, outcome="same", before=null)  # fmt: skip
    with walls.scope(workspace_id=about.workspace.pk), connection.cursor() as cursor:
        cursor.execute(shift)
    with walls.scope(workspace_id=about.workspace.pk):
        row.refresh_from_db()
        nothing.refresh_from_db()
        step.refresh_from_db()
    assert (nothing.before, nothing.after) == (None, None)
    assert datetime.fromisoformat(row.after["due_at"]) == step.due_at == all_day(date(2026, 3, 3))
    assert {"minutes", "due_has_time"} < set(row.after)


@time_machine.travel(NOON, tick=False)
def test_a_time_written_behind_the_day_counts_where_none_is_given_by_itself(house: Any, about: Any) -> None:
    step = planned(house, due_on="tomorrow 10:30")
    assert step.due_has_time
    assert timezone.localtime(step.due_at, ZoneInfo("Europe/Oslo")) == datetime(2026, 3, 3, 10, 30, tzinfo=ZoneInfo("Europe/Oslo"))  # fmt: skip
    signed_in("alice").post(f"/w/{house.workspace.slug}/steps/{step.pk}/postpone/", {"due_on": "fredag kl. 9"})
    step.refresh_from_db()
    assert step.due_at == datetime(2026, 3, 6, 8, tzinfo=UTC)


def test_what_is_no_day_to_move_a_step_to_is_said(house: Any, about: Any) -> None:
    step = planned(house)
    answer = signed_in("alice").post(f"/w/{house.workspace.slug}/steps/{step.pk}/postpone/", {"due_on": "someday"})
    assert answer.status_code == 422
    assert "someday" in answer.text
