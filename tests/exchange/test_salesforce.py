"""Salesforce: objects by API names, and reports by labels. Values were worked out by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.exchange.conftest import FIXTURES, Write, by_id, read
from vunnet import exchange

OVENS, HEAT_PUMP, SERVICE, SAUNA = "006A0000001", "006A0000002", "006A0000003", "006A0000005"


@pytest.fixture(scope="module")
def export() -> exchange.Export:
    return read("salesforce")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_outcomes_come_from_flags_and_never_from_a_name(export: exchange.Export) -> None:
    deals = by_id(export.tables["deals"])
    assert {key: deal["outcome"] for key, deal in deals.items()} == {
        OVENS: "won",
        HEAT_PUMP: "lost",
        SERVICE: "open",
        SAUNA: "open",  # although its stage is called "Won by phone"
    }
    assert not any("names such as" in sentence for sentence in export.not_recorded)


def test_a_deal_s_columns(export: exchange.Export) -> None:
    deal = by_id(export.tables["deals"])[OVENS]
    assert deal["name"] == "Fjord Bakeri ovens"
    assert deal["amount"] == Decimal("120000.00")
    assert deal["created_at"] == at("2024-01-10 09:15")
    assert deal["closed_at"] == at("2024-03-20 14:30")  # the day is CloseDate's, the hour the history's
    assert (deal["owner"], deal["owner_email"]) == ("Astrid Lunde", "astrid@nordlys.example")
    assert (deal["company_id"], deal["company"]) == ("001A0000001", "Fjord Bakeri AS")
    assert deal["person_ids"] == ["003A0000001"]
    assert (deal["source"], deal["probability"]) == ("Web", 1.0)
    assert (deal["x_region"], deal["x_type"]) == ("North", "New Business")
    assert deal["expected_close_on"] is None


def test_an_open_deal_s_closing_date_is_expected_and_its_text_keeps_its_quotes(export: exchange.Export) -> None:
    deal = by_id(export.tables["deals"])[SERVICE]
    assert deal["closed_at"] is None
    assert deal["expected_close_on"].isoformat() == "2024-06-30"
    assert deal["next_step"] == 'Send "final" offer,\nthen call'


def test_visits_are_a_chain_without_rows_that_changed_only_the_amount(export: exchange.Export) -> None:
    visits = [visit for visit in export.tables["visits"].to_pylist() if visit["deal_id"] == OVENS]
    assert [(visit["stage"], visit["entered_at"], visit["left_at"], visit["next_stage"]) for visit in visits] == [
        ("Prospecting", at("2024-01-10 09:15"), at("2024-02-01 10:00"), "Proposal"),
        ("Proposal", at("2024-02-01 10:00"), at("2024-03-20 14:30"), "Closed Won"),
        ("Closed Won", at("2024-03-20 14:30"), None, None),
    ]


def test_a_return_to_a_stage_is_a_visit_of_its_own(export: exchange.Export) -> None:
    visits = [visit["stage"] for visit in export.tables["visits"].to_pylist() if visit["deal_id"] == HEAT_PUMP]
    assert visits == ["Prospecting", "Proposal", "Prospecting", "Proposal", "Closed Lost"]


def test_a_lost_deal_keeps_the_stage_it_was_lost_from(export: exchange.Export) -> None:
    deal = by_id(export.tables["deals"])[HEAT_PUMP]
    assert (deal["stage"], deal["stage_now"], deal["loss_reason"]) == ("Proposal", "Closed Lost", "Price")


def test_stages_stand_by_probability_with_kinds_from_the_flags(export: exchange.Export) -> None:
    stages = export.tables["stages"].to_pylist()
    assert [(stage["stage"], stage["position"], stage["kind"], stage["probability"]) for stage in stages] == [
        ("Prospecting", 1, "open", 0.1),
        ("Proposal", 2, "open", 0.6),
        ("Won by phone", 3, "open", 0.9),
        ("Closed Won", 4, "won", 1.0),
        ("Closed Lost", 5, "lost", 0.0),
    ]


def test_a_deleted_record_is_refused_by_its_line_and_unknown_history_is_counted(export: exchange.Export) -> None:
    assert [(refused.file, refused.line, refused.column) for refused in export.refused] == [
        ("Opportunity.csv", 6, "IsDeleted")  # line 4 runs over into line 5
    ]
    assert any("no deal in the deals file, left out: 1" in sentence for sentence in export.not_recorded)
    assert (export.rows_read, export.rows_kept) == (23, 22)


def test_accounts_contacts_and_tasks(export: exchange.Export) -> None:
    companies = by_id(export.companies, "external_id")
    assert companies["001A0000002"]["employees"] == 1200
    assert companies["001A0000001"]["x_customer_number"] == "K-17"
    person = by_id(export.people, "external_id")["003A0000001"]
    assert (person["first_name"], person["last_name"], person["company_id"]) == ("Kari", "Hauge", "001A0000001")
    activities = by_id(export.activities, "external_id")
    assert [activities[key]["kind"] for key in ("00TA1", "00TA2", "00TA3")] == ["call", "mail", "task"]
    assert activities["00TA1"]["at"] == activities["00TA1"]["done_at"] == at("2024-01-12 13:05")
    assert (activities["00TA3"]["at"], activities["00TA3"]["due_on"].isoformat()) == (None, "2024-09-01")
    assert (activities["00TA3"]["deal_id"], activities["00TA3"]["company_id"]) == (None, "001A0000002")


def test_only_contacts_that_took_place_are_touches(export: exchange.Export) -> None:
    touches = export.tables["touches"].to_pylist()
    assert [(touch["deal_id"], touch["kind"], touch["direction"]) for touch in touches] == [
        (OVENS, "call", "outbound"),
        (OVENS, "mail", None),
    ]


def test_field_history_gives_the_first_stage_at_creation_and_one_visit_to_deals_that_never_moved() -> None:
    folder = FIXTURES / "salesforce_reports"
    export = exchange.read([FIXTURES / "salesforce" / "Opportunity.csv", folder / "OpportunityFieldHistory.csv"])
    visits = export.tables["visits"].to_pylist()
    assert [(visit["deal_id"], visit["stage"], visit["entered_at"]) for visit in visits] == [
        (OVENS, "Prospecting", at("2024-01-10 09:15")),
        (OVENS, "Proposal", at("2024-02-01 10:00")),
        (OVENS, "Closed Won", at("2024-03-20 14:30")),
        (SERVICE, "Proposal", at("2024-03-25 08:00")),
        (SAUNA, "Won by phone", at("2024-05-02 08:00")),
    ]  # the lost deal has no rows in this history: nothing is made up for it


def test_a_report_with_titles_totals_and_no_identifiers() -> None:
    export = exchange.read([FIXTURES / "salesforce_reports" / "opportunities.csv"])
    deals = export.tables["deals"].to_pylist()
    assert [(deal["name"], deal["outcome"], deal["amount"]) for deal in deals] == [
        ("Ovens", "won", Decimal("120000.00")),
        ("Heat pump", "lost", Decimal("80000.00")),
        ("Sauna", "open", Decimal("1234.00")),
        ("Sauna", "open", Decimal("950.50")),
    ]
    assert deals[0]["closed_at"] == at("2024-03-20")
    assert deals[1]["created_at"] == at("2024-02-01")  # 01/02/2024, day first because other dates prove it
    assert len({deal["deal_id"] for deal in deals}) == 4
    assert deals[3]["deal_id"] == deals[2]["deal_id"] + "#2"
    assert export.rows_read == 4
    assert any("no column Opportunity ID" in sentence for sentence in export.not_recorded)


def test_the_same_report_gives_the_same_identifiers_again() -> None:
    first, second = (
        exchange.read([FIXTURES / "salesforce_reports" / "opportunities.csv"]).tables["deals"]["deal_id"].to_pylist()
        for _ in range(2)
    )
    assert first == second


def test_a_history_report_is_linked_by_name_and_refused_where_the_name_is_shared() -> None:
    folder = FIXTURES / "salesforce_reports"
    export = exchange.read([folder / "opportunities.csv", folder / "history.csv"])
    assert [visit["stage"] for visit in export.tables["visits"].to_pylist()] == [
        "Prospecting",
        "Proposal",
        "Closed Won",
    ]
    assert [(refused.line, refused.value) for refused in export.refused] == [(6, "Sauna")]


def test_a_history_report_alone_makes_deals() -> None:
    export = exchange.read([FIXTURES / "salesforce_reports" / "history.csv"])
    deals = export.tables["deals"].to_pylist()
    assert [(deal["name"], deal["outcome"], deal["created_at"], deal["closed_at"]) for deal in deals] == [
        ("Ovens", "won", at("2024-01-10 09:15"), at("2024-03-20 14:30")),
        ("Sauna", "open", at("2024-02-06 09:15"), None),
    ]


def test_two_deals_of_one_name_in_a_history_report_are_not_mixed(write: Write) -> None:
    rows = "Pump,,Lead,2024-01-01\nPump,,Lead,2024-01-02\nPump,Lead,Closed Won,2024-01-03\nOven,,Lead,2024-01-04\n"
    export = exchange.read([write("h.csv", "Opportunity Name,From Stage,To Stage,Last Modified\n" + rows)])
    assert [deal["name"] for deal in export.tables["deals"].to_pylist()] == ["Oven"]
    assert [refused.line for refused in export.refused] == [2, 3, 4]


def test_without_history_the_report_says_so() -> None:
    export = exchange.read([FIXTURES / "salesforce" / "Opportunity.csv"])
    assert "visits" not in export.tables
    assert any("OpportunityHistory" in sentence for sentence in export.not_recorded)
    assert by_id(export.tables["deals"])[HEAT_PUMP]["stage"] == "Closed Lost"
