"""What control charts raise by chance: run lengths with known limits, alike neighbours, false patterns, and power.

    python bench/signals.py

Prints tables with sizes and seed; the figures of docs/metrics.md come from here.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from vunnet.analysis import control
from vunnet.analysis.board import RATE, VALUE, Board, Series, board
from vunnet.analysis.slots import Slot

SEED = 20261124
SERIES, LENGTH = 6_000, 4_000
BOARDS, WEEKS = 2_000, 52
BEYOND_3 = 2 * stats.norm.sf(3)
# Rule 1 with a run of eight: Champ & Woodall, Technometrics 29 (1987), table 1.
WITH_RUNS = 152.73


def run_lengths(random: np.random.Generator) -> None:
    """Known limits: normal values, and rates whose exact chance of a signal the binomial gives."""
    print(f"\nAverage run length in control, known limits, {SERIES:,} series, seed {SEED}")
    found = control.run_lengths([random.standard_normal(LENGTH) for _ in range(SERIES)], runs=False)
    _line("values, rule 1", found, 1 / BEYOND_3)
    found = control.run_lengths([random.standard_normal(LENGTH // 2) for _ in range(SERIES)], runs=True)
    _line("values, rule 1 and runs of 8", found, WITH_RUNS)
    n, p = 400, 0.3
    spread = np.sqrt(p * (1 - p) / n)
    low, high = n * (p - 3 * spread), n * (p + 3 * spread)
    chance = float(stats.binom.cdf(np.ceil(low) - 1, n, p) + stats.binom.sf(np.floor(high), n, p))
    away = [(random.binomial(n, p, LENGTH) / n - p) / spread for _ in range(SERIES)]
    _line(f"rates, {p} of {n}, rule 1", control.run_lengths(away, runs=False), 1 / chance)


def _line(name: str, found: list[int], theory: float) -> None:
    ended = [length if length else LENGTH for length in found]
    mean, error = float(np.mean(ended)), float(np.std(ended) / np.sqrt(len(ended)))
    print(f"  {name:<34}{mean:8.1f} ± {1.96 * error:4.1f}   theory {theory:6.1f}   ratio {mean / theory:5.2f}")


def weekly(values: np.ndarray, n: np.ndarray | None = None) -> Board:
    """The board of a series of weeks, from Monday 5 January 2026."""
    begin = date(2026, 1, 5)
    slots = tuple(Slot(begin + timedelta(7 * k), begin + timedelta(7 * k + 6)) for k in range(len(values)))
    return board(
        Series("won_value" if n is None else "win_rate", "week", VALUE if n is None else RATE, slots, values, n)
    )


def alike(random: np.random.Generator, r: float, points: int) -> np.ndarray:
    noise = random.standard_normal(points)
    for k in range(1, points):
        noise[k] = r * noise[k - 1] + np.sqrt(1 - r * r) * noise[k]
    return noise


def neighbours(random: np.random.Generator) -> None:
    print(f"\nSignals a board of {WEEKS} weeks, limits from its own first 24, {BOARDS:,} boards, seed {SEED}")
    print("  neighbours alike    signals a board   boards with one   ratio   promised beside it   patterns found")
    base = 0.0
    for r in (0.0, 0.2, 0.4, 0.6, 0.8):
        boards = [weekly(100 + 10 * alike(random, r, WEEKS)) for _ in range(BOARDS)]
        mean = float(np.mean([len(one.signals) for one in boards]))
        base = base or mean
        some = float(np.mean([bool(one.signals) for one in boards]))
        said = float(np.mean([one.expected_by_chance or 0.0 for one in boards]))
        false = float(np.mean([one.pattern is not None for one in boards]))
        print(f"  r = {r:<16}{mean:12.2f}{some:18.1%}{mean / base:10.2f}{said:15.2f}{false:20.1%}")
    for name, spread in (("rates, chance alone", 0.0), ("rates, extra spread", 0.06)):
        boards = []
        for _ in range(BOARDS):
            n = random.integers(60, 140, WEEKS)
            p = np.clip(0.4 + spread * random.standard_normal(WEEKS), 0.02, 0.98)
            boards.append(weekly(random.binomial(n, p).astype(float), n.astype(float)))
        mean = float(np.mean([len(one.signals) for one in boards]))
        some = float(np.mean([bool(one.signals) for one in boards]))
        said = float(np.mean([one.expected_by_chance or 0.0 for one in boards]))
        laney = float(np.mean([one.chart == "laney_p" for one in boards]))
        print(f"  {name:<20}{mean:12.2f}{some:18.1%}{mean / base:10.2f}{said:15.2f}   Laney p′ on {laney:.0%}")


def power(random: np.random.Generator) -> None:
    print(f"\nFound where something happened, 1,000 boards of {WEEKS} weeks each, seed {SEED}")
    for name, change in (
        ("one week 4 sigma off", lambda z: z + 4 * (np.arange(WEEKS) == 40)),
        ("a shift of 1 sigma from week 30", lambda z: z + 1 * (np.arange(WEEKS) >= 30)),
        ("a shift of 2 sigma from week 30", lambda z: z + 2 * (np.arange(WEEKS) >= 30)),
    ):
        boards = [weekly(100 + 10 * change(random.standard_normal(WEEKS))) for _ in range(1_000)]
        later = [any(signal.until >= 30 for signal in one.signals) for one in boards]
        print(f"  {name:<34}{np.mean(later):8.1%}")
    last = np.array([(date(2026, 1, 8) + timedelta(7 * k)).month % 3 == 0 for k in range(WEEKS)])
    for size in (1.0, 2.0):
        boards = [weekly(100 + 10 * (random.standard_normal(WEEKS) + size * last)) for _ in range(1_000)]
        named = np.mean([one.pattern is not None for one in boards])
        print(f"  last months {size:.0f} sigma higher: pattern named {named:6.1%}")


def main() -> None:
    started = time.perf_counter()
    random = np.random.default_rng(SEED)
    run_lengths(random)
    neighbours(random)
    power(random)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
