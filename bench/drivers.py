"""Does `drivers` keep its word? Simulated data sets with and without an effect, and how often it says so.

    python bench/drivers.py [--sets 200] [--deals 2000] [--seed 1]

1. Touches do nothing, but deals that live longer collect more of them, and those that are won live longer. Sellers, sources
   and team size do nothing either. Printed: how often anything at all is said to go with winning, and the naive figure.
2. A second and third seller truly help (logit +0.4 each), larger deals get more sellers and are won less often, companies
   differ. Printed: how often the 95 % interval holds the true effect, how often it is found, and the naive figure.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from vunnet.analysis import engine
from vunnet.analysis.drivers import Drivers, drivers
from vunnet.analysis.prepare import prepare

START = datetime(2024, 1, 1)  # noqa: DTZ001 - times in the tables are naive UTC
AS_OF = date(2025, 6, 30)
LANDMARK = 7
HELP = 0.4
Real = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """One simulated source; `chances`: each deal's chance of winning, by its number of sellers 1, 2, 3."""

    tables: dict[str, pa.Table]
    lives: Real
    chances: Real


def world(random: np.random.Generator, n: int, *, helps: float, longer: float) -> World:
    """`n` deals over 1½ years. `helps`: logit a further seller adds; `longer`: how much longer won deals live."""
    size = random.normal(0, 1, n)
    company, source, owner = random.integers(0, n // 5, n), random.integers(0, 4, n), random.integers(0, 8, n)
    team = 1 + random.binomial(2, expit(-1 + 0.8 * size))
    base = -0.9 - 0.5 * size + random.normal(0, 0.5, n // 5)[company]
    chances = expit(base[:, None] + helps * np.arange(3))
    won = random.random(n) < chances[np.arange(n), team - 1]
    lives = np.exp(random.normal(3.0 + longer * won, 0.8))
    opened = random.uniform(0, 540, n)  # the last ones are still open at AS_OF
    moment = pa.timestamp("us")

    def at(days: Real) -> pa.Array:
        return pa.array([START + timedelta(days=float(day)) for day in days], moment)

    ids = [f"D{k}" for k in range(n)]
    touched = random.poisson(0.25 * lives)
    of = np.repeat(np.arange(n), touched)
    met = opened[of] + random.random(len(of)) * lives[of]
    joined = np.repeat(np.arange(n), team)
    first = np.concatenate(([True], joined[1:] != joined[:-1]))
    deals = {
        "deal_id": ids,
        "outcome": np.where(won, "won", "lost"),
        "created_at": at(opened),
        "closed_at": at(opened + lives),
        "amount": pa.array(np.exp(9 + size), pa.float64()),
        "owner": [f"Seller {k}" for k in owner],
        "company": [f"Company {k}" for k in company],
        "source": [f"Source {k}" for k in source],
    }
    touches = {
        "deal_id": [ids[k] for k in of],
        "at": at(met),
        "kind": np.where(random.random(len(of)) < 0.5, "call", "mail"),
        "person": [f"P{k}" for k in random.integers(0, 3, len(of))],
    }
    members = {
        "deal_id": [ids[k] for k in joined],
        "member": [f"M{k}" for k in range(len(joined))],
        "joined_at": at(opened[joined] + np.where(first, 0.0, 1.0)),
    }
    found = {"deals": pa.table(deals), "touches": pa.table(touches), "members": pa.table(members)}
    return World(found, lives, chances)


def asked(found: World) -> Drivers:
    with engine.opened(found.tables, threads=2) as tables:
        answer = drivers(prepare(tables, AS_OF), LANDMARK)
    assert isinstance(answer, Drivers)
    return answer


def without_effect(sets: int, deals: int, seed: int) -> None:
    claims, touched, naive = 0, 0, []
    for k in range(sets):
        rows = asked(world(np.random.default_rng((seed, k)), deals, helps=0.0, longer=0.5)).rows
        told = [row for row in rows if row.verdict.startswith("goes with") and row.name != "size"]
        claims += bool(told)
        touched += any(row.name == "touches" for row in told)
        naive += [row.naive_effect.value for row in rows if row.name == "touches" and row.naive_effect]
    print(f"touches do nothing, won deals live longer: {sets} data sets of {deals:,} deals, seed {seed}")
    print(f"  touches said to go with winning or losing   {touched / sets:6.1%}")
    print(f"  any field that does nothing said to         {claims / sets:6.1%}")
    print(f"  the naive figure for touches, mean          {100 * float(np.mean(naive)):+6.1f} points")


def with_effect(sets: int, deals: int, seed: int) -> None:
    held, found, widths, truths, estimates, naive = 0, 0, [], [], [], []
    for k in range(sets):
        made = world(np.random.default_rng((seed, 10_000 + k)), deals, helps=HELP, longer=0.0)
        answer = asked(made)
        row = next(row for row in answer.rows if row.name == "team_size")
        assert row.marginal_effect is not None
        assert row.low is not None
        assert row.high is not None
        open_then = made.lives > LANDMARK
        in_time = (made.lives[open_then] <= answer.follow_days).mean()
        gained = made.chances[open_then, int(row.high) - 1] - made.chances[open_then, int(row.low) - 1]
        truth = float(gained.mean() * in_time)
        held += row.marginal_effect.low <= truth <= row.marginal_effect.high
        found += row.verdict == "goes with winning"
        widths.append(row.marginal_effect.high - row.marginal_effect.low)
        truths.append(truth)
        estimates.append(row.marginal_effect.value)
        naive += [row.naive_effect.value] if row.naive_effect else []
    print(f"a further seller helps (logit +{HELP}): {sets} data sets of {deals:,} deals, seed {seed}")
    print(f"  true effect of the step, mean               {100 * float(np.mean(truths)):+6.1f} points")
    print(f"  estimate, mean                              {100 * float(np.mean(estimates)):+6.1f} points")
    print(f"  the naive figure, mean                      {100 * float(np.mean(naive)):+6.1f} points")
    print(f"  the 95 % interval holds the truth           {held / sets:6.1%}")
    print(f"  its width, mean                             {100 * float(np.mean(widths)):6.1f} points")
    print(f"  said to go with winning                     {found / sets:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--deals", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    without_effect(given.sets, given.deals, given.seed)
    with_effect(given.sets, given.deals, given.seed)


if __name__ == "__main__":
    main()
