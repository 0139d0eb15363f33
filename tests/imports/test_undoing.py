"""An import of another system's export taken back: what nobody touched goes, what it changed gets its values back, the rest stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.utils import timezone

from vunnet.activities.actions import finish_step, log_activity
from vunnet.activities.models import Activity
from vunnet.contacts.actions import change_person
from vunnet.contacts.models import Company, Person
from vunnet.deals.actions import move_deal
from vunnet.deals.models import Deal, StageChange
from vunnet.exchange.export import Export
from vunnet.exchange.sample import sample
from vunnet.imports import undoing
from vunnet.imports.models import Import, ImportRow
from vunnet.imports.takeover import take_over
from vunnet.jobs.tasks import undo_import
from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken


@pytest.fixture
def small() -> Export:
    return sample(date(2026, 11, 23), companies=20, people=40, deals=60)


def imported(house: Any, export: Export) -> Import:
    run = Import.objects.create(workspace=house.workspace, started_by=house.alice, source=export.source)
    take_over(export, house.workspace, by=house.alice, run=run.pk)
    run.status, run.finished_at = Import.Status.DONE, timezone.now()
    run.save()
    return run


def taken_back(house: Any, run: Import) -> Import:
    undoing.begin(run, by=house.alice)
    return undoing.undo(run, by=house.alice)


def present(table: Any) -> set[int]:
    return set(table.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True))


def with_rows(export: Export, name: str, changed: dict[str, Any]) -> Export:
    """The export with the first row of a table changed."""
    table: pa.Table = getattr(export, name)
    rows = table.to_pylist()
    rows[0] |= changed
    return replace(export, **{name: pa.Table.from_pylist(rows, table.schema)})


def test_what_nobody_touched_goes_to_the_bin(house: Any, small: Export) -> None:
    own = house.deal("Our own")
    run = imported(house, small)
    made = small.companies.num_rows + small.people.num_rows + small.tables["deals"].num_rows + small.activities.num_rows
    assert ImportRow.objects.filter(run=run, outcome="created").count() == made
    changes = StageChange.objects.count()
    run = taken_back(house, run)
    assert run.status == Import.Status.DONE
    assert run.undone_at is not None
    assert (present(Person), present(Activity), present(Deal)) == (set(), set(), {own.pk})
    assert present(Company) == {own.company_id} - {None}
    assert StageChange.objects.count() == changes  # The bin keeps their history.
    assert ImportRow.objects.filter(run=run, outcome="undone").count() == made
    assert Entry.objects.filter(verb="deal.deleted", by=house.alice).count() == small.tables["deals"].num_rows


def test_what_somebody_worked_with_stays_with_what_it_hangs_on(house: Any, small: Export) -> None:
    run = imported(house, small)
    moved = Deal.objects.filter(stage__kind="open", company__isnull=False).order_by("pk")[0]
    to = moved.pipeline.stages.filter(kind="open").exclude(pk=moved.stage_id)[0]
    move_deal(moved, to, by=house.bob)
    noted = Deal.objects.exclude(pk=moved.pk).order_by("pk")[0]
    note = log_activity(house.bob, house.workspace, "note", deal=noted, body="Called")
    renamed = Person.objects.exclude(deal_parts__deal__in=[moved.pk, noted.pk]).order_by("pk")[0]
    change_person(renamed, by=house.bob, title="Ny sjef")
    done = Activity.objects.planned().exclude(deal__in=[moved.pk, noted.pk])[0]
    finish_step(done, by=house.bob)
    taken_back(house, run)
    assert present(Deal) >= {moved.pk, noted.pk, done.deal_id}
    assert {note.pk, done.pk} == present(Activity)
    assert renamed.pk in present(Person)
    assert moved.company_id in present(Company)
    kept = {(row.table, row.row_id) for row in ImportRow.objects.filter(run=run, outcome="kept")}
    assert kept >= {("deals", moved.pk), ("deals", noted.pk), ("people", renamed.pk), ("activities", done.pk)}
    assert len(present(Deal)) == 3


def test_a_second_import_taken_back_gives_the_first_ones_values(house: Any, small: Export) -> None:
    first = imported(house, small)
    company = Company.objects.get(external_id=small.companies["external_id"][0].as_py())
    before = (company.name, company.city)
    second = imported(house, with_rows(small, "companies", {"name": "Renamed AS", "city": "Bodø"}))
    company.refresh_from_db()
    assert (company.name, company.city) == ("Renamed AS", "Bodø")
    assert list(
        ImportRow.objects.filter(run=second).exclude(outcome="same").values_list("table", "row_id", "outcome")
    ) == [("companies", company.pk, "updated")]
    taken_back(house, second)
    company.refresh_from_db()
    assert (company.name, company.city) == before
    taken_back(house, first)
    # The second import's change was taken back, so nothing of the first one is kept.
    assert present(Company) == set()


def test_what_a_later_import_changed_stays(house: Any, small: Export) -> None:
    first = imported(house, small)
    imported(house, with_rows(small, "companies", {"name": "Renamed AS"}))
    taken_back(house, first)
    assert list(Company.objects.filter(deleted_at__isnull=True).values_list("name", flat=True)) == ["Renamed AS"]


def test_it_is_begun_once_within_seven_days_and_done_once(house: Any, small: Export) -> None:
    run = imported(house, small)
    with pytest.raises(RuleBroken):
        undoing.begin(run, by=house.bob)
    undoing.begin(run, by=house.alice)
    with pytest.raises(RuleBroken, match="cannot be undone"):
        undoing.begin(run, by=house.alice)
    for _again in range(2):
        undo_import(run.pk, house.workspace.pk, house.alice.pk)
    assert Entry.objects.filter(verb="import.undone").count() == 1
    old = imported(house, small)
    Import.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(RuleBroken, match="cannot be undone"):
        undoing.begin(old, by=house.alice)


def test_rows_are_told_for_thirty_days(house: Any, small: Export) -> None:
    run, other = imported(house, small), imported(house, with_rows(small, "companies", {"name": "Renamed AS"}))
    Import.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=31))
    undoing.forget_old_rows()
    assert set(ImportRow.objects.values_list("run", flat=True)) == {other.pk}
