"""HubSpot: both generations of stage columns, labels in two languages, and links by identifier."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.exchange.conftest import FIXTURES, Write, by_id, read
from vunnet import exchange
from vunnet.exchange.hubspot_stages import stage_meaning


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def export() -> exchange.Export:
    return read("hubspot")


def test_outcomes_by_flags_with_renamed_closed_stages(export: exchange.Export) -> None:
    deals = by_id(export.tables["deals"])
    assert {key: (deal["outcome"], deal["stage_now"]) for key, deal in deals.items()} == {
        "8001": ("won", "Signed & paid"),
        "8002": ("lost", "Dead"),
        "8003": ("open", "Appointment Scheduled"),
        "8004": ("open", "Quote"),
    }
    kinds = {(stage["pipeline"], stage["stage"]): stage["kind"] for stage in export.tables["stages"].to_pylist()}
    assert kinds == {
        ("Sales Pipeline", "Appointment Scheduled"): "open",
        ("Sales Pipeline", "Contract Sent"): "open",
        ("Sales Pipeline", "Signed & paid"): "won",
        ("Sales Pipeline", "Dead"): "lost",
        ("Renewals", "Quote"): "open",
    }


def test_the_newer_stage_columns_become_visits_of_the_deal_s_own_pipeline(export: exchange.Export) -> None:
    visits = [
        (visit["deal_id"], visit["stage"], visit["entered_at"], visit["left_at"], visit["next_stage"])
        for visit in export.tables["visits"].to_pylist()
    ]
    assert visits[:3] == [
        ("8001", "Appointment Scheduled", at("2024-01-10 09:15"), at("2024-02-01 10:00"), "Contract Sent"),
        ("8001", "Contract Sent", at("2024-02-01 10:00"), at("2024-03-20 14:30"), "Signed & paid"),
        ("8001", "Signed & paid", at("2024-03-20 14:30"), None, None),
    ]
    # 8003 went back to the first stage: the export shows its first entry only, and when it left the second one.
    assert visits[6:8] == [
        ("8003", "Appointment Scheduled", at("2024-03-25 08:00"), at("2024-03-30 08:00"), "Contract Sent"),
        ("8003", "Contract Sent", at("2024-03-30 08:00"), at("2024-04-05 08:00"), None),
    ]
    assert visits[8:] == [("8004", "Quote", at("2024-04-01 08:00"), None, None)]
    assert any("re-entries are not recorded" in sentence for sentence in export.not_recorded)
    assert any("Quote of the pipeline Renewals" in sentence and ": 1." in sentence for sentence in export.not_recorded)


def test_a_deal_s_columns(export: exchange.Export) -> None:
    deal = by_id(export.tables["deals"])["8001"]
    assert (deal["owner"], deal["owner_email"], deal["team"]) == ("Astrid Lunde", "astrid@nordlys.example", "North")
    assert (deal["company_id"], deal["company"], deal["person_ids"]) == ("501", "Fjord Bakeri AS", ["901", "902"])
    assert (deal["win_reason"], deal["probability"], deal["currency"]) == ("Best service", 1.0, "NOK")
    assert (deal["x_priority"], deal["x_deal_type"]) == ("High", "New Business")
    assert not any("cumulative" in name or "date_entered" in name for name in deal)
    lost = by_id(export.tables["deals"])["8002"]
    assert (lost["stage"], lost["loss_reason"], lost["closed_at"]) == ("Contract Sent", "Price", at("2024-04-02 15:00"))


def test_no_value_is_nothing_and_no_refusal(export: exchange.Export) -> None:
    deal = by_id(export.tables["deals"])["8003"]
    assert (deal["closed_at"], deal["expected_close_on"], deal["amount"]) == (None, None, None)
    assert export.refused == []


def test_companies_that_only_deals_name_come_along(export: exchange.Export) -> None:
    companies = by_id(export.companies, "external_id")
    assert companies["501"]["domain"] == "fjordbakeri.example"
    assert companies["502"]["name"] == "Tind Hotel"
    assert by_id(export.people, "external_id")["902"]["last_name"] is None


def test_the_older_columns_american_dates_and_short_amounts() -> None:
    export = read("hubspot_old")
    deals = by_id(export.tables["deals"])
    assert [deals[key]["amount"] for key in "123"] == [Decimal("45000.00"), Decimal("45000.00"), None]
    assert deals["1"]["closed_at"] == at("2023-03-20 14:30")
    assert deals["2"]["stage"] == "Contract Sent"
    assert [visit["stage"] for visit in export.tables["visits"].to_pylist()] == [
        "Appointment Scheduled", "Contract Sent", "Closed Won", "Appointment Scheduled", "Contract Sent", "Closed Lost",
        "Contract Sent",
    ]  # fmt: skip
    assert export.refused == []


def test_an_account_in_spanish() -> None:
    export = read("hubspot_es")
    deals = by_id(export.tables["deals"])
    assert [(deals[key]["outcome"], deals[key]["amount"]) for key in ("8001", "8002", "8003")] == [
        ("won", Decimal("1234.50")),
        ("lost", Decimal("12000.00")),
        ("open", Decimal("5000.00")),
    ]
    assert deals["8001"]["company"] == "Panadería Fiordo"
    assert by_id(export.people, "external_id")["901"]["last_name"] == "Etxea"
    assert export.companies.to_pylist()[0]["country"] == "España"


def test_where_both_generations_stand_the_newer_one_counts(write: Write) -> None:
    head = 'Record ID,Deal Name,Deal Stage,Create Date,"Date entered \'Lead\'","Date entered ""Lead"""\n'
    rows = "1,a,Lead,2024-01-01,2024-01-02,2024-01-03\n2,b,Lead,2024-01-01,2024-01-02,\n"
    visits = exchange.read([write("deals.csv", head + rows)]).tables["visits"].to_pylist()
    assert [visit["entered_at"] for visit in visits] == [at("2024-01-03"), at("2024-01-02")]


def test_internal_names_and_milliseconds_of_an_api_dump(write: Write) -> None:
    head = "hs_object_id,dealname,dealstage,createdate,closedate,hs_is_closed,hs_is_closed_won"
    head += ",hs_v2_date_entered_closedwon\n"
    rows = "1,a,closedwon,1704067200000,1706745600000,true,true,1706745600000\n2,b,x17,1704067200000,,false,false,\n"
    export = exchange.read([write("deals.csv", head + rows)])
    assert [deal["outcome"] for deal in export.tables["deals"].to_pylist()] == ["won", "open"]
    assert export.tables["deals"].to_pylist()[0]["closed_at"] == at("2024-02-01")
    assert export.tables["visits"].to_pylist()[0]["stage"] == "closedwon"


def test_parentheses_of_a_stage_s_own_name_are_not_a_pipeline(write: Write) -> None:
    head = 'Record ID,Deal Name,Pipeline,Deal Stage,"Date entered ""Offer (final)"""'
    head += ',"Date entered ""Offer (final) (Main)"""\n'
    export = exchange.read([write("deals.csv", head + "1,a,Main,Offer (final),,2024-01-03\n")])
    assert [visit["stage"] for visit in export.tables["visits"].to_pylist()] == ["Offer (final)"]


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ('Date entered "Closed Won (Sales Pipeline)"', "stage entered"),
        ("Date entered 'Closed Won'", "stage entered"),
        ("date  ENTERED “Closed Won”", "stage entered"),
        ('Date exited "x"', "stage exited"),
        ('Latest time in "x"', "time in stage"),
        ("Time in 'x'", "time in stage"),
        ("hs_v2_date_entered_123", "stage entered"),
        ("hs_date_exited_123", "stage exited"),
        ("Date entered current stage", ""),
        ("hs_v2_date_entered_current_stage", ""),
        ("Close Date", ""),
    ],
)
def test_stage_columns_are_known_by_their_header(header: str, meaning: str) -> None:
    assert stage_meaning(header) == meaning


def test_contacts_alone_are_worth_importing() -> None:
    export = exchange.read([FIXTURES / "hubspot" / "contacts.csv", FIXTURES / "hubspot" / "companies.csv"])
    assert export.tables == {}
    assert [person["last_name"] for person in export.people.to_pylist()] == ["Hauge", None]
    assert any("no file of deals" in sentence for sentence in export.not_recorded)


def test_a_second_contact_of_one_identifier_is_refused(write: Write) -> None:
    rows = "1,Kari,a@b.example\n1,Per,c@d.example\n,Ola,\n"
    export = exchange.read([write("c.csv", "Record ID,First Name,Email\n" + rows)])
    assert [person["first_name"] for person in export.people.to_pylist()] == ["Kari"]
    assert [refused.line for refused in export.refused] == [3, 4]


def test_deals_without_record_ids_keep_their_visits(write: Write) -> None:
    head = "Deal Name,Deal Stage,Amount,Date entered 'Lead'\n"
    export = exchange.read([write("d.csv", head + "Oven,Lead,5,2024-01-02\nOven,Lead,6,2024-01-03\n")])
    assert export.tables["visits"]["deal_id"].to_pylist() == export.tables["deals"]["deal_id"].to_pylist()
    assert any("no column Record ID" in sentence for sentence in export.not_recorded)
