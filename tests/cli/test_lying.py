"""A folder of tables is asked where it lies, without being read as an export first."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from tests.analysis.rows import Row, deal, table, visit
from vunnet.cli.analyze import analyze

app = typer.Typer()
app.command()(analyze)

ROWS = [deal("a", "won", 0.3, 9.5, amount=10), deal("b", "lost", 1.2, 4.4), deal("c", "open", 2.2)]


def folder(home: Path, deals: list[Row]) -> Path:
    for name, rows in {"deals": deals, "visits": [visit("a", "Met", 0.3, 9.5), visit("c", "Met", 2.2)]}.items():
        (home / name).mkdir()
        for n, row in enumerate(rows):
            pq.write_table(table(name, [row]), home / name / f"{n}.parquet")
    return home


def test_a_folder_of_tables_is_asked_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vunnet.cli.analyze.read", None)  # nothing is read beforehand
    home, result = folder(tmp_path, ROWS), tmp_path / "result.json"
    done = CliRunner().invoke(app, [str(home), "--json", str(result)])
    assert done.exit_code == 0, done.output
    found = json.loads(result.read_text())
    assert (found["counts"]["deals"], found["rows"]["read"], found["source"]) == (3, 5, "vunnet")
    assert [row["entered"] for row in found["funnel"]] == [2]


@pytest.mark.parametrize(
    ("deals", "why"),
    [
        ([*ROWS, deal("a", "lost", 0, 1)], "the same deal_id twice"),
        ([*ROWS, deal("d", "gone", 0, 1)], "must be one of open, won, lost, cancelled"),
    ],
)
def test_what_would_make_every_number_wrong_is_refused(tmp_path: Path, deals: list[Row], why: str) -> None:
    done = CliRunner().invoke(app, [str(folder(tmp_path, deals))])
    assert done.exit_code == 2
    assert why in " ".join(done.stderr.split())


def test_an_engine_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(folder(tmp_path, ROWS)), "--engine", "mainframe"])
    assert done.exit_code == 2
    assert "choose one of duckdb, spark" in done.stderr


@pytest.mark.parametrize(("ending", "start"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<svg")])
def test_the_report_is_written_as_the_file_its_name_says(tmp_path: Path, ending: str, start: bytes) -> None:
    (tmp_path / "tables").mkdir()
    out = tmp_path / f"report.{ending}"
    done = CliRunner().invoke(app, [str(folder(tmp_path / "tables", ROWS)), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(start)
    if ending == "svg":
        assert "Closed won: tables" in out.read_text()
