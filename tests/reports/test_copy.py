"""A copy brought up to date is the copy one would make anew, and reads again no more than what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import House, build_house
from vunnet.activities.actions import log_activity
from vunnet.contacts.actions import add_company, change_company
from vunnet.contacts.models import Company
from vunnet.contacts.removal import delete_company
from vunnet.deals.actions import win_deal
from vunnet.deals.models import Deal, Product, Source
from vunnet.deals.stages import change_stage
from vunnet.deals.vocabulary import rename_word
from vunnet.exchange.sample import sample
from vunnet.imports.takeover import take_over
from vunnet.reports import copy
from vunnet.workspaces import walls

TABLES = ("deals", "visits", "stages", "members", "touches", "lines")
DEALS = 300


@pytest.fixture
def year(committed: str, settings: Any, tmp_path: Path) -> House:
    """Three hundred deals, with two companies of one name, and a copy of them."""
    settings.HOME = tmp_path
    house = build_house()
    today = datetime.now(ZoneInfo("Europe/Oslo")).date()
    with walls.scope(workspace_id=house.workspace.pk):
        take_over(sample(today, companies=60, people=80, deals=DEALS), house.workspace, by=None)
        twin = add_company(house.alice, house.workspace, first_company().name)
        house.deal("At the twin", company=twin)
    with walls.scope(workspace_id=house.workspace.pk):
        copy.fresh(house.workspace.pk)
    return house


def first_company() -> Company:
    return Company.objects.filter(deals__isnull=False).order_by("name", "pk").first()


def twin() -> Company:
    return Deal.objects.get(name="At the twin").company


def win(year: House) -> None:
    win_deal(year.deal("Fresh"), by=year.alice)


def log(year: House) -> None:
    log_activity(year.alice, year.workspace, "call", body="Rang", deal=Deal.objects.first())


FEW: dict[str, Callable[[House], object]] = {
    "a deal is won": win,
    "a call is logged": log,
    "a company is named anew": lambda year: change_company(first_company(), by=year.alice, name="Bergen Sjømat"),
    "a twin gets a name of its own": lambda year: change_company(twin(), by=year.alice, name="Voss Sjømat"),
    "a twin is deleted": lambda year: delete_company(twin(), by=year.alice),
    "a third of the name comes": lambda year: add_company(year.alice, year.workspace, twin().name),
    "a customer of long standing": lambda year: change_company(
        first_company(), by=year.alice, customer_since=date(2019, 1, 1)
    ),
}
ALL: dict[str, Callable[[House], object]] = {
    "a source is named anew": lambda year: rename_word(Source.objects.first(), "By word of mouth", by=year.alice),
    "a product is named anew": lambda year: rename_word(Product.objects.first(), "Sea water pump", by=year.alice),
    "a stage is named anew": lambda year: change_stage(year.stage("Quote sent"), by=year.alice, name="Quoted"),
}
NONE: dict[str, Callable[[House], object]] = {
    "a telephone number": lambda year: change_company(first_company(), by=year.alice, phone="+47 55 00 00 00"),
    "a company without deals": lambda year: add_company(year.alice, year.workspace, "Nobody knows them"),
}


@pytest.mark.parametrize("what", [*FEW, *ALL, *NONE])
def test_the_copy_after_changes_equals_one_made_anew(year: House, tmp_path: Path, monkeypatch: Any, what: str) -> None:
    room = year.workspace.pk
    read: list[list[int] | None] = []
    write = copy._write

    def listening(home: Path, present: Any, position: int, changed: Any) -> copy.Copy:
        read.append(changed)
        return write(home, present, position, changed)

    monkeypatch.setattr(copy, "_write", listening)
    with walls.scope(workspace_id=room):
        (FEW | ALL | NONE)[what](year)
    with walls.scope(workspace_id=room):
        changed = rows(copy.fresh(room))
    if what in NONE:
        assert read == []
    else:
        (again,) = read
        assert (again is None) == (what in ALL)
        assert again is None or 0 < len(again) < DEALS / 4
    (tmp_path / "reports" / str(room) / "state.json").unlink()
    with walls.scope(workspace_id=room):
        anew = rows(copy.fresh(room))
    assert [name for name in TABLES if not changed[name].equals(anew[name])] == []


def rows(made: copy.Copy) -> dict[str, pa.Table]:
    """The rows of every table, in an order of their own."""
    tables = {name: pq.read_table(made.file(name)) for name in TABLES}
    return {n: t.sort_by([(column, "ascending") for column in t.schema.names[:4]]) for n, t in tables.items()}
