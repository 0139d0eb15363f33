"""What an import says: why a cell was not taken and what could not be kept, counted, in the language of whoever reads it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.conftest import build_house
from tests.imports.test_choosing import PEOPLE, checked, chosen_import, done, uploaded
from tests.web.test_pages import signed_in
from vunnet.analysis.schema import ALL
from vunnet.deals.actions import lose_deal, reopen_deal
from vunnet.deals.models import Deal, StageChange
from vunnet.imports import actions, undoing
from vunnet.imports.models import Import, ImportRefusal
from vunnet.reports import sql
from vunnet.workspaces import walls
from vunnet.workspaces.models import FieldDefinition, User


def test_why_a_cell_is_unclear_is_said_in_the_readers_language(house: Any) -> None:
    FieldDefinition.objects.create(workspace=house.workspace, table="person", key="areal", label="Areal", kind="number")
    with translation.override("nb"):
        checked(chosen_import(house, PEOPLE))
    told = {
        "en": ["Areal: “tre” is not a number.", "This is the same as line 2. Only that one is taken; write what tells them apart, or leave it."],
        "nb": ["Areal: «tre» er ikke et tall.", "Dette er den samme som linje 2. Bare den blir tatt med; skriv det som skiller dem, eller la det være."],
    }  # fmt: skip
    for language, whys in told.items():
        with translation.override(language):
            found = {(r.line, r.column): r.told for r in ImportRefusal.objects.all()}
            assert [found[4, "Areal"], found[6, "E-post"]] == whys


UNDATED = """Navn;Firma;Trinn;Opprettet;Lukket;Farge
Vegg;Nord AS;Won;01.02.2026;;rød
Tak;Nord AS;Lost;;;
Dør;Nord AS;Won;;15.02.2026;
Gulv;Nord AS;Contacted;;24.12.2030;
"""


def told(run: Import, language: str = "en") -> list[str]:
    run.refresh_from_db()
    with translation.override(language):
        return run.told_not_recorded


def copied(name: str) -> list[dict[str, Any]]:
    """The rows that analysis gets."""
    from django.db import connection

    query = next(query for query in sql.queries([]) if query.name == name)
    with connection.cursor() as cursor:
        cursor.execute(query.statement(None)[0])
        return [dict(zip(query.columns, row, strict=True)) for row in cursor.fetchall()]


def test_no_date_is_invented_for_a_deal_that_comes_in_closed(house: Any) -> None:
    run = chosen_import(house, UNDATED)
    assert checked(run)["new"] == 4
    expected = [
        "Closed deals without a closing date: 2. They count as won or lost, but in no month, and how long they took is not known. If a column says when they closed, choose it as “Closed”.",
        "Closed deals without an opening date: 2. How long they took is not known.",
        "Open deals without an opening date: 1. They count as opened on the day of the import.",
        "Columns that were left out: Farge.",
    ]
    assert told(run)[1:] == expected
    assert told(run, "nb")[1].startswith("Lukkede salg uten lukkedato: 2.")
    done(house, run)
    assert told(run)[1:] == expected
    wall, roof, door, floor = (Deal.objects.get(name=name) for name in ("Vegg", "Tak", "Dør", "Gulv"))
    assert (wall.stage.kind, wall.closed_at, roof.stage.kind, roof.closed_at) == ("won", None, "lost", None)
    assert door.closed_at.astimezone(house.workspace.zone).date().isoformat() == "2026-02-15"
    # One column of closing dates: of an open deal it is the expected one.
    assert (floor.closed_at, floor.expected_close_on.isoformat()) == (None, "2030-12-24")
    deals = {int(row["deal_id"]): row for row in copied("deals")}
    assert (deals[wall.pk]["created_at"] is None, deals[wall.pk]["closed_at"]) == (False, None)
    assert (deals[roof.pk]["created_at"], deals[roof.pk]["closed_at"]) == (None, None)
    assert (deals[door.pk]["created_at"], deals[door.pk]["closed_at"] is None) == (None, False)
    assert {int(row["deal_id"]) for row in copied("visits")} == {door.pk, floor.pk}
    assert set(deals[wall.pk]) >= ALL["deals"].required
    today = timezone.now().date()
    assert not Deal.objects.won().filter(closed_at__date=today).exists()


def test_a_file_that_has_a_deal_elsewhere_says_that_it_stays(house: Any) -> None:
    done(house, chosen_import(house, UNDATED))
    again = chosen_import(house, UNDATED.replace("Contacted", "Lost").replace("Vegg;Nord AS;Won", "Vegg;Nord AS;"))
    checked(again)
    expected = (
        "Deals that are here in another stage than the file says: 1. They stay where they are, since the file does not say when they moved. "
        "Move them on the board, or many at once in the list."
    )
    assert expected in told(again)
    assert [line for line in told(again, "nb") if line.startswith("Salg som står i et annet trinn her enn i filen: 1.")]
    done(house, again)
    assert expected in told(again)
    assert {deal.name: deal.stage.kind for deal in Deal.objects.select_related("stage")}["Gulv"] == "open"


def test_a_deal_closed_nobody_knows_when_says_so_on_its_page(house: Any) -> None:
    done(house, chosen_import(house, UNDATED))
    wall = Deal.objects.get(name="Vegg")
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/deals/{wall.pk}/").text
    assert page.count("day not known") == 1  # the fact of the closing; when it was opened is known
    log = page.split('id="log"')[1].split("</ol>")[0]
    headings = re.findall(r'class="log-day">([^<]+)<.*?</b>', log, re.S)
    assert headings[0] == "Day not known"
    assert len(headings) == 2
    assert log.index("Day not known") < log.index("Won") < log.index("Opened in")
    assert str(timezone.localtime(wall.changes.get(link=2).changed_at).day) + " " not in headings[1]
    roof = Deal.objects.get(name="Tak")
    assert signed_in("alice").get(f"/w/{house.workspace.slug}/deals/{roof.pk}/").text.count("day not known") == 2
    with translation.override("nb"):
        User.objects.filter(pk=house.alice.user_id).update(language="nb")
        assert "Ukjent dag" in signed_in("alice").get(f"/w/{house.workspace.slug}/deals/{wall.pk}/").text


def test_the_page_of_columns_asks_for_the_closing_date(house: Any) -> None:
    alice = signed_in("alice")
    for text, asks in (("Navn;Firma;Trinn\nVegg;Nord;Won\n", True), (UNDATED, False), (PEOPLE, False)):
        run = uploaded(house, text)
        page = alice.get(f"/w/{house.workspace.slug}/imports/{run.pk}/columns/").text
        assert ("No column says when deals closed" in page) is asks


HUBSPOT = """Record ID,Deal Name,Pipeline,Deal Stage,Amount,Create Date,Close Date,Deal owner,Closed Lost Reason
101,Solbakken,Sales,Closed Won,125000,2026-01-05 09:00,2026-02-10 12:00,Astrid Lunde,
102,Fana,Sales,Closed Won,80000,2026-01-08 09:00,,Jonas Solheim,
103,Voss,Sales,Contract Sent,not a number,2026-03-01 09:00,,Astrid Lunde,
"""


def known_export(house: Any, text: str = HUBSPOT) -> Import:
    run = uploaded(house, text, "deals.csv", "utf-8")
    assert run.source == "hubspot"
    return run


def test_the_same_export_twice_adds_nothing_to_a_deal_closed_nobody_knows_when(committed: str) -> None:
    """In transactions of their own: each import has its own now."""
    house = build_house()
    text = HUBSPOT.replace("80000,2026-01-08 09:00", "80000,")
    for _time in range(2):
        with walls.scope(workspace_id=house.workspace.pk):
            run = known_export(house, text)
            actions.start(run, by=house.alice)
        actions.carry_out(run.pk, house.workspace.pk)
    with walls.scope(workspace_id=house.workspace.pk):
        fana = Deal.objects.get(external_id="102")
        assert fana.closed_at is None
        assert [(c.to_stage.kind, c.is_dated) for c in fana.changes.order_by("link")] == [
            ("open", False),
            ("won", False),
        ]


@pytest.fixture
def alice(house: Any) -> Client:
    return signed_in("alice")


def test_a_known_export_is_tried_before_anything_is_written(house: Any, alice: Client) -> None:
    run = known_export(house)
    home = f"/w/{house.workspace.slug}/imports/{run.pk}/"
    page = alice.get(home).text
    assert "HubSpot: Deals" in page
    assert "Number of the deal" in page
    assert "deal_id" not in page
    trial = alice.get(f"{home}trial/").text
    assert Deal.objects.count() == 0
    run.refresh_from_db()
    assert run.tally == {"new": 3, "updates": 0, "same": 0, "unclear": 1}
    assert "Import 3 rows" in trial
    assert "This is not an amount" in trial
    done(house, run)
    mended = HUBSPOT.replace("125000", "130000").replace("Jonas Solheim", "Kari Ny").replace("103,", "104,")
    again = actions.try_out(known_export(house, mended))
    assert again.tally == {"new": 1, "updates": 2, "same": 0, "unclear": 1}
    done(house, again)
    assert (again.outcome["created"]["deals"], again.outcome["updated"]["deals"]) == (1, 2)


def test_what_a_known_export_leaves_as_it_is_is_a_list_too(house: Any, alice: Client) -> None:
    done(house, known_export(house))
    run = done(house, known_export(house))
    assert run.outcome["skipped"]["deals"] == 3 == run.rows.filter(outcome="same", table="deals").count()
    home = f"/w/{house.workspace.slug}/imports/{run.pk}/"
    assert f"{home}rows/same/" in alice.get(home).text
    assert "Solbakken" in alice.get(f"{home}rows/same/").text


def moved_on() -> str:
    """The same export a while later: a deal that was open is won."""
    won = f"Closed Won,not a number,2026-03-01 09:00,{timezone.now() + timedelta(minutes=1):%Y-%m-%d %H:%M},"
    return HUBSPOT.replace("Contract Sent,not a number,2026-03-01 09:00,,", won)


def test_a_deal_that_only_moved_is_an_update_in_the_trial_and_in_the_result(house: Any, alice: Client) -> None:
    """The commonest second export: nothing but the way through the pipeline has gone on."""
    done(house, known_export(house))
    run = known_export(house, moved_on())
    trial = alice.get(f"/w/{house.workspace.slug}/imports/{run.pk}/trial/").text
    assert "Import 3 rows" in trial
    run.refresh_from_db()
    assert run.tally == {"new": 0, "updates": 1, "same": 2, "unclear": 1}
    done(house, run)
    assert run.outcome["updated"]["deals"] == 1
    assert run.rows.filter(outcome="same", table="deals").count() == 2
    assert Deal.objects.filter(stage__kind="won").count() == 3


OPEN = """Record ID,Deal Name,Pipeline,Deal Stage,Amount,Create Date,Close Date,Deal owner
101,Solbakken,Sales,Contract Sent,125000,2026-01-05 09:00,,Astrid Lunde
102,Fana,Sales,Contract Sent,80000,2026-01-08 09:00,,Jonas Solheim
103,Voss,Sales,Contract Sent,9000,2026-03-01 09:00,,Astrid Lunde
104,Os,Sales,Closed Lost,9000,2026-03-01 09:00,2026-03-09 09:00,Astrid Lunde
105,Ål,Sales,Contract Sent,9000,2026-03-01 09:00,,Astrid Lunde
"""


def test_a_deal_that_an_import_moved_is_kept_when_that_is_undone(house: Any, alice: Client) -> None:
    done(house, known_export(house))
    run = known_export(house, moved_on())
    done(house, run)
    stages = {deal.pk: deal.stage_id for deal in Deal.objects.all()}
    undoing.begin(run, by=house.alice)
    undoing.undo(run, by=house.alice)
    assert [row.outcome for row in run.rows.filter(table="deals").exclude(outcome="same")] == ["kept"]
    assert {deal.pk: deal.stage_id for deal in Deal.objects.all()} == stages
    page = alice.get(f"/w/{house.workspace.slug}/imports/{run.pk}/").text
    assert "1 row was changed, used or moved on, and is kept" in page


def test_a_closing_nobody_knows_when_is_taken_unless_somebody_moved_the_deal_by_hand(house: Any, alice: Client) -> None:
    done(house, known_export(house, OPEN))
    fana, voss = Deal.objects.get(external_id="102"), Deal.objects.get(external_id="103")
    lose_deal(fana, by=house.alice, note="Too dear")
    reopen_deal(Deal.objects.get(pk=fana.pk), by=house.alice)
    lose_deal(Deal.objects.get(external_id="105"), by=house.alice, note="Too dear")
    rows = (
        OPEN.replace("Contract Sent", "Closed Won").replace("Closed Lost", "Closed Won").replace("2026-03-09 09:00", "")
    )
    run = actions.try_out(known_export(house, rows))
    assert run.tally == {"new": 0, "updates": 2, "same": 3, "unclear": 3}
    whys = sorted(r.told for r in run.refusals.all())
    assert "“Fana” is closed, but not when, and somebody here moved it last" in whys[0]
    assert "“Os” is closed, but not when, and here it is closed otherwise" in whys[1]
    assert "“Ål” is closed, but not when, and here it is closed otherwise" in whys[2]  # by hand, but closed
    page = alice.get(f"/w/{house.workspace.slug}/imports/{run.pk}/trial/").text
    assert "“Fana” is closed, but not when" in page
    assert "Line 0" not in page
    done(house, run)
    for deal in (voss, Deal.objects.get(external_id="101")):
        deal.refresh_from_db()
        assert (deal.stage.kind, deal.closed_at, deal.changes.last().is_dated) == ("won", None, False)
    fana.refresh_from_db()
    assert fana.stage.kind == "open"
    assert Deal.objects.get(external_id="104").closed_at is not None
    assert run.refusals.count() == 3
    links = StageChange.objects.count()
    again = done(house, known_export(house, rows))
    assert (StageChange.objects.count(), again.outcome["updated"]["deals"]) == (links, 0)
