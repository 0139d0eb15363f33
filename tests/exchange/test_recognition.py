"""What a file is, told from its first lines: for the import page, quickly and without reading the rest."""

from __future__ import annotations

import time

import pytest

from tests.exchange.conftest import FIXTURES, Write
from vunnet import exchange
from vunnet.exchange import recognition
from vunnet.exchange.refusals import CannotRead

KINDS = {
    "salesforce/Opportunity.csv": ("salesforce", "deals"),
    "salesforce/OpportunityHistory.csv": ("salesforce", "stage history"),
    "salesforce_reports/OpportunityFieldHistory.csv": ("salesforce", "field history"),
    "salesforce_reports/history.csv": ("salesforce", "stage history"),
    "salesforce_reports/opportunities.csv": ("salesforce", "deals"),
    "salesforce/Account.csv": ("salesforce", "companies"),
    "salesforce/Contact.csv": ("salesforce", "contacts"),
    "salesforce/Task.csv": ("salesforce", "tasks"),
    "hubspot/hubspot-crm-exports-all-deals-2024-05-02.csv": ("hubspot", "deals"),
    "hubspot/companies.csv": ("hubspot", "companies"),
    "hubspot/contacts.csv": ("hubspot", "contacts"),
    "hubspot_old/deals.csv": ("hubspot", "deals"),
    "hubspot_es/negocios.csv": ("hubspot", "deals"),
    "hubspot_es/empresas.csv": ("hubspot", "companies"),
    "hubspot_es/contactos.csv": ("hubspot", "contacts"),
    "zoho/Deals_2024_05_02.csv": ("zoho", "deals"),
    "zoho/Deals__2024_05_02.csv": ("zoho", "stage history"),
    "zoho/Accounts_2024_05_02.csv": ("zoho", "companies"),
    "zoho/Contacts_2024_05_02.csv": ("zoho", "contacts"),
    "zoho/Calls_2024_05_02.csv": ("zoho", "calls"),
    "zoho/Tasks_2024_05_02.csv": ("zoho", "tasks"),
    "pipedrive/deals-1.csv": ("pipedrive", "deals"),
    "pipedrive/activities.csv": ("pipedrive", "activities"),
    "pipedrive_sample/deals.csv": ("pipedrive", "deals"),
    "pipedrive_sample/organizations.csv": ("pipedrive", "companies"),
    "pipedrive_sample/people.csv": ("pipedrive", "contacts"),
    "pipedrive_sample/activities.csv": ("pipedrive", "activities"),
    "event_log/log.csv": ("event_log", "stage history"),
}


@pytest.mark.parametrize(("file", "expected"), KINDS.items())
def test_every_fixture_is_known_for_what_it_is(file: str, expected: tuple[str, str]) -> None:
    (found,) = exchange.recognise([FIXTURES / file])
    assert (found.source, found.kind) == expected


def test_every_csv_fixture_stands_in_the_table_above() -> None:
    there = {str(path.relative_to(FIXTURES)) for path in FIXTURES.rglob("*.csv")}
    assert there == set(KINDS)


def test_the_preview_shows_columns_meanings_and_first_rows() -> None:
    (found,) = exchange.recognise([FIXTURES / "salesforce_reports" / "opportunities.csv"])
    assert (found.encoding, found.delimiter, found.header_line) == ("utf-8", ",", 6)
    meanings = {column.header: column.meaning for column in found.columns}
    assert meanings["Stage"] == "stage_now"
    assert meanings["Amount Currency"] == "currency"
    assert meanings["Type"] == ""
    assert found.unknown == ["Type"]
    assert found.columns[2].first_values[:2] == ["Ovens", "Heat pump"]
    assert found.first_rows[0][0] == "Astrid Lunde"


def test_stage_columns_of_hubspot_are_no_unknown_columns() -> None:
    (found,) = exchange.recognise([FIXTURES / "hubspot" / "hubspot-crm-exports-all-deals-2024-05-02.csv"])
    assert found.unknown == ["Deal Type", "Priority"]


def test_an_unknown_or_broken_file_says_why(write: Write) -> None:
    unknown, broken = exchange.recognise([write("a.csv", "colour,shape\nred,round\n"), write("b.csv", b"\0\0\0\0")])
    assert (unknown.source, unknown.kind) == ("", "")
    assert "map" in unknown.why_not
    assert "NUL" in broken.why_not
    with pytest.raises(CannotRead, match="colour, shape"):
        exchange.read([write("a.csv", "colour,shape\nred,round\n")])


def test_only_the_head_of_a_large_file_is_read(write: Write) -> None:
    path = write("deals.csv", "deal_id,outcome\n" + "1,won\n" * 10_000_000)
    begun = time.monotonic()
    (found,) = exchange.recognise([path])
    assert found.kind == "deals"
    assert time.monotonic() - begun < 0.5


def test_a_source_may_be_named(write: Write) -> None:
    path = write("x.csv", "Record ID,Deal Name,Deal Stage\n1,a,b\n")
    assert exchange.recognise([path], "hubspot")[0].source == "hubspot"
    assert exchange.recognise([path], "zoho")[0].source == ""
    with pytest.raises(CannotRead, match="not those of an export of zoho"):
        exchange.read([path], source="zoho")
    with pytest.raises(CannotRead, match="no source sugar"):
        exchange.read([path], source="sugar")


def test_a_file_of_another_source_is_left_out_and_said() -> None:
    export = exchange.read([FIXTURES / "zoho", FIXTURES / "pipedrive_sample" / "people.csv"])
    assert export.source == "zoho"
    assert [file.note for file in export.files if file.file == "people.csv"] == [
        "Of another source; read it separately."
    ]


def test_progress_is_told_in_words_and_never_runs_backwards() -> None:
    told: list[tuple[str, float]] = []
    exchange.read([FIXTURES / "salesforce"], progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert any("Opportunity.csv" in what for what, _ in told)


def test_no_two_layouts_of_one_source_claim_the_same_marks() -> None:
    for source in {layout.source for layout in recognition.LAYOUTS}:
        marks = [mark for layout in recognition.LAYOUTS if layout.source == source for mark in layout.marks]
        assert len(marks) == len(set(marks))
