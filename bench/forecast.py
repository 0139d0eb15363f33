"""Is the forecast honest, and better than the usual guess? Maven's quarters, and rolling origins of invented years.

    python bench/forecast.py [--maven FOLDER] [--seeds 10]

Prints tables with sizes and seeds; the figures of docs/metrics.md come from here.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from vunnet.analysis import engine
from vunnet.analysis.clock import EPOCH
from vunnet.analysis.forecast import forecast
from vunnet.analysis.predict import History, View, crps, simulate
from vunnet.analysis.prepare import Prepared, prepare
from vunnet.analysis.reliability import groups
from vunnet.analysis.stays import read_stays
from vunnet.exchange.sample import sample

MAVEN = Path(__file__).resolve().parents[2] / "shared" / "data" / "maven_crm"
QUARTERS = ((date(2017, 6, 30), date(2017, 9, 30)), (date(2017, 9, 30), date(2017, 12, 31)))
AS_OF, RECORDS = date(2026, 10, 23), date(2025, 4, 28)
OUTCOMES = {"Won": "won", "Lost": "lost"}


def maven(folder: Path) -> pa.Table:
    rows = list(csv.DictReader((folder / "sales_pipeline.csv").open(encoding="utf-8")))
    moment = pa.timestamp("us")

    def days(column: str) -> pa.Array:
        return pa.array([date.fromisoformat(r[column]) if r[column] else None for r in rows]).cast(moment)

    return pa.table(
        {
            "deal_id": [r["opportunity_id"] for r in rows],
            "outcome": [OUTCOMES.get(r["deal_stage"], "open") for r in rows],
            "created_at": days("engage_date"),
            "closed_at": days("close_date"),
            "amount": pa.array([float(r["close_value"]) if r["close_value"] else None for r in rows]),
            "product": [r["product"].replace("GTXPro", "GTX Pro") for r in rows],
        }
    )


def prices(folder: Path) -> dict[str, float]:
    return {
        r["product"]: float(r["sales_price"]) for r in csv.DictReader((folder / "products.csv").open(encoding="utf-8"))
    }


@contextmanager
def known(tables: dict[str, pa.Table], day: date, zone: str = "UTC") -> Iterator[Prepared]:
    with engine.opened(tables, threads=2) as opened:
        yield prepare(opened, day, zone)


def quarters(folder: Path) -> None:
    """Each quarter forecast on its eve from what was known then, beside win rate × list price of the open deals."""
    table, price = maven(folder), prices(folder)
    print("\nMaven: each quarter forecast on the eve of it. The usual guess: win rate × list price of every open deal")
    print("  quarter            came         forecast (80 %)          CRPS    guess   its CRPS    Brier  guess's")
    rows = table.to_pylist()
    with known({"deals": table}, date(2017, 12, 31)) as prepared:
        history = History(read_stays(prepared, date(2017, 3, 1)))
    for eve, until in QUARTERS:
        with known({"deals": table}, eve) as prepared:
            told = forecast(prepared, until)
        day, end = (eve - EPOCH).days, (until - EPOCH).days
        view = history.views([day], end - day)[0]  # uses nothing after its day: tests/analysis/test_forecast.py
        drawn = simulate(history, view, history.money(day))
        came, value = history.wins(day, end), history.value(day, end)
        won = (history.stays.won_on[history.stays.deal[view.there]] <= end).astype(float)
        closed = [r["outcome"] for r in rows if r["closed_at"] and r["closed_at"].date() <= eve]
        rate = closed.count("won") / len(closed)
        guess = sum(rate * price[r["product"]] for r in rows if _open(r, eve))
        brier, naive = float(((view.chance - won) ** 2).mean()), float(((rate - won) ** 2).mean())
        shown = f"{told.value.p50 / 1e6:.2f} ({told.value.p10 / 1e6:.2f}–{told.value.p90 / 1e6:.2f})"
        print(
            f"  {eve + timedelta(1)}  {value / 1e6:8.2f} m  {shown:>24}  {crps(drawn.value, value) / 1e6:7.3f}"
            f"{guess / 1e6:9.2f}{abs(guess - value) / 1e6:11.3f}{brier:9.3f}{naive:9.3f}"
        )
        span = f"{told.wins.p50:.0f} ({told.wins.p10:.0f}–{told.wins.p90:.0f})"
        average = float(won.mean() * (1 - won.mean()))
        print(
            f"              {came} wins, forecast {span}; Brier of giving all what came true on average {average:.3f}"
        )


def _open(row: dict[str, Any], day: date) -> bool:
    created, closed = row["created_at"], row["closed_at"]
    return created is not None and created.date() <= day and (closed is None or closed.date() > day)


def years(seeds: int) -> None:
    """Rolling origins: every thirtieth day of an invented year and a half, for several seeds and distances."""
    print(f"\nInvented years of 3,000 deals, seeds 100 to {99 + seeds}, twelve origins each: how often intervals held")
    print("  days ahead   origins   80 % wins   80 % value   50 % wins   95 % wins   CRPS / wins   Brier   of average")
    histories = []
    for seed in range(100, 100 + seeds):
        made = sample(AS_OF, seed=seed, activities_per_deal=0)
        with known(dict(made.tables), AS_OF, "Europe/Oslo") as prepared:
            histories.append(History(read_stays(prepared, RECORDS)))
    for ahead in (30, 60, 90):
        held: list[tuple[float, ...]] = []
        for history in histories:
            days = [history.stays.last - ahead - 30 * n for n in range(12)]
            views = history.views([day for day in days if day >= history.steps.begin + 60], ahead)
            held += [_scores(history, view) for view in views]
        mean = np.mean(held, axis=0)
        print(
            f"  {ahead:10}{len(held):10}{mean[0]:12.0%}{mean[1]:13.0%}{mean[2]:12.0%}{mean[3]:12.0%}"
            f"{mean[4]:14.3f}{mean[5]:8.3f}{mean[6]:13.3f}"
        )


def _scores(history: History, view: View) -> tuple[float, ...]:
    drawn = simulate(history, view, history.money(view.day))
    came, value = history.wins(view.day, view.until), history.value(view.day, view.until)
    w, v = np.percentile(drawn.wins, [2.5, 10, 25, 75, 90, 97.5]), np.percentile(drawn.value, [10, 90])
    won = history.stays.won_on[history.stays.deal[view.there]] <= view.until
    brier = ((view.chance - won) ** 2).mean()
    inside = (w[1] <= came <= w[4], v[0] <= value <= v[1], w[2] <= came <= w[3], w[0] <= came <= w[5])
    return (*map(float, inside), crps(drawn.wins, came) / came, float(brier), float(won.mean() * (1 - won.mean())))


def calibrated(random: np.random.Generator, a_day: float, ahead: int) -> tuple[Any, Any, Any]:
    """Forecasts that give each deal its true chance, on every thirtieth day of a year: said, came, deal.

    Deals are opened at a steady pace and close after exponential times, a third each in 250, 100 and 33 days on average.
    """
    days = ahead + 560
    n = random.poisson(a_day * days)
    born, pace, share = (
        random.uniform(-200, days - 200, n),
        random.choice([0.004, 0.01, 0.03], n),
        random.beta(1.5, 2, n),
    )
    ended, won = born + random.exponential(1 / pace), random.random(n) < share
    told = []
    for day in range(0, 360, 30):
        there = np.flatnonzero((born <= day) & (ended > day))
        came = (won & (ended <= day + ahead))[there].astype(float)
        told.append((share[there] * (1 - np.exp(-pace[there] * ahead)), came, there))
    said, came, deal = (np.concatenate(one) for one in zip(*told, strict=True))
    return said, came, deal


def reliability(reports: int) -> None:
    print(f"\nForecasts that are right, {reports} reports of twelve origins each: reports with a group that 'differs'")
    print("  days ahead   deals a day   forecasts   by deal   as if each were independent")
    random = np.random.default_rng(20261128)
    for ahead in (30, 90):
        for a_day in (0.2, 1.0, 5.0):
            made = [calibrated(random, a_day, ahead) for _ in range(reports)]
            alone = [(said, came, np.arange(len(said))) for said, came, _ in made]
            false = [np.mean([any(one.differs for one in groups(*each)) for each in some]) for some in (made, alone)]
            size = np.mean([len(said) for said, _, _ in made])
            print(f"  {ahead:10}{a_day:14}{size:12.0f}{false[0]:10.1%}{false[1]:32.1%}")


def speed() -> None:
    made = sample(AS_OF, activities_per_deal=0)
    with known(dict(made.tables), AS_OF, "Europe/Oslo") as prepared:
        forecast(prepared)
        started = time.perf_counter()
        told = forecast(prepared)
        seconds = time.perf_counter() - started
    print(f"\nForecast with its backtest of {len(told.backtest.periods)} origins, 3,000 deals: {seconds:.1f} s")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--maven", type=Path, default=MAVEN)
    asked.add_argument("--seeds", type=int, default=10)
    given = asked.parse_args()
    if given.maven.exists():
        quarters(given.maven)
    else:
        print(f"Maven's files are not at {given.maven}: skipped")
    years(given.seeds)
    reliability(1_000)
    speed()


if __name__ == "__main__":
    main()
