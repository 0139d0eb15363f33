"""An import from the page to the outcome: uploaded, recognised, carried out by a worker, resumed after a kill, refused in words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.web.test_pages import signed_in
from vunnet.contacts.models import Person
from vunnet.deals.models import Deal, StageChange
from vunnet.imports import actions, choosing
from vunnet.imports.models import Import, ImportRefusal
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import inviting, oneself
from vunnet.workspaces.actions import place
from vunnet.workspaces.models import Member, User

HUBSPOT = '''Record ID,Deal Name,Pipeline,Deal Stage,Amount,Create Date,Close Date,Deal owner,Associated Company IDs (Primary),Associated Company Names (Primary),Closed Lost Reason,"Date entered ""Appointment Scheduled (Sales Pipeline)""","Date entered ""Contract Sent (Sales Pipeline)""","Date entered ""Closed Won (Sales Pipeline)""","Date entered ""Closed Lost (Sales Pipeline)""",Roof type
101,Solbakken heat pump,Sales Pipeline,Closed Won,125000,2026-01-05 09:00,2026-02-10 12:00,Astrid Lunde,9001,Solbakken borettslag,,2026-01-05 09:00,2026-01-20 10:00,2026-02-10 12:00,,flat
102,Fana school,Sales Pipeline,Closed Lost,80000,2026-01-08 09:00,2026-02-01 12:00,Jonas Solheim,9002,Fana skole,Price,2026-01-08 09:00,,,2026-02-01 12:00,
103,Voss hotel,Sales Pipeline,Contract Sent,not a number,2026-03-01 09:00,,Astrid Lunde,9003,Voss hotell,,2026-03-01 09:00,2026-03-09 10:00,,,pitched
'''


def upload(client: Client, slug: str, **files: str) -> Any:
    bodies = [io.BytesIO(text.encode()) for text in files.values()]
    for name, body in zip(files, bodies, strict=True):
        body.name = name.replace("_csv", ".csv")
    return client.post(f"/w/{slug}/imports/", {"files": bodies})


@pytest.fixture
def run(house: Any) -> Import:
    body = HUBSPOT.encode()
    return actions.upload(house.alice, [("deals.csv", len(body), io.BytesIO(body))], limit=10**6)


def test_uploading_says_what_the_files_are_and_writes_nothing(run: Import) -> None:
    assert run.source == "hubspot"
    meanings = {c["header"]: c["meaning"] for c in run.recognised[0]["columns"]}
    assert meanings["Deal Name"] == "name"
    assert meanings["Roof type"] == ""
    assert Deal.objects.count() == 0


def test_carrying_out_brings_deals_with_their_history(house: Any, run: Import) -> None:
    actions.start(run, by=house.alice)
    actions.carry_out(run.pk, house.workspace.pk)
    run.refresh_from_db()
    assert (run.status, run.outcome["created"]["deals"]) == ("done", 3)
    won = Deal.objects.get(external_id="101")
    assert [c.to_stage.name for c in won.changes.select_related("to_stage")] == [
        "Appointment Scheduled",
        "Contract Sent",
        "Closed Won",
    ]
    assert (won.stage.kind, won.company.name, won.owner.name, won.custom) == (
        "won",
        "Solbakken borettslag",
        "Astrid Lunde",
        {"roof_type": "flat"},
    )
    lost = Deal.objects.get(external_id="102")
    assert (lost.stage.kind, lost.close_reason.name) == ("lost", "Price")


def test_a_bad_cell_is_refused_by_line_and_the_rest_of_its_row_kept(house: Any, run: Import) -> None:
    actions.carry_out(run.pk, house.workspace.pk)
    refusal = ImportRefusal.objects.get()
    assert (refusal.line, refusal.column, refusal.value) == (4, "Amount", "not a number")
    assert Deal.objects.get(external_id="103").amount is None


def test_it_is_said_in_the_words_of_whoever_reads_it(house: Any, run: Import) -> None:
    User.objects.filter(pk=house.alice.user_id).update(language="nb")
    actions.carry_out(run.pk, house.workspace.pk)
    run.refresh_from_db()
    for language, why, note in (
        ("nb", "Dette er ikke et beløp. Skriv det som 1234.50.", "HubSpot eksporterer én inngang per trinn"),
        ("en", "This is not an amount; write it as 1234.50.", "HubSpot exports one entry for each stage"),
    ):
        with translation.override(language):
            assert ImportRefusal.objects.get().told == why
            assert any(said.startswith(note) for said in run.told_not_recorded)
            assert [*actions.refused_rows(run, "deals.csv")][1][-1] == f"Amount: {why}"
    # As they were kept before they kept their patterns.
    ImportRefusal.objects.update(said=None, why="Slik det ble skrevet.")
    run.not_recorded = ["Slik det ble skrevet."]
    assert ImportRefusal.objects.get().told == "Slik det ble skrevet." == run.told_not_recorded[0]
    empty = actions.upload(house.alice, [("deals.csv", 1, io.BytesIO(b"\n"))], limit=10**6)
    actions.carry_out(empty.pk, house.workspace.pk)
    empty.refresh_from_db()
    assert (empty.status, empty.failure) == ("failed", "deals.csv er tom.")


def test_the_same_file_again_creates_nothing(house: Any, run: Import) -> None:
    actions.carry_out(run.pk, house.workspace.pk)
    links = StageChange.objects.count()
    body = HUBSPOT.encode()
    again = actions.upload(house.alice, [("deals.csv", len(body), io.BytesIO(body))], limit=10**6)
    actions.carry_out(again.pk, house.workspace.pk)
    again.refresh_from_db()
    assert again.outcome["created"] == {"companies": 0, "deals": 0}
    assert again.outcome["skipped"]["deals"] == 3
    assert StageChange.objects.count() == links


def taken(house: Any, text: str = HUBSPOT) -> None:
    body = text.encode()
    run = actions.upload(house.alice, [("deals.csv", len(body), io.BytesIO(body))], limit=10**6)
    actions.start(run, by=house.alice)
    actions.carry_out(run.pk, house.workspace.pk)
    run.refresh_from_db()
    assert run.status == "done", run.failure


def owned(owner: Member) -> set[str]:
    return set(Deal.objects.filter(owner=owner).values_list("external_id", flat=True))


def test_who_took_a_place_keeps_its_deals_when_the_export_comes_again(house: Any) -> None:
    """Whatever they call themselves when they join and afterwards; and however the file writes them in capitals."""
    taken(house)
    seat = Member.objects.get(name="Astrid Lunde")
    _invitation, token = inviting.invite(house.alice, email="astrid@example.org", role="rep", seat=seat)
    user = User.objects.create_user("astrid@example.org", name="Astrid M. Lunde")
    astrid = inviting.accept_invitation(token, user=user)
    for text in (HUBSPOT, HUBSPOT.replace("Astrid Lunde", "ASTRID LUNDE"), HUBSPOT.replace("Astrid Lunde", user.email)):
        taken(house, text)
        assert (owned(astrid), Member.objects.filter(user=None).count()) == ({"101", "103"}, 1)
        oneself.call_oneself(astrid, "A. " + astrid.name)


def test_nobody_is_given_deals_by_another_name(house: Any) -> None:
    """Bob calls himself as a seller who is not here yet: the deals are hers, and what Bob sees of them is nothing."""
    place(house.bob, by=house.alice, team=None, sees="own")
    oneself.call_oneself(house.bob, "Astrid Lunde")
    taken(house)
    assert owned(house.bob) == set()
    assert owned(Member.objects.get(imported_as="Astrid Lunde")) == {"101", "103"}
    assert not Deal.objects.visible_to(house.bob)
    taken(house, HUBSPOT.replace("Jonas Solheim", "Bob Berg"))
    assert owned(house.bob) == {"102"}


def test_one_seller_in_two_cases_of_letters_is_one(house: Any) -> None:
    taken(house, HUBSPOT.replace("Jonas Solheim", "åSTRID lunde").replace("Astrid", "Åstrid"))
    assert owned(Member.objects.get(user=None)) == {"101", "102", "103"}


def test_files_nobody_knows_are_refused_with_the_cure(house: Any) -> None:
    body = b"a,b\n1,2\n"
    run = actions.upload(house.alice, [("x.csv", len(body), io.BytesIO(body))], limit=10**6)
    with pytest.raises(RuleBroken, match=r"MAP\.toml"):
        actions.start(run, by=house.alice)


def test_too_many_bytes_are_refused(house: Any) -> None:
    with pytest.raises(RuleBroken, match="larger than"):
        actions.upload(house.alice, [("x.csv", 5_000_000, io.BytesIO(b""))], limit=10**6)


def test_a_rep_imports_nothing(house: Any) -> None:
    with pytest.raises(RuleBroken, match="Only owners and admins"):
        actions.upload(house.bob, [("x.csv", 1, io.BytesIO(b"x"))], limit=10)
    assert signed_in("bob").get(f"/w/{house.workspace.slug}/imports/").status_code == 403


def test_the_page_shows_recognition_progress_and_outcome(house: Any) -> None:
    alice, slug = signed_in("alice"), house.workspace.slug
    page = upload(alice, slug, deals_csv=HUBSPOT)
    assert page.status_code == 302
    assert b"Roof type" in alice.get(page["Location"]).content
    assert 'name="tried" value="1"' in alice.get(page["Location"] + "trial/").text
    assert alice.post(page["Location"], {"tried": "1"}).status_code == 302
    run = Import.objects.get()
    assert run.status == "queued"
    assert alice.get(page["Location"] + "progress/").status_code == 200
    actions.carry_out(run.pk, house.workspace.pk)
    assert alice.get(page["Location"] + "progress/")["HX-Refresh"] == "true"
    assert b"not a number" in alice.get(page["Location"]).content
    header, line = b"".join(alice.get(page["Location"] + "refused/").streaming_content).decode("utf-8-sig").splitlines()
    assert header == HUBSPOT.splitlines()[0] + ",line,why"
    assert line.startswith(HUBSPOT.splitlines()[3] + ",4,")
    assert alice.get(page["Location"] + "refused/?file=other.csv").status_code == 422


def test_refused_rows_mended_in_their_file_are_taken(house: Any) -> None:
    body = b"Navn;Telefon;E-post\nPer Moe;+47 90 00 00 01;per(at)moe.no\nKari Li;+47 90 00 00 02;kari@li.no\n"
    alice = signed_in("alice")
    run = actions.upload(house.alice, [("folk.csv", len(body), io.BytesIO(body))], limit=10**6)
    with choosing.only_file(run) as path:
        run = choosing.choose(run, path, choosing.suggested(run, path), by=house.alice)
        choosing.check(run, path)
    at = f"/w/{house.workspace.slug}/imports/{run.pk}/"
    file = b"".join(alice.get(f"{at}refused/").streaming_content).decode("utf-8-sig")
    assert file.splitlines()[0] == "Navn,Telefon,E-post,line,why"
    assert file.splitlines()[1].startswith("Per Moe,'+47 90 00 00 01,per(at)moe.no,2,E-post: ")
    mended = file.replace("(at)", "@").encode()
    again = actions.upload(house.alice, [("mended.csv", len(mended), io.BytesIO(mended))], limit=10**6)
    with choosing.only_file(again) as path:
        again = choosing.choose(again, path, choosing.suggested(again, path), by=house.alice)
    actions.start(again, by=house.alice)
    actions.carry_out(again.pk, house.workspace.pk)
    assert list(Person.objects.values_list("name", "phone", "email")) == [("Per Moe", "+47 90 00 00 01", "per@moe.no")]


def test_starting_twice_is_refused(house: Any, run: Import) -> None:
    actions.start(run, by=house.alice)
    with pytest.raises(RuleBroken, match="started already"):
        actions.start(run, by=house.alice)
