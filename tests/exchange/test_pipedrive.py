"""Pipedrive: status beside the stage, two sets of headers, links by name."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.exchange.conftest import Write, by_id, read
from vunnet import exchange
from vunnet.exchange.refusals import CannotRead


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_list_export() -> None:
    export = read("pipedrive")
    deals = by_id(export.tables["deals"])
    assert {key: (deal["outcome"], deal["stage"]) for key, deal in deals.items()} == {
        "11": ("won", "Negotiation"),
        "12": ("lost", "Proposal"),
        "13": ("open", "Proposal"),
    }
    assert deals["11"]["closed_at"] == at("2024-03-20 14:30")
    assert deals["12"]["closed_at"] == at("2024-04-02 15:00")
    assert deals["12"]["amount"] == Decimal("80000.50")
    assert deals["11"]["expected_close_on"].isoformat() == "2024-03-31"
    assert deals["11"]["stage_entered_at"] == at("2024-03-01 10:00")
    assert (deals["11"]["x_region"], deals["13"]["probability"]) == ("North", 0.6)


def test_a_stage_is_open_whatever_became_of_its_deals_and_no_history_is_made_up() -> None:
    export = read("pipedrive")
    assert {stage["kind"] for stage in export.tables["stages"].to_pylist()} == {"open"}
    assert "visits" not in export.tables
    assert any("no stage history" in sentence for sentence in export.not_recorded)


def test_deleted_deals_are_refused_and_activities_find_their_company_through_the_deal() -> None:
    export = read("pipedrive")
    assert [(refused.line, refused.value) for refused in export.refused] == [(5, "Deleted")]
    activity = by_id(export.activities, "external_id")["1"]
    assert (activity["deal_id"], activity["company_id"], activity["person_id"]) == ("11", "501", "901")
    assert export.tables["touches"].to_pylist()[0]["kind"] == "call"


def test_the_sample_workbook_s_headers() -> None:
    export = read("pipedrive_sample")
    deals = by_id(export.tables["deals"])
    assert (deals["11"]["stage"], deals["11"]["pipeline"]) == ("Negotiation", "Nordic")
    assert [deals[key]["outcome"] for key in ("11", "12", "13")] == ["won", "lost", "open"]
    assert deals["11"]["company_id"] == "501"
    assert deals["12"]["company_id"].startswith("company:")
    companies = by_id(export.companies, "external_id")
    assert companies[deals["12"]["company_id"]]["name"] == "Tind Hotel"
    person = export.people.to_pylist()[0]
    assert deals["11"]["person_ids"] == [person["external_id"]]
    assert (person["email"], person["last_name"], person["company_id"]) == ("kari@fjordbakeri.example", "Hauge", "501")
    activity = export.activities.to_pylist()[0]
    assert (activity["deal_id"], activity["kind"]) == ("11", "meeting")
    assert any("linked to deals by name" in sentence for sentence in export.not_recorded)


def test_without_identifiers_deals_are_known_by_title_and_organization(write: Write) -> None:
    rows = "Pump,Fjord,Won,5\nPump,Fjord,Open,6\nPump,Tind,Open,7\n"
    export = exchange.read([write("d.csv", "Deal - Title,Deal - Organization,Deal - Status,Deal - Value\n" + rows)])
    first, second, third = export.tables["deals"]["deal_id"].to_pylist()
    assert second == first + "#2"
    assert third not in (first, second)


def test_a_file_without_status_is_refused_with_its_cure(write: Write) -> None:
    with pytest.raises(CannotRead, match="Deal - Status"):
        exchange.read([write("d.csv", "Deal - ID,Deal - Title,Deal - Value\n1,Pump,5\n")])


def test_an_unknown_status_is_refused(write: Write) -> None:
    export = exchange.read([write("d.csv", "Deal - ID,Deal - Title,Deal - Status\n1,Pump,Parked\n2,Oven,won\n")])
    assert [(refused.line, refused.value) for refused in export.refused] == [(2, "Parked")]
    assert export.tables["deals"]["outcome"].to_pylist() == ["won"]
