"""Vunnet's own tables as Parquet and CSV, and plain logs of stages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.exchange.conftest import Write, by_id, read
from vunnet import exchange
from vunnet.analysis import schema
from vunnet.exchange.refusals import CannotRead

DAY = datetime.fromisoformat("2024-03-01")


def deals(**more: list[object]) -> pa.Table:
    return pa.table(
        {"deal_id": ["1", "2"], "outcome": ["won", "open"], "created_at": [DAY, None], "amount": [5, 7]} | more
    )


def test_parquet_files_go_in_as_they_are(tmp_path: Path) -> None:
    pq.write_table(deals(x_size=["L", None]), tmp_path / "deals.parquet")
    visits = pa.table({"deal_id": ["1"], "stage": ["Lead"], "entered_at": [DAY]})
    pq.write_table(visits, tmp_path / "visits.parquet")
    export = exchange.read([tmp_path])
    assert export.source == "vunnet"
    table = export.tables["deals"]
    assert table.schema.field("amount").type == schema.MONEY
    assert table.schema.field("created_at").type == schema.MOMENT
    assert table["x_size"].to_pylist() == ["L", None]
    assert export.tables["visits"].num_rows == 1
    assert (export.rows_read, export.rows_kept) == (3, 3)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (deals(outcome=["won", "perhaps"]), "outcome must be one of"),
        (deals(outcome=["won", None]), "must have outcome in every row"),
        (deals(deal_id=["1", "1"]), "same deal_id twice"),
        (deals(amount=["a", "b"]), "does not fit"),
    ],
)
def test_parquet_that_breaks_the_schema_is_refused(tmp_path: Path, table: pa.Table, why: str) -> None:
    pq.write_table(table, tmp_path / "deals.parquet")
    with pytest.raises(CannotRead, match=why):
        exchange.read([tmp_path / "deals.parquet"])


def test_a_damaged_parquet_file_is_refused(write: Write) -> None:
    with pytest.raises(CannotRead, match="damaged Parquet"):
        exchange.read([write("deals.parquet", b"PAR1 and nothing more")])


def test_csv_in_our_own_columns_keeps_every_table(write: Write) -> None:
    paths = [
        write("deals.csv", "deal_id,outcome,created_at,amount,x_size\n1,won,2024-03-01T10:00:00Z,5,L\n2,open,,,\n"),
        write("visits.csv", "deal_id,stage,entered_at,left_at\n1,Lead,2024-03-01 10:00,2024-03-02 10:00\n"),
        write("stages.csv", "pipeline,stage,position,kind,probability\nSales,Lead,1,open,20%\nSales,Won,2,won,100%\n"),
        write("touches.csv", "deal_id,at,kind\n1,2024-03-01 11:00,call\n,2024-03-01,call\n"),
        write("members.csv", "deal_id,member,share\n1,Kari,0.6\n1,Per,0.4\n"),
        write("lines.csv", "deal_id,product,quantity,amount\n1,Oven,2,5\n"),
    ]
    export = exchange.read(paths)
    assert {name: table.num_rows for name, table in export.tables.items()} == {
        "deals": 2, "visits": 1, "stages": 2, "touches": 1, "members": 2, "lines": 1,
    }  # fmt: skip
    for name, table in export.tables.items():
        for field in schema.ALL[name].columns:
            if field.name in table.column_names:
                assert table.schema.field(field.name).type == field.type
    assert [(refused.file, refused.line) for refused in export.refused] == [("touches.csv", 3)]
    assert export.tables["stages"]["probability"].to_pylist() == [0.2, 1.0]
    assert export.tables["lines"]["amount"].to_pylist() == [Decimal("5.00")]


def test_a_log_of_stages_makes_deals() -> None:
    export = read("event_log")
    found = by_id(export.tables["deals"])
    assert {key: (deal["outcome"], deal["stage"]) for key, deal in found.items()} == {
        "A1": ("won", "Won"),
        "B2": ("lost", "Offer"),
        "C3": ("open", "Lead"),
    }
    assert found["B2"]["closed_at"] == datetime.fromisoformat("2024-04-02 13:00")  # 15:00 in summer time
    assert found["A1"]["created_at"] == datetime.fromisoformat("2024-01-10 08:15")
    assert [stage["kind"] for stage in export.tables["stages"].to_pylist()] == ["open", "open", "won", "lost"]
    assert export.source == "event_log"
