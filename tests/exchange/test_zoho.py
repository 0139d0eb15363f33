"""Zoho: pairs of identifier and label, and a stage history whose times mean entry or exit, as the durations show."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.exchange.conftest import FIXTURES, Write, by_id, read
from vunnet import exchange


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def export() -> exchange.Export:
    return read("zoho")


def visits_of(export: exchange.Export) -> list[tuple[str, str, datetime, datetime | None]]:
    return [
        (visit["deal_id"], visit["stage"], visit["entered_at"], visit["left_at"])
        for visit in export.tables["visits"].to_pylist()
    ]


def test_deals_by_probability_and_name(export: exchange.Export) -> None:
    deals = by_id(export.tables["deals"])
    assert [deals[key]["outcome"] for key in ("zcrm_1", "zcrm_2", "zcrm_3")] == ["won", "lost", "open"]
    assert deals["zcrm_2"]["stage"] == "Proposal"
    assert deals["zcrm_2"]["loss_reason"] == "Price"
    assert (deals["zcrm_1"]["company_id"], deals["zcrm_1"]["person_ids"]) == ("zcrm_a1", ["zcrm_c1"])
    assert deals["zcrm_3"]["expected_close_on"].isoformat() == "2024-06-30"
    assert deals["zcrm_3"]["amount"] == Decimal("15500.50")
    assert not any(name.endswith("_id") and name.startswith("x_") for name in deals["zcrm_1"])


def test_times_of_entry(export: exchange.Export) -> None:
    assert visits_of(export)[:3] == [
        ("zcrm_1", "Qualification", at("2024-01-10 09:15"), at("2024-02-01 10:00")),
        ("zcrm_1", "Proposal", at("2024-02-01 10:00"), at("2024-03-20 14:30")),
        ("zcrm_1", "Closed Won", at("2024-03-20 14:30"), None),
    ]
    assert [stage["stage"] for stage in export.tables["stages"].to_pylist()] == [
        "Qualification", "Proposal", "Closed Won", "Closed-Lost to Competition",
    ]  # fmt: skip


def test_the_same_history_written_at_exit_gives_the_same_visits(write: Write) -> None:
    deals = write("Deals.csv", (FIXTURES / "zoho" / "Deals_2024_05_02.csv").read_text(encoding="utf-8"))
    head = "Record Id,Deal Name.id,Deal Name,Stage,Stage Duration (Calendar Days),Moved To,Modified Time\n"
    rows = (
        "h1,zcrm_1,x,Qualification,22,Proposal,2024-02-01 10:00:00\n"
        "h2,zcrm_1,x,Proposal,48,Closed Won,2024-03-20 14:30:00\n"
        "h4,zcrm_2,x,Qualification,19,Proposal,2024-02-20 12:00:00\n"
        "h5,zcrm_2,x,Proposal,42,Closed-Lost to Competition,2024-04-02 15:00:00\n"
    )
    export = exchange.read([deals, write("Deals__.csv", head + rows)])
    assert visits_of(export) == visits_of(read("zoho"))[:6]
    assert any("was left, not entered" in sentence for sentence in export.not_recorded)


def test_accounts_contacts_calls_and_tasks(export: exchange.Export) -> None:
    assert by_id(export.companies, "external_id")["zcrm_a1"]["city"] == "Ålesund"
    assert by_id(export.people, "external_id")["zcrm_c1"]["owner"] == "Astrid Lunde"
    activities = by_id(export.activities, "external_id")
    assert (activities["zcrm_p1"]["kind"], activities["zcrm_p1"]["deal_id"]) == ("call", "zcrm_1")
    assert (activities["zcrm_t1"]["deal_id"], activities["zcrm_t1"]["company_id"]) == (None, "zcrm_a2")
    assert export.tables["touches"].to_pylist()[0]["at"] == at("2024-01-12 13:05")


def test_bigin_s_labels(write: Write) -> None:
    head = "Deal Id,Deal Name,Stage,Amount,Closing Date,Company Name.id,Company Name,Sub-Pipeline,Created Time\n"
    row = "zcrm_9,Oven,Closed Won,10,2024-03-01,zcrm_a9,Fjord,Standard,2024-02-01 10:00:00\n"
    deal = exchange.read([write("Deals.csv", head + row)]).tables["deals"].to_pylist()[0]
    assert (deal["deal_id"], deal["company_id"], deal["pipeline"], deal["outcome"]) == (
        "zcrm_9",
        "zcrm_a9",
        "Standard",
        "won",
    )
