"""Any spreadsheet, with columns a person chose: guessed, tried without writing, mended, carried out by pieces, and taken back."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from vunnet.activities.actions import log_activity, plan_step
from vunnet.contacts.actions import add_company, add_person, change_person
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal
from vunnet.exchange import chosen
from vunnet.imports import actions, choosing, undoing
from vunnet.imports.models import Import, ImportMapping, ImportRefusal, ImportRow
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import oneself
from vunnet.workspaces.models import FieldDefinition, Member

PEOPLE = """Navn;E-post;Mobil;Firma;Selger;Areal
Åse Moe;ase@moe.no;+47 412 77 903;Solbakken;Bob Berg;1 234,50
Per Olav Lie;per@lie.no;41277904;Nord AS;;
Ola Nord;olaATnord.no;41277905;Nord AS;Kari Ny;tre
;;;;;5
Åse Dobbel;ASE@moe.no;;;;
"""
DEALS = """Navn;Firma;Beløp;Trinn;Opprettet;Lukket;Kilde
Tak;Solbakken;1 234,50;Contacted;01.02.2026;;Messe
Vegg;Nord AS;5000;Won;01.02.2026;15.02.2026;
Dør;Nord AS;700;Nowhere;01.02.2026;;
"""


def uploaded(house: Any, text: str, name: str = "folk.csv", encoding: str = "cp1252") -> Import:
    body = text.encode(encoding)
    return actions.upload(house.alice, [(name, len(body), io.BytesIO(body))], limit=10**6)


def chosen_import(house: Any, text: str, **changes: Any) -> Import:
    """Uploaded, with the columns as proposed, and what a test wants otherwise."""
    run = uploaded(house, text)
    with choosing.only_file(run) as path:
        given = choosing.suggested(run, path)
        columns = {**given["columns"], **changes.pop("columns", {})}
        return choosing.choose(run, path, {**given, **changes, "columns": columns}, by=house.alice)


def checked(run: Import) -> dict[str, Any]:
    with choosing.only_file(run) as path:
        tally = choosing.check(run, path).tally
    return {name: tally[name] for name in ("new", "updates", "same", "unclear")}


def done(house: Any, run: Import) -> Import:
    actions.start(run, by=house.alice)
    actions.carry_out(run.pk, house.workspace.pk)
    run.refresh_from_db()
    assert run.status == Import.Status.DONE, run.failure
    return run


def test_what_a_file_is_and_its_columns_are_guessed(house: Any) -> None:
    run = uploaded(house, PEOPLE)
    with choosing.only_file(run) as path:
        head, given = chosen.head(path), choosing.suggested(run, path)
    assert (head.encoding, head.delimiter) == ("cp1252", ";")
    assert given["kind"] == "people"
    assert given["columns"] == {
        "Navn": "name",
        "E-post": "email",
        "Mobil": "phone",
        "Firma": "company",
        "Selger": "owner",
        "Areal": "",
    }


@pytest.mark.parametrize(
    ("header", "kind"),
    [("Beløp;Firma;Trinn", "deals"), ("Firma;Organisasjonsnummer;Poststed", "companies"), ("Fornavn;Etternavn;Tlf", "people"), ("First name;Surname;E-mail", "people"), ("Deal name;Value;Stage", "deals")],
)  # fmt: skip
def test_kinds_are_told_apart_in_two_languages(header: str, kind: str) -> None:
    assert chosen.guess_kind(header.split(";")) == kind


def test_a_column_without_a_known_header_is_known_by_its_values() -> None:
    samples = {"Kol 1": ["a@b.no", "c@d.no"], "Kol 2": ["+47 412 77 903", "22 33 44 55"], "Kol 3": ["5", "6"]}
    assert chosen.suggest("people", list(samples), samples) == {"Kol 1": "email", "Kol 2": "phone", "Kol 3": ""}


def test_trying_counts_the_whole_file_and_writes_nothing(house: Any) -> None:
    add_person(house.alice, house.workspace, first_name="Old", last_name="Moe", email="Ase@Moe.no")
    FieldDefinition.objects.create(workspace=house.workspace, table="person", key="areal", label="Areal", kind="number")
    run = chosen_import(house, PEOPLE)
    people, members = Person.objects.count(), Member.objects.count()
    # New: Per and Ola; an update: Åse; unclear: Ola's address and area, a row without a name, Åse's address again.
    assert checked(run) == {"new": 2, "updates": 1, "same": 0, "unclear": 4}
    refused = {(r.line, r.column): r.why for r in ImportRefusal.objects.all()}
    assert "not an e-mail address" in refused[4, "E-post"]
    assert (4, "Areal") in refused
    assert "name is missing" in refused[5, "Navn"]
    assert "same as line 2" in refused[6, "E-post"]
    assert (Person.objects.count(), Member.objects.count(), ImportRow.objects.count()) == (people, members, 0)


def test_cells_are_mended_and_tried_again(house: Any) -> None:
    run = chosen_import(house, PEOPLE)
    assert checked(run)["unclear"] == 3
    run = choosing.repair(
        run, {(4, "E-post"): "ola@nord.no", (5, "Navn"): "Eva Dal", (6, "E-post"): "dobbel@moe.no"}, by=house.alice
    )
    assert checked(run) == {"new": 5, "updates": 0, "same": 0, "unclear": 0}
    done(house, run)
    assert set(Person.objects.values_list("email", flat=True)) >= {"ola@nord.no", "dobbel@moe.no"}
    assert Person.objects.filter(name="Eva Dal").exists()


def test_carrying_out_makes_updates_and_names_what_it_did(house: Any) -> None:
    old = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe", email="ase@moe.no", title="Leder")
    run = chosen_import(house, PEOPLE)
    areal = choosing.create_field("Areal", "people", by=house.alice)
    with choosing.only_file(run) as path:
        run = choosing.choose(
            run, path, {**run.choice, "columns": {**run.choice["columns"], "Areal": areal}}, by=house.alice
        )
    done(house, run)
    old.refresh_from_db()
    assert (old.phone, old.title, old.company.name, old.owner, old.custom) == (
        "+47 412 77 903",
        "Leder",
        "Solbakken",
        house.bob,
        {"areal": "1 234,50"},
    )
    ola = Person.objects.get(first_name="Ola")
    assert (ola.company.name, ola.owner.name, ola.email) == ("Nord AS", "Kari Ny", "")
    assert run.outcome["created"] == {"people": 2, "companies": 2}
    assert run.outcome["updated"] == {"people": 1}
    assert choosing.rows_of(run, "updated").get().row_id == old.pk


def test_the_same_file_again_changes_nothing(house: Any) -> None:
    done(house, chosen_import(house, PEOPLE))
    again = chosen_import(house, PEOPLE)
    # Ola has no address that could be matched, and is known by name and company.
    assert checked(again) == {"new": 0, "updates": 0, "same": 3, "unclear": 3}
    assert checked(chosen_import(house, PEOPLE, rule="name_company")) == {
        "new": 1,
        "updates": 0,
        "same": 3,
        "unclear": 2,
    }


@pytest.mark.parametrize(("known", "title"), [("update", "Sjef"), ("skip", "Leder")])
def test_a_row_that_is_here_is_updated_or_left_as_one_chooses(house: Any, known: str, title: str) -> None:
    old = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe", email="ase@moe.no", title="Leder")
    done(house, chosen_import(house, "Navn;E-post;Stilling\nÅse Moe;ase@moe.no;Sjef\n", known=known))
    old.refresh_from_db()
    assert old.title == title


def test_several_that_match_are_unclear_and_left(house: Any) -> None:
    for _n in range(2):
        add_company(house.alice, house.workspace, "Solbakken")
    run = chosen_import(
        house, "Firma;Poststed\nSolbakken;Bergen\n", kind="companies", columns={"Firma": "name", "Poststed": "city"}
    )
    assert checked(run) == {"new": 0, "updates": 0, "same": 0, "unclear": 1}
    done(house, run)
    assert set(Company.objects.values_list("city", flat=True)) == {""}


def test_deals_come_with_the_history_the_file_tells(house: Any) -> None:
    run = chosen_import(house, DEALS)
    assert run.choice["kind"] == "deals"
    assert checked(run) == {"new": 2, "updates": 0, "same": 0, "unclear": 1}
    done(house, run)
    roof, wall = Deal.objects.get(name="Tak"), Deal.objects.get(name="Vegg")
    assert (roof.amount, roof.stage.name, roof.company.name, roof.origin.name, roof.currency) == (
        Decimal("1234.50"),
        "Contacted",
        "Solbakken",
        "Messe",
        "NOK",
    )
    assert [c.to_stage.name for c in wall.changes.all()] == ["New prospect", "Won"]
    assert str(wall.closed_at.astimezone(house.workspace.zone).date()) == "2026-02-15"


def taken_back(house: Any, run: Import) -> Import:
    undoing.begin(run, by=house.alice)
    return undoing.undo(run, by=house.alice)


def test_undo_takes_back_what_nobody_touched_and_keeps_the_rest(house: Any) -> None:
    old = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe", email="ase@moe.no", title="Leder")
    run = done(house, chosen_import(house, PEOPLE))
    per, ola = Person.objects.get(first_name="Per Olav"), Person.objects.get(first_name="Ola")
    log_activity(house.bob, house.workspace, "note", person=per, body="Called")
    run = taken_back(house, run)
    old.refresh_from_db()
    assert (old.phone, old.company, old.title) == ("", None, "Leder")
    present = set(Person.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True))
    assert per.pk in present
    assert ola.pk not in present
    # Solbakken was there for Åse alone; Nord AS still has Per.
    assert set(Company.objects.filter(deleted_at__isnull=True).values_list("name", flat=True)) == {"Nord AS"}
    assert {r.row_id for r in choosing.rows_of(run, "kept").filter(table="people")} == {per.pk}
    with pytest.raises(RuleBroken, match="cannot be undone"):
        undoing.begin(run, by=house.alice)


def test_undo_leaves_an_updated_row_that_somebody_changed_since(house: Any) -> None:
    old = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe", email="ase@moe.no")
    run = done(house, chosen_import(house, PEOPLE))
    change_person(old, by=house.bob, title="Ny sjef")
    taken_back(house, run)
    old.refresh_from_db()
    assert (old.title, old.phone) == ("Ny sjef", "+47 412 77 903")


def test_undone_deals_are_in_the_bin_with_their_history(house: Any) -> None:
    run = done(house, chosen_import(house, DEALS))
    taken_back(house, run)
    assert not Deal.objects.filter(deleted_at__isnull=True).exists()
    assert Deal.objects.get(name="Vegg").changes.count() == 2


def test_a_killed_import_goes_on_and_doubles_nothing(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "ROWS_AT_ONCE", 2)
    text = "Navn;Firma\n" + "".join(f"Person {n};Firma {n % 3}\n" for n in range(7))
    run, piece, calls = chosen_import(house, text, rule="none"), choosing._piece, []

    def dies(*given: Any) -> int:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return piece(*given)

    monkeypatch.setattr(choosing, "_piece", dies)
    actions.start(run, by=house.alice)
    with pytest.raises(KeyboardInterrupt):
        actions.carry_out(run.pk, house.workspace.pk)
    actions.carry_out(run.pk, house.workspace.pk)
    run.refresh_from_db()
    assert (run.status, run.rows_done, Person.objects.count(), Company.objects.count()) == ("done", 7, 7, 3)


def test_the_next_file_with_these_headers_begins_as_the_last_was_chosen(house: Any) -> None:
    chosen_import(house, PEOPLE, columns={"Mobil": ""}, rule="name_company")
    run = uploaded(house, PEOPLE)
    with choosing.only_file(run) as path:
        given = choosing.suggested(run, path)
    assert (given["columns"]["Mobil"], given["rule"]) == ("", "name_company")
    assert ImportMapping.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"kind": "cats"}, "Say what the rows are"), ({"columns": {"Mobil": "email"}}, "same field"), ({"columns": {"Mobil": "x_none"}}, "cannot become"), ({"encoding": "klingon"}, "no such encoding")],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused(house: Any, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RuleBroken, match=why):
        chosen_import(house, PEOPLE, **changes)


def test_only_who_administers_chooses_repairs_and_undoes(house: Any) -> None:
    run = uploaded(house, PEOPLE)
    with choosing.only_file(run) as path, pytest.raises(RuleBroken, match="Only owners and admins"):
        choosing.choose(run, path, choosing.suggested(run, path), by=house.bob)
    for act in (lambda: choosing.repair(run, {}, by=house.bob), lambda: undoing.begin(run, by=house.bob)):
        with pytest.raises(RuleBroken, match="Only owners and admins"):
            act()


def test_a_failed_import_with_other_columns_begins_anew(house: Any) -> None:
    run = chosen_import(house, PEOPLE)
    Import.objects.filter(pk=run.pk).update(status=Import.Status.FAILED, step="5000")
    with choosing.only_file(run) as path:
        run = choosing.choose(run, path, dict(run.choice), by=house.alice)
    assert done(house, run).outcome["created"]["people"] == 3


def test_last_rooms_are_known_by_the_words_of_both_languages(house: Any) -> None:
    text = "Avtale;Firma;Trinn;Lukket\nTak;Nord;Vunnet;15.02.2026\nVegg;Nord;tapt;15.02.2026\nGulv;Nord;Avlyst;15.02.2026\n"
    run = done(house, chosen_import(house, text))
    assert run.choice
    assert run.choice["columns"]["Avtale"] == "name"
    assert dict(Deal.objects.values_list("name", "stage__kind")) == {"Tak": "won", "Vegg": "lost", "Gulv": "cancelled"}


def test_who_would_become_a_member_is_told_before(house: Any) -> None:
    run = chosen_import(house, PEOPLE)
    checked(run)
    assert run.tally
    assert run.tally["sellers"] == ["Kari Ny"]
    assert not Member.objects.filter(name="Kari Ny")


def test_an_owner_is_found_by_what_imports_call_them_and_by_no_name_they_took(house: Any) -> None:
    oneself.call_oneself(house.bob, "Kari Ny")
    done(
        house,
        chosen_import(
            house,
            "Salg;Selger\nTak;Bob Berg\nBu;kari NY\nLåve;bob@example.org\n",
            kind="deals",
            columns={"Salg": "name"},
        ),
    )
    assert set(Deal.objects.filter(owner=house.bob).values_list("name", flat=True)) == {"Tak", "Låve"}
    assert Deal.objects.get(name="Bu").owner == Member.objects.get(imported_as="kari NY")


def test_an_empty_file_makes_no_import(house: Any) -> None:
    with pytest.raises(RuleBroken, match="is empty"):
        uploaded(house, "")
    assert not Import.objects.exists()


CONTACTS = """Salg;Firma;Beløp;Kontakt;E-post
Tak;Solbakken;1;Åse Moe;ase@moe.no
Vegg;Solbakken;2;Per Olav Lie;
Gulv;Solbakken;3;Per Olav Lie;
Dør;Nord;4;;kari@nord.no
Port;;5;Ola Nord;
Mur;;6;;
"""


def test_the_contacts_of_deals_are_found_or_made_and_taken_back(house: Any) -> None:
    known = add_person(house.alice, house.workspace, first_name="Åse", last_name="Moe", email="ASE@moe.no")
    for _time in range(2):
        add_person(house.alice, house.workspace, first_name="Ola", last_name="Nord")
    run = chosen_import(house, CONTACTS)
    assert checked(run) == {"new": 6, "updates": 0, "same": 0, "unclear": 1}
    done(house, run)
    people = {deal.name: [str(part.person) for part in deal.people.all()] for deal in Deal.objects.all()}
    assert people == {
        "Tak": ["Åse Moe"], "Vegg": ["Per Olav Lie"], "Gulv": ["Per Olav Lie"], "Dør": ["kari@nord.no"], "Port": [], "Mur": [],
    }  # fmt: skip
    per = Person.objects.get(last_name="Lie")
    assert (per.first_name, per.company.name if per.company else "") == ("Per Olav", "Solbakken")
    assert Person.objects.filter(first_name="Åse").get() == known
    taken_back(house, run)
    assert set(Person.objects.filter(deleted_at__isnull=True).values_list("first_name", flat=True)) == {"Åse", "Ola"}


ALIKE = """Salg;Firma;Beløp;Kontakt;E-post
Tak;Nord;1;Per Lie;
Vegg;Sør;2;Per Lie;
Gulv;;3;Per Lie;
Dør;Nord;4;;felles@nord.no
"""


def test_contacts_of_one_name_or_address_are_kept_apart_or_told(house: Any) -> None:
    for name in ("Åse", "Kari"):
        add_person(house.alice, house.workspace, first_name=name, email="felles@nord.no")
    run = chosen_import(house, ALIKE)
    assert checked(run) == {"new": 4, "updates": 0, "same": 0, "unclear": 1}
    refused = ImportRefusal.objects.get()
    assert (refused.line, refused.column, refused.value) == (5, "E-post", "felles@nord.no")
    done(house, run)
    people = {
        deal.name: [(str(part.person), str(part.person.company or "")) for part in deal.people.all()]
        for deal in Deal.objects.all()
    }
    # Who names no company is nobody of those that the same file made.
    assert people == {"Tak": [("Per Lie", "Nord")], "Vegg": [("Per Lie", "Sør")], "Gulv": [("Per Lie", "")], "Dør": []}


def test_a_deal_that_an_import_gives_away_takes_along_what_goes_with_it(house: Any) -> None:
    deal = house.deal("Tak")
    step = plan_step(house.alice, house.workspace, "Ring", deal=deal, member=house.alice, due_at=timezone.now())

    def has() -> tuple[Member, Member, Member | None]:
        deal.refresh_from_db()
        step.refresh_from_db()
        return deal.owner, deal.team.get().member, step.member

    run = done(house, chosen_import(house, "Salg;Selger\nTak;Bob Berg\n", kind="deals", columns={"Salg": "name"}))
    assert has() == (house.bob, house.bob, house.bob)
    taken_back(house, run)
    assert has() == (house.alice, house.alice, house.alice)
