"""How long the closed-won analysis of 1,000,000 deals with 4,000,000 stage visits takes, and how much memory.

    python bench/analyze.py [--deals 1000000] [--threads 2] [--memory 4GB] [--whole]

Generates a seeded source as Parquet in a temporary directory and prints seconds per part and the process's peak memory.
`--whole` also writes it as CSV and runs `vunnet analyze` on it in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
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
        "stages": pa.table(
            {
                "pipeline": ["Sales"] * len(STAGES),
                "stage": STAGES,
                "position": pa.array(range(len(STAGES)), pa.int32()),
                "kind": ["open"] * len(STAGES),
            }
        ),
    }


def timed(name: str, ask: Callable[[], Any]) -> Any:
    started, worked = time.perf_counter(), time.process_time()
    found = ask()
    print(f"  {name:<28}{time.perf_counter() - started:8.2f} s, processors {time.process_time() - worked:8.2f} s")
    return found


def parts(folder: Path, threads: int, memory: str) -> None:
    """Seconds of each part on the Parquet files."""
    from vunnet.analysis import engine
    from vunnet.analysis.counts import counts
    from vunnet.analysis.customers import customer_status
    from vunnet.analysis.funnel import funnel
    from vunnet.analysis.prepare import prepare
    from vunnet.analysis.segments import segments
    from vunnet.analysis.time_to_close import time_to_close
    from vunnet.analysis.win_rate import win_rate
    from vunnet.analysis.within_days import within_days
    from vunnet.analysis.won import won

    files = {path.stem: path for path in folder.glob("*.parquet")}
    started = time.perf_counter()
    with engine.opened(files, threads=threads, memory=memory) as tables:
        prepared = timed("prepare", lambda: prepare(tables, AS_OF, "Europe/Oslo"))
        for ask in (win_rate, time_to_close, within_days, customer_status, won, segments, counts):
            timed(ask.__name__, lambda ask=ask: ask(prepared))
        timed("funnel", lambda: funnel(prepared))
        timed("funnel by product", lambda: funnel(prepared, split="product"))
    print(f"  {'all parts':<28}{time.perf_counter() - started:8.2f} s")
    print(f"  {'peak memory':<28}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MiB")


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
    asked.add_argument("--deals", type=int, default=1_000_000)
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--memory", default="4GB")
    asked.add_argument("--whole", action="store_true")
    asked.add_argument("--keep", type=Path, help="write the files here and leave them")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        tables = generate(given.deals)
        for name, table in tables.items():
            pq.write_table(table, folder / f"{name}.parquet")
        print(f"{given.deals:,} deals, {tables['visits'].num_rows:,} visits, {given.threads} threads, {given.memory}")
        if given.whole:
            whole(folder, tables)
            return
        del tables
        subprocess.run([sys.executable, __file__, "--parts", str(folder), str(given.threads), given.memory], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parts"]:
        parts(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        main()
