"""Small tables for the tests: rows as dictionaries in, prepared tables out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vunnet.analysis import engine
from vunnet.analysis.prepare import Prepared, prepare
from vunnet.analysis.schema import ALL

MAVEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "maven_crm"
DAY_ONE = datetime(2026, 1, 1)  # noqa: DTZ001 - times in the tables are naive UTC
Row = dict[str, Any]


def day(number: float) -> datetime:
    """Midnight (or, with a fraction, later) of the n-th day of the tests' calendar; day 0 is 1 January 2026."""
    return DAY_ONE + timedelta(days=number)


def maybe_day(number: float | None) -> datetime | None:
    return None if number is None else day(number)


def deal(deal_id: str, outcome: str, created: float | None, closed: float | None = None, **more: Any) -> Row:
    moments = {
        "created_at": None if created is None else day(created),
        "closed_at": None if closed is None else day(closed),
    }
    amount = {"amount": Decimal(str(more.pop("amount")))} if "amount" in more else {}
    return {"deal_id": deal_id, "outcome": outcome} | moments | amount | more


def visit(deal_id: str, stage: str, entered: float, left: float | None = None) -> Row:
    return {
        "deal_id": deal_id,
        "stage": stage,
        "entered_at": day(entered),
        "left_at": None if left is None else day(left),
    }


def stages(*names: str, pipeline: str = "Sales") -> list[Row]:
    return [
        {"pipeline": pipeline, "stage": name, "position": place, "kind": "open"} for place, name in enumerate(names)
    ]


def table(name: str, rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of the schema; columns beyond it are text."""
    known = ALL[name].columns
    used = dict.fromkeys(key for row in rows for key in row) or dict.fromkeys(ALL[name].required)
    used |= dict.fromkeys(sorted(ALL[name].required))
    fields = [(column, known.field(column).type if column in known.names else pa.string()) for column in used]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


@contextmanager
def prepared(
    deals: Sequence[Row],
    as_of: date | datetime | float = 10_000,
    zone: str = "UTC",
    observed_from: date | None = None,
    **more: Sequence[Row],
) -> Iterator[Prepared]:
    """The rows, prepared as of a date (or the n-th day)."""
    sources = {"deals": table("deals", deals)} | {name: table(name, rows) for name, rows in more.items()}
    seen = day(as_of).date() if isinstance(as_of, int | float) else as_of
    with engine.opened(sources, threads=1) as tables:
        yield prepare(tables, seen, zone, observed_from)


def maven_rows() -> list[Row]:
    """Maven's 8,800 opportunities, read by the csv module alone."""
    if not MAVEN.exists():
        pytest.skip(f"Maven's files are not at {MAVEN}")
    teams = {row["sales_agent"]: row for row in csv.DictReader((MAVEN / "sales_teams.csv").open(encoding="utf-8"))}
    outcomes = {"Won": "won", "Lost": "lost"}

    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return [
        {
            "deal_id": row["opportunity_id"],
            "outcome": outcomes.get(row["deal_stage"], "open"),
            "created_at": moment(row["engage_date"]),
            "closed_at": moment(row["close_date"]),
            "amount": Decimal(row["close_value"]) if row["close_value"] else None,
            "owner": row["sales_agent"],
            "team": teams[row["sales_agent"]]["manager"],
            "company": row["account"] or None,
            "product": row["product"].replace("GTXPro", "GTX Pro"),
            "x_region": teams[row["sales_agent"]]["regional_office"],
        }
        for row in csv.DictReader((MAVEN / "sales_pipeline.csv").open(encoding="utf-8"))
    ]
