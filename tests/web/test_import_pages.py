"""The pages of a file of one's own shape, as a person goes through them: columns, trial, mending, import, rows, undo."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.web.test_pages import signed_in
from vunnet.contacts.models import Person
from vunnet.imports.actions import carry_out
from vunnet.imports.models import Import
from vunnet.jobs.tasks import undo_import
from vunnet.workspaces.models import FieldDefinition

FILE = "Navn;E-post;Areal\nÅse Moe;ase@moe.no;120\nOla Nord;olaATnord.no;90\n".encode("cp1252")


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vunnet.web.imports.views.soon_run_import", lambda *numbers: None)


@pytest.fixture
def alice(house: Any) -> Client:
    return signed_in("alice")


def columns_page(alice: Client, house: Any) -> str:
    answer = alice.post(f"/w/{house.workspace.slug}/imports/", {"files": [SimpleUploadedFile("folk.csv", FILE)]})
    assert answer["Location"].endswith("/columns/")
    return str(answer["Location"])


def fields(page: str) -> dict[str, str]:
    """What the form would send as it stands."""
    given = {}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        given[name] = chosen[1] if chosen else ""
    return given | dict(re.findall(r'name="(header-\d+)" value="([^"]*)"', page))


def test_from_the_upload_to_the_undo(alice: Client, house: Any) -> None:
    at = columns_page(alice, house)
    page = alice.get(at).text
    given = fields(page)
    assert (given["kind"], given["column-0"], given["column-1"], given["column-2"]) == ("people", "name", "email", "")
    assert "cp1252, ;" in page
    made = alice.post(at, {**given, "field": "Areal"}).text
    given = fields(made)
    assert given["column-2"] == "x_areal"
    answer = alice.post(at, {**given, "do": "go"})
    trial = str(answer["Location"])
    page = alice.get(trial).text
    assert "olaATnord.no" in page
    assert "not an e-mail address" in page
    assert Person.objects.count() == 0
    alice.post(trial, {"cell:3:E-post": "ola@nord.no", "cell:9:Navn": "nobody asked", "cell:x:y": "z"})
    assert "Import 2 rows" in alice.get(trial).text
    run = Import.objects.get()
    home = f"/w/{house.workspace.slug}/imports/{run.pk}/"
    assert alice.post(home, {"tried": str(run.trial)}).status_code == 302
    carry_out(run.pk, house.workspace.pk)
    assert Person.objects.get(first_name="Ola").email == "ola@nord.no"
    assert Person.objects.get(first_name="Ola").custom == {"areal": "90"}
    done = alice.get(home).text
    assert "Undo the import" in done
    assert "Ola Nord" in alice.get(f"{home}rows/created/").text
    assert alice.post(f"{home}undo/").status_code == 302
    assert "Being undone" in alice.get(home).text
    undo_import(run.pk, house.workspace.pk, house.alice.pk)
    assert "2 rows are as they were" in alice.get(home).text
    assert not Person.objects.filter(deleted_at__isnull=True).exists()


def test_another_kind_has_its_columns_proposed_anew(alice: Client, house: Any) -> None:
    at = columns_page(alice, house)
    given = fields(alice.get(at).text)
    again = fields(alice.post(at, {**given, "kind": "deals", "do": "again"}).text)
    assert (again["kind"], again["column-0"], again["rule"]) == ("deals", "name", "name_company")


def test_a_wrong_reading_is_shown_and_can_be_mended(alice: Client, house: Any) -> None:
    at = columns_page(alice, house)
    given = fields(alice.get(at).text)
    page = alice.post(at, {**given, "delimiter": ",", "do": "again"}).text
    assert "Navn;E-post;Areal" in page
    assert "cp1252, ;" in alice.post(at, {**given, "delimiter": ";", "do": "again"}).text


def test_a_reading_that_fails_is_said_and_the_page_stays(alice: Client, house: Any) -> None:
    at = columns_page(alice, house)
    given = fields(alice.get(at).text)
    answer = alice.post(at, {**given, "encoding": "klingon", "do": "again"})
    assert answer.status_code == 422
    assert "There is no such encoding" in answer.text
    assert "Navn" in answer.text


def test_what_cannot_be_is_said_on_the_page_and_nothing_is_lost(alice: Client, house: Any) -> None:
    at = columns_page(alice, house)
    given = {**fields(alice.get(at).text), "column-0": "email", "do": "go"}
    answer = alice.post(at, given)
    assert answer.status_code == 422
    assert "same field" in answer.text
    assert fields(answer.text)["column-0"] == "email"
    none = alice.post(at, {**given, "column-0": "", "column-1": ""})
    trial = alice.get(str(none["Location"]))
    assert trial.status_code == 422
    assert "Choose a column" in trial.text


def test_others_have_no_part_in_it(house: Any, alice: Client) -> None:
    at = columns_page(alice, house)
    for who in ("bob", "carol"):
        assert signed_in(who).get(at).status_code == 403
        assert signed_in(who).post(at.replace("columns", "undo")).status_code == 422
    assert signed_in("mallory").get(at).status_code == 404
    assert FieldDefinition.objects.count() == 0


def test_a_value_is_said_once_for_all_rows_that_hold_it(alice: Client, house: Any) -> None:
    text = "Salg;Firma;Trinn\n" + "".join(f"Deal {n};Nord;Tilbud\n" for n in range(3)) + "Deal 3;Nord;Nowhere\n"
    home = f"/w/{house.workspace.slug}/imports/"
    at = alice.post(home, {"files": SimpleUploadedFile("deals.csv", text.encode())}).headers["Location"]
    page = alice.get(at).content.decode()
    trial = alice.post(at, fields(page) | {"kind": "deals", "do": "go"}, follow=True).content.decode()
    assert "3 rows" in trial
    assert trial.count("<select") >= 2
    assert "<option>Quote sent</option>" in trial
    assert "There is nothing to import" in trial
    run = Import.objects.get()
    again = alice.post(
        at.replace("columns", "trial"), {"cell:2:Trinn": "Quote sent", "cell:5:Trinn": "Nowhere"}
    ).content.decode()
    run.refresh_from_db()
    assert run.tally["new"] == 3
    assert run.tally["unclear"] == 1
    assert "Import 3 rows" in again


def test_an_empty_file_is_refused_where_it_was_chosen(alice: Client, house: Any) -> None:
    answer = alice.post(f"/w/{house.workspace.slug}/imports/", {"files": SimpleUploadedFile("bad.csv", b"")})
    assert answer.status_code == 422
    assert "bad.csv is empty" in answer.content.decode()
    assert not Import.objects.exists()
