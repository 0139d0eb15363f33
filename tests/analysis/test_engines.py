"""DuckDB and Spark give the same numbers, from rows, from Parquet and from folders of CSV, also in little memory."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from bench.analyze import AS_OF, generate
from tests.analysis.rows import Row, day, deal, stages, table, visit
from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import attainment
from vunnet.analysis.comparison import comparison
from vunnet.analysis.deal_path import deal_path
from vunnet.analysis.funnel import funnel
from vunnet.analysis.prepare import prepare
from vunnet.analysis.question import Period, Question, Side
from vunnet.analysis.report import analyze

LADDER = ("Met", "Quoted", "Agreed")
PLAIN = Question(date(2026, 6, 1), "Europe/Oslo")
CLOSE = Question(
    date(2026, 5, 1),
    "America/New_York",
    observed_from=date(2026, 1, 20),
    closed_in=Period(date(2026, 2, 1), date(2026, 4, 30)),
    where={"source": ("web", None)},
)


def rows() -> dict[str, pa.Table]:
    """120 deals of two pipelines with skips, returns, lines, shares, touches and gaps; the same each time."""
    draw = random.Random(11)
    deals: list[Row] = []
    found: dict[str, list[Row]] = {"visits": [], "lines": [], "members": [], "touches": []}
    for n in range(120):
        name, at = f"d{n}", draw.uniform(0, 120)
        outcome = draw.choice(("open", "won", "won", "lost", "cancelled"))
        walk = [draw.choice(LADDER) for _ in range(draw.randint(1, 4))]
        times = [at]
        for _ in walk:
            times.append(times[-1] + draw.choice((0.0, 0.5, 3.25, 11.0)))
        closed = None if outcome == "open" else times[-1]
        deals.append(
            deal(name, outcome, at, closed, amount=draw.choice((100, 250.5, 990)), currency="NOK")
            | {"owner": draw.choice(("Ann", "Bo", None)), "product": draw.choice(("X", "Y", None))}
            | {"company": draw.choice(("A", "B", "C", None)), "source": draw.choice(("web", "fair"))}
            | {"pipeline": draw.choice(("New", "Renewal")), "x_region": draw.choice(("North", "South"))}
        )
        for place, stage in enumerate(walk):
            still = outcome == "open" and place == len(walk) - 1
            found["visits"].append(visit(name, stage, times[place], None if still else times[place + 1]))
        found["lines"] += [{"deal_id": name, "product": "X", "amount": None}] if n % 3 == 0 else []
        found["members"] += (
            [{"deal_id": name, "member": who, "share": 0.5} for who in ("Ann", "Bo")] if n % 4 == 0 else []
        )
        moments = [visit(name, "", at + day)["entered_at"] for day in range(n % 5)]
        found["touches"] += [{"deal_id": name, "at": moment, "kind": "call", "member": "Ann"} for moment in moments]
    ladder = [*stages(*LADDER, pipeline="New"), *stages("Quoted", "Agreed", pipeline="Renewal")]
    tables = {"deals": table("deals", deals), "stages": table("stages", ladder)}
    return tables | {name: table(name, some) for name, some in found.items()}


def asked(sources: engine.Sources, question: Question, **where: Any) -> dict[str, Any]:
    with engine.opened(sources, threads=2, **where) as tables:
        return json.loads(json.dumps(analyze(tables, question).to_json()))  # type: ignore[no-any-return]


def assert_same(one: Any, other: Any, path: str = "") -> None:
    """Equal, but for the last digits of sums added in another order."""
    if isinstance(one, float) or isinstance(other, float):
        assert (one is None) == (other is None), path
        assert math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9), f"{path}: {one} and {other}"
    elif isinstance(one, Mapping):
        assert one.keys() == other.keys(), path
        for key in one:
            assert_same(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for n, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_same(left, right, f"{path}[{n}]")
    else:
        assert one == other, path


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    """One Spark for all the tests here: starting it takes longer than they do."""
    pytest.importorskip("pyspark", reason="Spark is an optional extra: pip install 'vunnet[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17 or 21, and this machine has none")
    with pytest.MonkeyPatch.context() as patch:
        from vunnet.analysis.spark import Spark

        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        one = Spark(1, None, None)
        # Compiling a query costs more here than running it.
        one.session.conf.set("spark.sql.codegen.wholeStage", "false")
        one.session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        one.session.conf.set("spark.sql.adaptive.enabled", "false")
        patch.setattr(Spark, "close", lambda self: None)
        yield
    one.session.stop()


def test_two_funnels_side_by_side_are_the_same_on_spark(spark: None) -> None:
    sides = (Side({"x_region": ("North",)}), Side({"x_region": ("South",)}))
    found = []
    for name in engine.ENGINES:
        with engine.opened(rows(), threads=2, engine=name) as tables:
            answer = comparison(prepare(tables, PLAIN.as_of, PLAIN.time_zone), *sides)
        assert not isinstance(answer, NotRecorded)
        found.append([row for one in answer for row in one.to_json()])
    assert any(row["difference"] for row in found[0])
    assert_same(*found)


def test_attainment_pace_and_coverage_are_the_same_on_spark(spark: None) -> None:
    """One month with a quota for each, one running quarter in which only Ann has one."""
    spans = {"Ann": (date(2026, 4, 1), date(2026, 6, 30)), "Bo": (date(2026, 2, 1), date(2026, 2, 28))}
    quotas = [
        {"member": who, "period_start": first, "period_end": last, "amount": Decimal(4_000)}
        for who, (first, last) in [*spans.items(), ("Ann", spans["Bo"])]
    ]
    deals = [row | {"expected_close_on": date(2026, 6, 10)} for row in rows()["deals"].to_pylist()]
    sources = rows() | {"quotas": table("quotas", quotas), "deals": table("deals", deals)}
    found: list[Any] = []
    for name in engine.ENGINES:
        with engine.opened(sources, threads=2, engine=name) as tables:
            found.append(attainment(prepare(tables, PLAIN.as_of, PLAIN.time_zone)).to_json())
    assert found[0]["periods"][0]["whole"]["credited"] > 0
    assert found[0]["pace"]["landing"]["p50"] > 0
    assert found[0]["of_holders"]
    assert found[0]["coverage"]["coverage"] > 0
    assert_same(*found)


def test_where_records_begin_is_found_alike_on_spark(spark: None) -> None:
    """Deals that closed before day 60 are missing; whoever was open then counts from that day."""
    known = [day(60) <= row["closed_at"] if row["closed_at"] else True for row in rows()["deals"].to_pylist()]
    sources = rows() | {"deals": rows()["deals"].filter(pa.array(known))}
    found = []
    for name in engine.ENGINES:
        with engine.opened(sources, threads=2, engine=name) as tables:
            source = prepare(tables, PLAIN.as_of, PLAIN.time_zone)
            found.append((source.horizon.observed_from, source.every.entry.sum().execute()))
    assert found[0][0] is not None
    assert found[0][1] > 0
    assert found[0] == found[1]


def test_the_path_of_a_deal_is_the_same_on_spark(spark: None) -> None:
    found: list[Any] = []
    for name in engine.ENGINES:
        with engine.opened(rows(), threads=2, engine=name) as tables:
            prepared = prepare(tables, PLAIN.as_of, PLAIN.time_zone)
            found.append([deal_path(prepared, f"d{n}").to_json() for n in (1, 7, 12)])
    assert any(stay["typical"] for path in found[0] for stay in path["stays"])
    assert_same(*found)


def test_a_deal_keeps_its_number_on_spark_whatever_the_order_of_the_rows(spark: None) -> None:
    """A worker that is lost takes its rows with it; worked out anew they come in another order."""
    deals = rows()["deals"]
    found = []
    for several in (deals, deals.take(list(range(len(deals)))[::-1])):
        with engine.opened({"deals": several}, engine="spark") as tables:
            every = prepare(tables, PLAIN.as_of).every
            found.append({row["deal_id"]: row["number"] for row in engine.rows(every.select("deal_id", "number"))})
    assert found[0] == found[1]
    assert sorted(found[0].values()) == list(range(len(found[0])))


def test_duckdb_and_spark_give_equal_numbers_part_by_part(spark: None) -> None:
    sources = rows()
    from_duckdb, from_spark = asked(sources, CLOSE), asked(sources, CLOSE, engine="spark")
    assert from_duckdb["counts"]["won"] > 10
    assert from_duckdb["funnel"][0]["entered"] > 10
    assert from_duckdb.keys() == from_spark.keys()
    for part in from_duckdb:
        assert_same(from_duckdb[part], from_spark[part], part)


def written(folder: Path, kind: str, pieces: int = 3) -> dict[str, Path]:
    """Each table as a folder of files, with what Spark and others leave beside them."""
    for name, whole in rows().items():
        (folder / name).mkdir(parents=True)
        (folder / name / "_SUCCESS").touch()
        size = whole.num_rows // pieces + 1
        for n in range(pieces):
            piece, path = whole.slice(n * size, size), folder / name / f"part-{n}.{kind}"
            pq.write_table(piece, path) if kind == "parquet" else pa_csv.write_csv(piece, path)
    return {name: folder / name for name in rows()}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_folders_of_files_say_what_the_rows_say(tmp_path: Path, kind: str) -> None:
    question = PLAIN
    assert_same(asked(rows(), question), asked(written(tmp_path, kind), question))


def test_spark_reads_the_same_folders(tmp_path: Path, spark: None) -> None:
    question, sources = PLAIN, written(tmp_path, "csv")
    names = ("deals", "visits", "stages")
    counted = []
    for kind in engine.ENGINES:
        with engine.opened({name: sources[name] for name in names}, engine=kind, threads=2) as tables:
            found = funnel(prepare(tables, question.as_of, question.time_zone))
            counted.append([row for one in found for row in one.to_json()])  # type: ignore[union-attr]
    assert_same(*counted)


def test_files_of_one_table_are_of_one_kind(tmp_path: Path) -> None:
    (tmp_path / "deals").mkdir()
    pq.write_table(rows()["deals"], tmp_path / "deals" / "a.parquet")
    pa_csv.write_csv(rows()["deals"], tmp_path / "deals" / "b.csv")
    with pytest.raises(ValueError, match="only one kind"), engine.opened({"deals": tmp_path / "deals"}):
        pass


def test_identifiers_stay_text_and_empty_cells_are_not_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("deal_id,outcome,created_at,amount,x_code\n007,won,2026-01-02 10:00:00,12.50,01\n8,open,,,\n")
    with engine.opened({"deals": path}) as tables:
        found = sorted(engine.rows(tables.deals), key=lambda row: row["deal_id"])
    assert [row["deal_id"] for row in found] == ["007", "8"]
    assert [row["x_code"] for row in found] == ["01", None]
    assert found[1]["amount"] is None


def test_an_unknown_engine_and_a_cluster_without_spark_are_refused() -> None:
    with pytest.raises(ValueError, match="choose one of duckdb, spark"), engine.opened({}, engine="mainframe"):
        pass
    with pytest.raises(ValueError, match="needs --engine spark"), engine.opened({}, cluster="spark://here:7077"):
        pass


def test_more_than_memory_holds_is_asked_all_the_same(tmp_path: Path) -> None:
    """80 MB for 330,000 deals and 1,320,000 visits, which are 88 MB as plain columns."""
    sources, size = {}, 0
    for name, whole in generate(330_000).items():
        size += whole.nbytes
        pq.write_table(whole, tmp_path / f"{name}.parquet")
        sources[name] = tmp_path / f"{name}.parquet"
    assert size > 85_000_000
    found = []
    for memory in ("80MB", "2GB"):
        with engine.opened(sources, threads=1, memory=memory) as tables:
            found.append(funnel(prepare(tables, AS_OF)))
    assert found[0] == found[1]
