"""A page shows the numbers it has and gets the newer ones; nobody is shown another's, nor old ones as if they were new."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import House, build_house
from vunnet.deals.actions import win_deal
from vunnet.reports import asking, latest
from vunnet.reports.actions import annotate
from vunnet.reports.answers import Question
from vunnet.reports.latest import Asking
from vunnet.workspaces import walls

AT_ONCE, IN_TIME = 0.0, 60.0


@pytest.fixture
def house(committed: str, settings: Any, tmp_path: Path) -> Iterator[House]:
    settings.HOME = tmp_path
    built = build_house()
    with walls.scope(workspace_id=built.workspace.pk):
        win_deal(built.deal("The first"), by=built.alice)
    yield built
    for future in list(latest._under_way.values()):
        future.exception(IN_TIME)


@pytest.fixture
def worked_out(monkeypatch: Any) -> list[Question]:
    """The questions that were worked out, in order."""
    told: list[Question] = []
    was = asking._answer

    def listening(here: Any, question: Question, *rest: Any) -> Any:
        told.append(question)
        return was(here, question, *rest)

    monkeypatch.setattr(asking, "_answer", listening)
    return told


def asked(house: House, **conditions: Any) -> Asking:
    zone = house.workspace.zone
    question = Question(as_of=timezone.now().astimezone(zone).date(), time_zone=str(zone), **conditions)
    return Asking(house.workspace.pk, ("won", ""), question, None, (), ("amounts",))


def find(house: House, patience: float, one: Asking | None = None) -> latest.Found:
    with walls.scope(workspace_id=house.workspace.pk):
        return latest.find(one or asked(house), patience)


def win(house: House) -> None:
    with walls.scope(workspace_id=house.workspace.pk):
        win_deal(house.deal("The next"), by=house.alice)


def test_what_has_not_changed_is_worked_out_once(house: House, worked_out: list[Question]) -> None:
    first, again = find(house, AT_ONCE), find(house, AT_ONCE)
    assert first.before is again.before is None
    assert first.report is again.report
    assert len(worked_out) == 1


def test_what_somebody_writes_on_the_charts_works_nothing_out_anew(house: House, worked_out: list[Question]) -> None:
    first = find(house, AT_ONCE)
    with walls.scope(workspace_id=house.workspace.pk):
        annotate(house.alice, timezone.localdate(), "New price list")
    again = find(house, AT_ONCE)
    assert (again.before, len(worked_out)) == (None, 1)
    assert again.report is first.report


def test_after_a_change_the_older_numbers_stand_with_their_moment_until_the_newer_come(house: House) -> None:
    start = timezone.now()
    first = find(house, AT_ONCE)
    known = timezone.now()
    win(house)
    older = find(house, AT_ONCE)
    assert older.report is first.report
    assert older.before is not None
    assert start < older.before < known
    newer = find(house, IN_TIME)
    assert newer.before is None
    assert newer.report.won.count == first.report.won.count + 1
    assert find(house, AT_ONCE) == newer


def test_a_page_that_works_its_numbers_out_itself_has_the_latest(house: House) -> None:
    first = find(house, AT_ONCE)
    win(house)
    with walls.scope(workspace_id=house.workspace.pk):
        found = latest.find(asked(house), None)
    assert found.before is None
    assert found.report.won.count == first.report.won.count + 1


def test_many_who_ask_at_once_are_one_question(house: House, worked_out: list[Question]) -> None:
    find(house, AT_ONCE)
    win(house)
    for _again in range(5):
        find(house, AT_ONCE)
        assert latest._asked.qsize() <= 1
    assert find(house, IN_TIME).before is None
    assert len(worked_out) == 2


def test_a_new_process_finds_the_answer_in_its_folder(house: House, worked_out: list[Question]) -> None:
    first = find(house, AT_ONCE)
    latest._known.clear()
    asking._kept.clear()
    again = find(house, AT_ONCE)
    assert (again.before, again.report.won.count) == (None, first.report.won.count)
    assert len(worked_out) == 1


@pytest.mark.parametrize("harm", ["another program", "half a file"])
def test_an_answer_that_cannot_be_read_is_worked_out_anew(
    house: House, worked_out: list[Question], monkeypatch: Any, harm: str
) -> None:
    find(house, AT_ONCE)
    latest._known.clear()
    asking._kept.clear()
    file = asked(house).file
    if harm == "another program":
        monkeypatch.setattr(latest, "_program", lambda: bytes(32))
    else:
        file.write_bytes(file.read_bytes()[:-100])
    assert find(house, AT_ONCE).before is None
    assert len(worked_out) == 2


def test_yesterdays_answer_says_its_day(house: House) -> None:
    today = asked(house)
    assert isinstance(today.question.as_of, date)
    yesterday = replace(today, question=replace(today.question, as_of=today.question.as_of - timedelta(days=1)))
    find(house, AT_ONCE, yesterday)
    older = find(house, AT_ONCE, today)
    assert older.before is not None
    assert older.report.question == yesterday.question
    assert find(house, IN_TIME, today).report.question == today.question


def test_an_answer_of_last_week_is_not_shown_any_more(house: House, monkeypatch: Any) -> None:
    find(house, AT_ONCE)
    win(house)
    monkeypatch.setattr(latest, "GOOD_FOR", timedelta(0))
    assert find(house, AT_ONCE).before is None


def test_who_sees_less_is_not_shown_what_another_was_told(house: House, worked_out: list[Question]) -> None:
    find(house, AT_ONCE)
    own = asked(house, where={"owner": ("Bob Berg", None)})
    found = find(house, AT_ONCE, own)
    assert found.before is None
    assert found.report.won.count == 0
    win(house)
    assert find(house, AT_ONCE, own).report.won.count == 0


def test_what_goes_wrong_beside_is_logged_and_tried_again(
    house: House, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    find(house, AT_ONCE)
    win(house)
    was = asking._answer

    def broken(*_what: Any) -> Any:
        raise RuntimeError("no memory left")

    monkeypatch.setattr(asking, "_answer", broken)
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError, match="no memory left"):
        find(house, IN_TIME)
    assert "newer numbers" in caplog.text
    monkeypatch.setattr(asking, "_answer", was)
    assert find(house, IN_TIME).before is None


def test_the_folder_keeps_the_answers_used_last(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(latest, "IN_FOLDER", 2)
    for page in ("a", "b", "c"):
        find(house, AT_ONCE, replace(asked(house), page=page))
    assert len(list(asked(house).folder.iterdir())) == 2
