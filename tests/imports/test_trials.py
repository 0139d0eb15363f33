"""A large file is tried by a worker: the page answers at once, and what was seen is what is carried out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from procrastinate.jobs import Job

from tests.web.test_pages import signed_in
from vunnet.contacts.models import Person
from vunnet.imports import actions, choosing
from vunnet.imports.models import Import, ImportFile
from vunnet.jobs import tasks
from vunnet.lib.errors import RuleBroken

PEOPLE = b"Navn;E-post\n\xc3\x85se Moe;ase@moe.no\nOla Nord;olaATnord.no\n"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Every file is a large one; what is left to workers is written down."""
    jobs: list[tuple[int, int, int]] = []
    monkeypatch.setattr(actions, "SMALL_BYTES", 0)
    monkeypatch.setattr(
        "vunnet.web.imports.views.soon_try_import", lambda run: jobs.append((run.pk, run.workspace_id, run.trial))
    )
    monkeypatch.setattr("vunnet.web.imports.views.soon_run_import", lambda *numbers: None)
    return jobs


@pytest.fixture
def run(house: Any) -> Import:
    return chosen(house, actions.upload(house.alice, [("folk.csv", len(PEOPLE), io.BytesIO(PEOPLE))], limit=10**6))


def chosen(house: Any, run: Import, **columns: str) -> Import:
    with choosing.only_file(run) as path:
        given = choosing.suggested(run, path)
        return choosing.choose(run, path, {**given, "columns": {**given["columns"], **columns}}, by=house.alice)


def fresh(run: Import) -> Import:
    run.refresh_from_db()
    return run


@pytest.fixture
def at(house: Any, run: Import) -> str:
    return f"/w/{house.workspace.slug}/imports/{run.pk}/"


@pytest.fixture
def alice(house: Any) -> Client:
    return signed_in("alice")


def test_the_page_answers_at_once_and_stands_where_the_trial_is(
    run: Import, at: str, alice: Client, asked: Any
) -> None:
    assert "Waiting for its turn" in alice.get(f"{at}trial/").text
    assert "Waiting for its turn" in alice.get(at, follow=True).text
    assert alice.get(f"{at}progress/").status_code == 200
    assert asked == [(run.pk, run.workspace_id, 1)]
    actions.carry_out_trial(*asked[0])
    assert alice.get(f"{at}progress/")["HX-Refresh"] == "true"
    page = alice.get(f"{at}trial/").text
    assert "Import 2 rows" in page
    assert "olaATnord.no" in page
    assert not Person.objects.exists()
    assert len(asked) == 1


def test_while_it_is_read_and_compared_the_page_says_so(
    run: Import, at: str, alice: Client, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []

    def seen(real: Any) -> Any:
        def look(*given: Any) -> Any:
            pages.append(alice.get(f"{at}progress/").text)
            return real(*given)

        return look

    monkeypatch.setattr(choosing, "read_rows", seen(choosing.read_rows))
    monkeypatch.setattr(choosing, "weigh", seen(choosing.weigh))
    alice.get(f"{at}trial/")
    actions.carry_out_trial(*asked[0])
    assert ["Reading the files" in pages[0], "Comparing 2 rows with those that are here" in pages[1]] == [True, True]


def test_a_mended_cell_is_tried_anew_by_the_worker(run: Import, at: str, alice: Client, asked: Any) -> None:
    alice.get(f"{at}trial/")
    actions.carry_out_trial(*asked[0])
    answer = alice.post(f"{at}trial/", {"cell:3:E-post": "ola@nord.no"})
    assert answer["Location"] == f"{at}trial/"
    actions.carry_out_trial(*asked[1])
    assert fresh(run).tally == {"new": 2, "updates": 0, "same": 0, "unclear": 0, "left_out": [], "sellers": []}


def test_a_killed_workers_successor_begins_it_again(house: Any, run: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    run = actions.ask_trial(run, by=house.alice)
    with monkeypatch.context() as patch:
        patch.setattr(choosing, "weigh", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            actions.carry_out_trial(run.pk, run.workspace_id, run.trial)
    assert (fresh(run).status, run.tally) == ("trying", None)
    actions.carry_out_trial(run.pk, run.workspace_id, run.trial)
    assert (fresh(run).status, run.tally["new"] if run.tally else None) == ("uploaded", 2)


def test_other_columns_chosen_meanwhile_drop_what_is_found(
    house: Any, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = actions.ask_trial(run, by=house.alice)
    chosen(house, run, **{"E-post": ""})
    actions.carry_out_trial(first.pk, first.workspace_id, first.trial)
    assert (fresh(run).status, run.tally) == ("uploaded", None)
    second = actions.ask_trial(run, by=house.alice)
    assert second.trial == first.trial + 1
    # While it is compared: what the first would write of it goes with its transaction.
    real = choosing.weigh

    def changed_meanwhile(run: Import, found: Any) -> Import:
        Import.objects.filter(pk=run.pk).update(trial=9)
        return real(run, found)

    monkeypatch.setattr(choosing, "weigh", changed_meanwhile)
    actions.carry_out_trial(second.pk, second.workspace_id, second.trial)
    assert (fresh(run).tally, run.refusals.count()) == (None, 0)


def test_only_what_was_seen_is_carried_out(house: Any, run: Import, at: str, alice: Client, asked: Any) -> None:
    alice.get(f"{at}trial/")
    with pytest.raises(RuleBroken, match="still being tried"):
        actions.start(run, by=house.alice)
    actions.carry_out_trial(*asked[0])
    assert 'name="tried" value="1"' in alice.get(f"{at}trial/").text
    chosen(house, run, **{"E-post": ""})
    answer = alice.post(at, {"tried": "1"})
    assert answer.status_code == 422
    assert "Look at what the file would do now" in answer.text
    alice.get(f"{at}trial/")
    actions.carry_out_trial(*asked[1])
    assert alice.post(at, {"tried": "1"}).status_code == 422
    assert alice.post(at, {"tried": "2"}).status_code == 302
    assert fresh(run).status == "queued"


def test_what_cannot_be_tried_says_so_and_can_be_tried_again(
    run: Import, at: str, alice: Client, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.get(f"{at}trial/")
    with monkeypatch.context() as patch:
        patch.setattr(choosing, "weigh", lambda *given: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            actions.carry_out_trial(*asked[0])
    page = alice.get(f"{at}trial/")
    assert page.status_code == 422
    assert "could not be tried" in page.text
    assert len(asked) == 1
    assert alice.post(f"{at}trial/").status_code == 302
    actions.carry_out_trial(*asked[1])
    assert "Import 2 rows" in alice.get(f"{at}trial/").text


def test_a_known_export_is_tried_by_the_worker_too(house: Any, alice: Client, asked: Any) -> None:
    at = known_export(house)
    assert "Waiting for its turn" in alice.get(f"{at}trial/").text
    actions.carry_out_trial(*asked[-1])
    assert "Import 1 row" in alice.get(f"{at}trial/").text


def test_a_trial_that_never_ends_is_begun_anew_from_its_page(house: Any, alice: Client, asked: Any) -> None:
    """The worker could not even write down that it failed."""
    at = known_export(house)
    alice.get(f"{at}trial/")
    page = alice.get(f"{at}trial/").text
    assert "Try again" in page
    assert "Back to the columns" not in page  # they lead here, while it is tried
    assert alice.post(f"{at}trial/").status_code == 302
    assert [job[2] for job in asked] == [1, 2]
    actions.carry_out_trial(*asked[0])  # comes back after all: no longer asked for
    assert "Waiting for its turn" in alice.get(f"{at}trial/").text
    actions.carry_out_trial(*asked[1])
    assert "Import 1 row" in alice.get(f"{at}trial/").text


def test_a_trial_whose_end_could_not_be_written_is_tried_again_by_itself() -> None:
    strategy = tasks.try_import.retry_strategy
    assert strategy is not None
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="try_import", attempts=1)
    assert strategy.get_retry_decision(exception=OperationalError(), job=job) is not None


def test_files_nobody_saw_tried_are_not_carried_out(house: Any, alice: Client, asked: Any) -> None:
    at = known_export(house)
    assert [alice.post(at, given).status_code for given in ({}, {"tried": "0"}, {"tried": "no"})] == [422] * 3
    alice.get(f"{at}trial/")
    actions.carry_out_trial(*asked[0])
    assert alice.post(at).status_code == 422
    assert alice.post(at, {"tried": "1"}).status_code == 302


@pytest.mark.parametrize("ending", ["csv", "xlsx", "XLSM", "xlsb", "xls", "ods", "csv.gz", "parquet"])
def test_packed_files_count_as_what_they_hold(
    house: Any, run: Import, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    ImportFile.objects.filter(run=run).update(name=f"folk.{ending}", size=200_000)
    monkeypatch.setattr(actions, "SMALL_BYTES", 1_000_000)
    assert actions.ask_trial(run, by=house.alice).status == ("uploaded" if ending == "csv" else "trying")


def known_export(house: Any) -> str:
    """The address of one that is uploaded."""
    body = b"Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date\n1,Tak,Closed Won,100,2026-01-05,2026-02-10\n"
    run = actions.upload(house.alice, [("deals.csv", len(body), io.BytesIO(body))], limit=10**6)
    return f"/w/{house.workspace.slug}/imports/{run.pk}/"


def test_a_small_file_is_tried_while_the_page_waits(
    run: Import, at: str, alice: Client, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "SMALL_BYTES", len(PEOPLE))
    assert "Import 2 rows" in alice.get(f"{at}trial/").text
    assert asked == []
