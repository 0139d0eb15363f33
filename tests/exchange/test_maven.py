"""The public sample that the README shows, through the map file that stands in the documentation."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from vunnet import exchange

ROOT = Path(__file__).parents[2]
MAVEN = ROOT.parent / "shared" / "data" / "maven_crm"
SHORT = ROOT / "docs" / "examples" / "maven.toml"
ALL = Path(__file__).parent / "maps" / "maven_all.toml"

pytestmark = pytest.mark.skipif(not MAVEN.is_dir(), reason="Maven's files are not beside the project")


@pytest.fixture(scope="module", params=[SHORT, ALL], ids=["short", "all"])
def export(request: pytest.FixtureRequest) -> exchange.Export:
    return exchange.read([MAVEN / "sales_pipeline.csv"], map_path=request.param)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (MAVEN / "sales_pipeline.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_deal_is_read_and_none_refused(export: exchange.Export) -> None:
    assert (export.rows_read, export.rows_kept, export.refused) == (8800, 8800, [])


def test_outcomes_and_deals_not_opened(export: exchange.Export) -> None:
    deals = export.tables["deals"].to_pylist()
    assert Counter((deal["outcome"], deal["created_at"] is not None) for deal in deals) == {
        ("won", True): 4238,
        ("lost", True): 2473,
        ("open", True): 1589,
        ("open", False): 500,
    }


def test_money_and_dates_are_those_of_the_file(export: exchange.Export, rows: list[dict[str, str]]) -> None:
    for row, deal in zip(rows, export.tables["deals"].to_pylist(), strict=True):
        assert deal["deal_id"] == row["opportunity_id"]
        assert (deal["created_at"].date().isoformat() if deal["created_at"] else "") == row["engage_date"]
        assert (deal["closed_at"].date().isoformat() if deal["closed_at"] else "") == row["close_date"]
        assert (deal["amount"] is None and row["close_value"] == "") or deal["amount"] == int(row["close_value"])


def test_the_price_list_s_name_of_a_product_wins(export: exchange.Export) -> None:
    products = Counter(export.tables["deals"]["product"].to_pylist())
    assert products["GTX Pro"] == 1480
    assert "GTXPro" not in products


def test_look_ups_bring_team_and_region(export: exchange.Export) -> None:
    deals = export.tables["deals"]
    with (MAVEN / "sales_teams.csv").open(newline="", encoding="utf-8") as file:
        teams = {row["sales_agent"]: (row["manager"], row["regional_office"]) for row in csv.DictReader(file)}
    for deal in deals.select(["owner", "team", "x_region"]).to_pylist():
        assert (deal["team"], deal["x_region"]) == teams[deal["owner"]]


def test_replaced_values_find_their_look_ups_and_replace_those_that_come_from_them() -> None:
    deals = exchange.read([MAVEN / "sales_pipeline.csv"], map_path=ALL).tables["deals"]
    assert deals["x_series"].null_count == 0
    assert deals["company"].null_count == deals["x_sector"].null_count == 1425
    assert "technolgy" not in deals["x_sector"].to_pylist()


def test_the_funnel_over_time_is_said_to_be_missing(export: exchange.Export) -> None:
    assert "visits" not in export.tables
    assert any("entered its stages" in sentence for sentence in export.not_recorded)
