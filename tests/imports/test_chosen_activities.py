"""Calls, mails, meetings, notes and tasks from any spreadsheet: what they are about is found, what is unclear is said, nothing is doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import time_machine
from django.utils import timezone

from tests.imports.test_choosing import checked, chosen_import, done, uploaded
from tests.web.test_pages import signed_in
from vunnet.activities.models import Activity
from vunnet.contacts.actions import add_company, add_person
from vunnet.deals.removal import delete_deal
from vunnet.exchange import chosen
from vunnet.exchange.activity_table import activity_kinds
from vunnet.imports import actions, choosing, undoing
from vunnet.imports.models import ImportRefusal
from vunnet.lib.errors import RuleBroken

ZONE = ZoneInfo("Europe/Oslo")
LOG = """Type;Dato;Frist;Emne;Notat;Salg;Kontakt;E-post;Ansvarlig;Varighet
Samtale;01.02.2026 14:30;;Ringte om tilbud;De vil tenke;Varmepumpe;;;Bob Berg;12
Møte;02.02.2026;;Befaring;;;Åse Moe;;;
;03.02.2026;;;Bare et notat;;;ase@moe.no;;
Oppgave;;01.03.2030;Send kontrakt;;Varmepumpe;;;Bob Berg;
Oppgave;;01.02.2026;Sendte kontrakt;;Varmepumpe;;;;
Fest;04.02.2026;;Julebord;;;;;;-5
Samtale;05.02.2026;;Hvem;;Ukjent salg;;;;
Samtale;06.02.2026;;Hvem;;;Ingen Her;;;
Samtale;;;Når;;;;;;
;07.02.2026;;;;;;;;
"""


@pytest.fixture
def here(house: Any) -> Any:
    company = add_company(house.alice, house.workspace, name="Solbakken")
    person = add_person(
        house.alice, house.workspace, first_name="Åse", last_name="Moe", email="Ase@moe.no", company=company
    )
    house.about = (house.deal("Varmepumpe", company=company), company, person)
    return house


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def test_it_is_guessed_what_the_rows_are(here: Any) -> None:
    run = uploaded(here, LOG)
    with choosing.only_file(run) as path:
        given = choosing.suggested(run, path)
    assert given["kind"] == "activities"
    assert given["columns"] == {
        "Type": "kind", "Dato": "at", "Frist": "due_on", "Emne": "subject", "Notat": "body", "Salg": "deal", "Kontakt": "person",
        "E-post": "email", "Ansvarlig": "owner", "Varighet": "minutes",
    }  # fmt: skip
    assert chosen.guess_kind(["Activity type", "Date", "Subject", "Contact"]) == "activities"
    for header in (["Name", "Email", "Phone"], ["Deal name", "Value", "Stage"], ["Name", "Website", "City"]):
        assert chosen.guess_kind(header) != "activities"


def test_they_are_brought_with_what_they_are_about(here: Any) -> None:
    deal, company, person = here.about
    run = done(here, chosen_import(here, LOG))
    assert run.outcome["created"] == {"activities": 6}
    assert run.rows_done == 6
    rows = {row.subject or row.body: row for row in Activity.objects.filter(source="csv")}
    call = rows["Ringte om tilbud"]
    assert (call.kind, call.at, call.minutes, call.body) == ("call", local("2026-02-01T14:30"), 12, "De vil tenke")
    assert (call.deal, call.company, call.member, call.due_at) == (deal, company, here.bob, None)
    meeting = rows["Befaring"]
    assert (meeting.kind, meeting.person, meeting.company) == ("meeting", person, company)
    note = rows["Bare et notat"]
    assert (note.kind, note.person, note.member) == ("note", person, None)
    task = rows["Send kontrakt"]
    assert (task.kind, task.at, task.due_at, task.done_at) == ("task", None, datetime(2030, 3, 1, 10, tzinfo=UTC), None)
    assert not task.due_has_time
    assert rows["Sendte kontrakt"].is_planned
    party = rows["Julebord"]
    assert (party.kind, party.minutes, party.deal) == ("note", None, None)


def test_what_is_unclear_is_said_with_its_place_and_its_row_is_left(here: Any) -> None:
    run = chosen_import(here, LOG)
    assert checked(run) == {"new": 6, "updates": 0, "same": 0, "unclear": 6}
    said = {(r.line, r.column): r.why for r in ImportRefusal.objects.all()}
    assert set(said) == {(7, "Type"), (7, "Varighet"), (8, "Salg"), (9, "Kontakt"), (10, "Dato"), (11, "Emne")}
    assert "none of call, mail, meeting" in said[7, "Type"]
    assert "no deal called “Ukjent salg”" in said[8, "Salg"]
    assert "nobody called “Ingen Her”" in said[9, "Kontakt"]
    assert "does not say when" in said[10, "Dato"]
    assert "text is missing" in said[11, "Emne"]
    stood = {(r.line, r.column): r.value for r in ImportRefusal.objects.all()}
    assert (stood[8, "Salg"], stood[9, "Kontakt"], stood[10, "Dato"]) == ("Ukjent salg", "Ingen Her", "")
    run.refresh_from_db()
    assert run.rows_total == 6
    assert Activity.objects.filter(source="csv").count() == 0
    choosing.repair(run, {(8, "Salg"): "varmepumpe", (9, "Kontakt"): "", (10, "Dato"): "9.2.2026"}, by=here.alice)
    run.refresh_from_db()
    assert checked(run)["new"] == 9


def test_the_same_file_again_changes_nothing(here: Any) -> None:
    done(here, chosen_import(here, LOG))
    first = Activity.objects.count()
    again = chosen_import(here, LOG)
    assert checked(again) == {"new": 0, "updates": 0, "same": 6, "unclear": 6}
    assert done(here, again).outcome["created"] == {"activities": 0}
    assert Activity.objects.count() == first


def test_what_was_planned_is_done_by_a_later_file(here: Any) -> None:
    text = "Type;Due date;Completed;Subject;Deal\nTask;2026-02-01;;Send it;Varmepumpe\n"
    done(here, chosen_import(here, text))
    run = chosen_import(here, text.replace(";;Send", ";2026-02-03 10:00;Send"))
    assert checked(run)["updates"] == 1
    done(here, run)
    task = Activity.objects.get(subject="Send it")
    assert (task.done_at, task.at, task.is_planned) == (local("2026-02-03T10:00"), local("2026-02-03T10:00"), False)
    undoing.begin(run, by=here.alice)
    undoing.undo(run, by=here.alice)
    task.refresh_from_db()
    assert task.is_planned


def test_a_meeting_that_lies_ahead_is_planned_at_its_time(here: Any) -> None:
    at = (timezone.now() + timedelta(days=3)).astimezone(ZONE).replace(hour=9, minute=30, second=0, microsecond=0)
    text = f"Type;Date;Subject;Company\nMeeting;{at:%Y-%m-%d %H:%M};Demo;New AS\n"
    run = done(here, chosen_import(here, text))
    assert run.outcome["created"] == {"activities": 1, "companies": 1}
    meeting = Activity.objects.get(subject="Demo")
    assert (meeting.at, meeting.due_at, meeting.due_has_time, meeting.company.name) == (None, at, True, "New AS")


def test_several_of_one_name_are_told_apart_by_company_or_left(here: Any) -> None:
    north = add_company(here.alice, here.workspace, name="Nord")
    twin = here.deal("varmepumpe", company=north)
    text = "Date;Subject;Deal;Company\n2026-02-01;One;Varmepumpe;\n2026-02-01;Two;Varmepumpe;Nord\n"
    run = chosen_import(here, text, kind="activities", columns={"Date": "at", "Subject": "subject", "Deal": "deal", "Company": "company"})  # fmt: skip
    assert checked(run)["new"] == 1
    assert [r.why for r in ImportRefusal.objects.all()] == [
        "“Varmepumpe” is here several times. Say its company too, or leave the cell empty."
    ]
    done(here, run)
    assert Activity.objects.get(source="csv").deal == twin
    delete_deal(twin, by=here.alice)
    assert checked(chosen_import(here, "Date;Subject;Deal\n2026-02-01;Three;Varmepumpe\n", kind="activities", columns={"Date": "at", "Subject": "subject", "Deal": "deal"}))["new"] == 1  # fmt: skip


def test_by_their_number_a_row_is_the_same_whatever_else_it_says(here: Any) -> None:
    text = "Activity id;Type;Date;Subject\n7;Call;2026-02-01;Hello\n"
    done(here, chosen_import(here, text, rule="external_id"))
    run = chosen_import(here, text.replace("Hello", "Hello again"), rule="external_id")
    assert checked(run) == {"new": 0, "updates": 1, "same": 0, "unclear": 0}
    done(here, run)
    assert Activity.objects.get(external_id="7").subject == "Hello again"


def test_they_are_taken_back(here: Any) -> None:
    run = done(here, chosen_import(here, LOG))
    undoing.begin(run, by=here.alice)
    undoing.undo(run, by=here.alice)
    assert Activity.objects.visible_to(here.alice).filter(source="csv").count() == 0


def test_a_field_of_their_own_is_not_offered_and_is_refused(here: Any) -> None:
    run = chosen_import(here, LOG)
    alice, address = signed_in("alice"), f"/w/{here.workspace.slug}/imports/{run.pk}/columns/"
    page = alice.get(address).text
    assert 'value="activities" selected' in page
    assert 'name="field"' not in page
    with pytest.raises(RuleBroken, match="no custom fields"):
        choosing.create_field("Roof", "activities", by=here.alice)


def test_the_outcome_lists_them_by_name(here: Any) -> None:
    run = done(here, chosen_import(here, LOG))
    page = signed_in("alice").get(f"/w/{here.workspace.slug}/imports/{run.pk}/").text
    assert "Activities" in page
    assert "Befaring" in signed_in("alice").get(f"/w/{here.workspace.slug}/imports/{run.pk}/rows/created/").text


def test_nothing_of_another_workspace_is_found(here: Any) -> None:
    from vunnet.deals.actions import open_deal
    from vunnet.workspaces import walls

    with walls.scope(workspace_id=here.other.pk):
        open_deal(here.mallory, workspace=here.other, name="Theirs")
    run = chosen_import(here, "Type;Date;Subject;Deal\nCall;2026-02-01;Hello;Theirs\n")
    assert checked(run)["new"] == 0
    assert actions.start(run, by=here.alice)


@pytest.mark.parametrize("kind", ["Befaring", "Purring", "Engineering", "Levering", "Prevention"])
def test_a_word_that_only_holds_a_kind_is_none(kind: str) -> None:
    assert activity_kinds(pa.array([kind])).to_pylist() == ["task"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Samtale", "call"), ("Ring", "call"), ("Ringte", "call"), ("Phone call", "call"), ("E-post", "mail"), ("Møte", "meeting"), ("Demo", "meeting"), ("Event", "meeting")],
)  # fmt: skip
def test_words_of_both_languages_are_known(word: str, kind: str) -> None:
    assert activity_kinds(pa.array([word])).to_pylist() == [kind]


def test_the_same_file_after_a_meetings_time_changes_nothing(here: Any) -> None:
    at = (timezone.now() + timedelta(days=1)).astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    text = f"Type;Date;Subject;Company\nMeeting;{at:%Y-%m-%d %H:%M};Demo;Solbakken\n"
    done(here, chosen_import(here, text))
    with time_machine.travel(at + timedelta(days=3)):
        assert checked(chosen_import(here, text)) == {"new": 0, "updates": 0, "same": 1, "unclear": 0}


def test_a_meeting_that_becomes_a_day_has_no_time_and_gets_it_back(here: Any) -> None:
    at = (timezone.now() + timedelta(days=3)).astimezone(ZONE).replace(minute=30, second=0, microsecond=0)
    text = f"Activity id;Type;Date;Due date;Subject\n7;Meeting;{at:%Y-%m-%d %H:%M};;Demo\n"
    done(here, chosen_import(here, text, rule="external_id"))
    run = done(
        here,
        chosen_import(here, "Activity id;Type;Date;Due date;Subject\n7;Meeting;;2030-03-01;Demo\n", rule="external_id"),
    )
    meeting = Activity.objects.get(external_id="7")
    assert (meeting.due_at, meeting.due_has_time) == (datetime(2030, 3, 1, 10, tzinfo=UTC), False)
    undoing.begin(run, by=here.alice)
    undoing.undo(run, by=here.alice)
    meeting.refresh_from_db()
    assert (meeting.due_at, meeting.due_has_time) == (at, True)


@pytest.mark.parametrize(
    ("word", "is_planned"),
    [("Yes", False), ("true", False), ("Fullført", False), ("No", True), ("nei", True), ("", True)],
)
def test_a_column_that_says_only_that_it_is_done_is_understood(here: Any, word: str, is_planned: bool) -> None:
    run = done(here, chosen_import(here, f"Type;Due date;Done;Subject\nTask;2026-02-01;{word};Send it\n"))
    assert run.refusals.count() == 0
    assert Activity.objects.get(subject="Send it").is_planned is is_planned


def test_more_minutes_than_a_number_holds_are_refused_in_the_trial(here: Any) -> None:
    run = chosen_import(here, "Type;Date;Subject;Minutes\nCall;2026-02-01;Long;2147483648\n")
    assert checked(run) == {"new": 1, "updates": 0, "same": 0, "unclear": 1}
    assert done(here, run).outcome["created"] == {"activities": 1}
