"""What people write on the charts of time: by whom, how long, how many; and that writing works nothing out anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken
from vunnet.reports import actions, annotating
from vunnet.reports.actions import annotate, change_annotation, delete_annotation, purge_annotations, restore_annotation
from vunnet.reports.models import Annotation
from vunnet.workspaces import walls

DAY = date(2026, 3, 2)


def told(member: Any) -> list[tuple[date, str]]:
    return [(one.on, one.text) for one in annotating.of(member)]


def test_what_is_written_stands_by_day_and_in_the_journal(house: Any) -> None:
    annotate(house.bob, DAY + timedelta(days=9), "New  playbook ")
    first = annotate(house.alice, DAY, "New price")
    assert told(house.carol) == [(DAY, "New price"), (DAY + timedelta(days=9), "New playbook")]
    change_annotation(first, DAY, "New price list", by=house.alice)
    change_annotation(first, DAY, "New price list", by=house.alice)
    entries = Entry.objects.filter(table="reports_annotation", row_id=first.pk).order_by("id")
    assert [(entry.verb, entry.changes) for entry in entries] == [
        ("annotation.written", {"on": "2026-03-02", "text": "New price"}),
        ("annotation.changed", {"text": ["New price", "New price list"]}),
    ]


def test_only_its_writer_and_administrators_change_one(house: Any) -> None:
    mine, theirs = annotate(house.alice, DAY, "Mine"), annotate(house.bob, DAY, "Theirs")
    for do in (lambda: change_annotation(mine, DAY, "x", by=house.bob), lambda: delete_annotation(mine, by=house.bob)):
        with pytest.raises(RuleBroken, match="Alice Berg's"):
            do()
    delete_annotation(mine, by=house.alice)
    with pytest.raises(RuleBroken, match="Alice Berg's"):
        restore_annotation(mine, by=house.bob)
    change_annotation(theirs, DAY, "Ours", by=house.alice)
    assert told(house.bob) == [(DAY, "Ours")]
    for do in (
        lambda: annotate(house.carol, DAY, "x"),
        lambda: change_annotation(theirs, DAY, "x", by=house.carol),
        lambda: delete_annotation(theirs, by=house.carol),
        lambda: restore_annotation(mine, by=house.carol),
    ):
        with pytest.raises(RuleBroken, match="look around"):
            do()


@pytest.mark.parametrize("text", ["", " \n", "x" * 81])
def test_a_text_says_something_and_fits_on_a_chart(house: Any, text: str) -> None:
    row = annotate(house.alice, DAY, "x" * 80)
    with pytest.raises(RuleBroken):
        annotate(house.alice, DAY, text)
    with pytest.raises(RuleBroken):
        change_annotation(row, DAY, text, by=house.alice)
    assert told(house.alice) == [(DAY, "x" * 80)]


def test_there_are_no_more_than_a_list_can_hold(house: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(actions, "MOST", 2)
    first = annotate(house.alice, DAY, "One")
    annotate(house.bob, DAY, "Two")
    with pytest.raises(RuleBroken, match="2 annotations already"):
        annotate(house.bob, DAY, "Three")
    delete_annotation(first, by=house.alice)
    annotate(house.bob, DAY, "Three")
    with pytest.raises(RuleBroken, match="2 annotations already"):
        restore_annotation(first, by=house.alice)


def test_a_deleted_one_comes_back_for_thirty_days(house: Any) -> None:
    row = delete_annotation(annotate(house.bob, DAY, "New price"), by=house.bob)
    assert told(house.bob) == []
    for do in (delete_annotation, lambda row, by: change_annotation(row, DAY, "x", by=by)):
        with pytest.raises(RuleBroken, match="deleted"):
            do(row, by=house.bob)
    assert purge_annotations() == 0
    restore_annotation(row, by=house.bob)
    assert told(house.bob) == [(DAY, "New price")]
    with pytest.raises(RuleBroken, match="not deleted"):
        restore_annotation(row, by=house.bob)
    delete_annotation(row, by=house.bob)
    Annotation.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    with pytest.raises(RuleBroken, match="30 days"):
        restore_annotation(row, by=house.bob)
    assert (purge_annotations(), Annotation.objects.count()) == (1, 0)


def test_another_workspace_has_its_own(house: Any) -> None:
    annotate(house.alice, DAY, "New price")
    with walls.scope(workspace_id=house.other.pk):
        assert told(house.mallory) == []
        assert purge_annotations() == 0


def test_signs_that_no_picture_can_hold_are_left_out(house: Any) -> None:
    annotate(house.alice, DAY, "New\x01 price\x00list")
    assert told(house.alice) == [(DAY, "New price list")]
