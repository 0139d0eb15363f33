"""The sample year as an import: what comes in is what was there, twice is once, and a killed one goes on."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, DealMember, StageChange
from vunnet.exchange.sample import sample
from vunnet.imports.takeover import Piece, pieces, take_over
from vunnet.workspaces import walls


@pytest.fixture(scope="module")
def small() -> Any:
    return sample(date(2026, 11, 23), companies=60, people=120, deals=300)


def test_every_row_of_the_export_arrives(house: Any, small: Any) -> None:
    outcome = take_over(small, house.workspace, by=None)
    assert outcome.created["deals"] == Deal.objects.count() == 300
    assert (Company.objects.count(), Person.objects.count()) == (60, 120)
    assert Activity.objects.count() == small.activities.num_rows
    assert Counter(Deal.objects.values_list("stage__kind", flat=True)) == Counter(
        small.tables["deals"]["outcome"].to_pylist()
    )
    assert StageChange.objects.count() == small.tables["visits"].num_rows
    assert DealMember.objects.count() == small.tables["members"].num_rows


def test_the_history_is_the_exports_own(house: Any, small: Any) -> None:
    take_over(small, house.workspace, by=None)
    for deal in Deal.objects.order_by("?")[:20]:
        visits = [v for v in small.tables["visits"].to_pylist() if v["deal_id"] == deal.external_id]
        links = [(c.to_stage.name, c.changed_at.replace(tzinfo=None)) for c in deal.changes.select_related("to_stage")]
        assert links == [(v["stage"], v["entered_at"]) for v in visits]


def test_the_same_export_twice_creates_and_changes_nothing(house: Any, small: Any) -> None:
    take_over(small, house.workspace, by=None)
    again = take_over(small, house.workspace, by=None)
    assert set(again.created.values()) == {0}
    assert set(again.updated.values()) == {0}
    assert again.skipped["deals"] == 300
    assert StageChange.objects.count() == small.tables["visits"].num_rows


def test_an_import_stopped_after_any_piece_goes_on_to_the_same_end(house: Any, small: Any) -> None:
    class Killed(Exception):
        pass

    def kill_after(name: str) -> Any:
        def done(piece: Piece, outcome: Any) -> None:
            if piece.name == name:
                raise Killed

        return done

    names = [piece.name for piece in pieces(small)]
    last = ""
    for name in names:
        with pytest.raises(Killed):
            take_over(small, house.workspace, by=None, after=last, done=kill_after(name))
        # The killed piece left nothing; run it for good now, and only it.
        stop_at = names[names.index(name) + 1] if name != names[-1] else ""
        if stop_at:
            with pytest.raises(Killed):
                take_over(small, house.workspace, by=None, after=last, done=kill_after(stop_at))
        else:
            take_over(small, house.workspace, by=None, after=last)
        last = name
    assert (Deal.objects.count(), StageChange.objects.count()) == (300, small.tables["visits"].num_rows)


def test_later_history_is_appended_to_known_deals(house: Any) -> None:
    early = sample(date(2026, 11, 23), companies=20, people=20, deals=80)
    visits = early.tables["visits"]
    cut = visits.filter([v["entered_at"].toordinal() < date(2026, 9, 1).toordinal() for v in visits.to_pylist()])
    deals = early.tables["deals"]
    known = set(cut["deal_id"].to_pylist())
    then = deals.filter([d["deal_id"] in known for d in deals.to_pylist()])
    rows = [
        d | {"outcome": "open", "closed_at": None, "stage_now": None, "stage": None}
        if d["closed_at"] and d["closed_at"].date() >= date(2026, 9, 1)
        else d
        for d in then.to_pylist()
    ]
    first = type(early)(
        **{**early.__dict__, "tables": {**early.tables, "visits": cut, "deals": then.from_pylist(rows, then.schema)}}
    )
    take_over(first, house.workspace, by=None)
    before = StageChange.objects.count()
    take_over(early, house.workspace, by=None)
    assert before < StageChange.objects.count() == visits.num_rows


def test_an_import_stays_in_its_workspace(house: Any, small: Any) -> None:
    take_over(small, house.workspace, by=None)
    with walls.scope(workspace_id=house.other.pk):
        assert (Deal.objects.count(), Company.objects.count()) == (0, 0)
