"""A company's number in imports: its column is known, a row is the same by it however it is written, and the page shows it."""

from __future__ import annotations

from typing import Any

from tests.imports.test_choosing import checked, chosen_import, done, taken_back, uploaded
from tests.web.test_pages import signed_in
from vunnet.contacts.actions import add_company, change_company
from vunnet.contacts.models import Company
from vunnet.imports import choosing
from vunnet.workspaces.search import best_found

COMPANIES = """Firmanavn;Organisasjonsnummer;Poststed
Fjord Varme;923 609 005;Bergen
Vidde AS;987654321;Røros
Vidde igjen;987 654 321;Røros
"""


def test_a_column_of_numbers_is_known_and_a_row_is_the_same_by_it(house: Any) -> None:
    fjord = add_company(house.alice, house.workspace, name="Fjord AS", company_number="NO 923609005 MVA")
    run = uploaded(house, COMPANIES)
    with choosing.only_file(run) as path:
        assert choosing.suggested(run, path)["columns"]["Organisasjonsnummer"] == "company_number"
    run = chosen_import(house, COMPANIES, rule="company_number")
    assert checked(run) == {"new": 1, "updates": 1, "same": 0, "unclear": 1}
    done(house, run)
    fjord.refresh_from_db()
    assert (fjord.name, fjord.company_number, fjord.city) == ("Fjord Varme", "923 609 005", "Bergen")
    vidde = Company.objects.get(name="Vidde AS")
    assert best_found("987 654", "company", 8) == [vidde.pk]
    assert checked(chosen_import(house, COMPANIES, rule="company_number")) == {
        "new": 0,
        "updates": 0,
        "same": 2,
        "unclear": 1,
    }
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/companies/{vidde.pk}/").text
    assert "Company number" in page
    assert "987654321" in page
    taken_back(house, run)
    fjord.refresh_from_db()
    assert (fjord.name, fjord.company_number) == ("Fjord AS", "NO 923609005 MVA")


def test_a_known_export_brings_the_number(house: Any) -> None:
    text = "Record ID,Company name,Company Domain Name,Organization number\n7,Fjord,fjord.no,923609005\n"
    run = uploaded(house, text, "companies.csv", "utf-8")
    assert run.source == "hubspot"
    done(house, run)
    fjord = Company.objects.get(external_id="7")
    assert fjord.company_number == "923609005"
    again = done(house, uploaded(house, text.replace("923609005", "923609006"), "companies.csv", "utf-8"))
    assert again.outcome["updated"]["companies"] == 1
    fjord.refresh_from_db()
    assert fjord.company_number == "923609006"


def test_a_list_shows_and_asks_for_the_number(house: Any) -> None:
    fjord = add_company(house.alice, house.workspace, name="Fjord AS")
    change_company(fjord, by=house.alice, company_number="923 609 005")
    add_company(house.alice, house.workspace, name="Vidde AS")
    alice = signed_in("alice")
    page = alice.get(
        f"/w/{house.workspace.slug}/companies/?columns=name&columns=company_number&company_number.has=609"
    ).text
    assert "Fjord AS" in page
    assert "923 609 005" in page
    assert "Vidde AS" not in page
