"""Does `segments` keep its word? Reports on data without any effect, and on data with one.

    python bench/segments.py [--sets 200] [--deals 2000] [--seed 1]
    python bench/segments.py --verdicts 1500


1. Nobody and nothing wins more often: every deal is won with the same chance. Printed: the share of reports in which any
   segment or any member of one is said to differ (at most 5 % may), with the Wilson interval of that share. Customers are
   new, existing or won back by what their companies bought in the four years before.
2. One source of six wins 5, 10 or 20 points more often. Printed, at 500, 2,000 and 10,000 deals: how often the segment is said to
   differ, how often that source is, and how often anything else is.

`--verdicts`: the verdicts alone, on tables made up without the engine, so that thousands of reports of each kind can be
asked (1,000 of each: 72 seconds on two cores).
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from vunnet.analysis import engine, tails
from vunnet.analysis.answers import TOO_FEW, wilson
from vunnet.analysis.evidence import BEYOND_DOUBT, DIFFERS, LEVEL, against_the_rest, benjamini_hochberg, homogeneity
from vunnet.analysis.prepare import prepare
from vunnet.analysis.question import Period
from vunnet.analysis.segments import Segment, segments

AS_OF = date(2026, 1, 1)
DAY = datetime(2025, 1, 1)  # noqa: DTZ001 - times in the tables are naive UTC
ASKED = Period(date(2025, 1, 1), date(2025, 12, 31))
YEARS_BEFORE = 4
RATE = 0.4
MEMBERS = {"owner": 30, "team": 5, "product": 7, "source": 6, "segment": 3, "x_region": 4, "x_industry": 10}
PLANTED = "source 0"
POWER_SETS = 40
EFFECTS = (0.05, 0.10, 0.20)
SIZES = (500, 2_000, 10_000)


def report(random: np.random.Generator, n: int, effect: float = 0.0) -> dict[str, Segment]:
    """The segments of `n` deals closed in a year, of which those of one source win `effect` more often; sizes are uneven.

    As many deals lie in the years before; they only say what the customers of this year were.
    """
    columns = {}
    for name, members in MEMBERS.items():
        weights = random.dirichlet(np.full(members, 3.0))
        columns[name] = [f"{name} {member}" for member in random.choice(members, n, p=weights)]
    chance = RATE + effect * np.array([value == PLANTED for value in columns["source"]])
    won = random.random(n) < chance
    earlier = {name: [None] * n for name in MEMBERS}
    days = np.concatenate((np.zeros(n), random.integers(-YEARS_BEFORE * 365, -20, n)))
    opened = [DAY + timedelta(days=float(day)) for day in days]
    deals = pa.table(
        {
            "deal_id": [str(k) for k in range(2 * n)],
            "outcome": np.where(np.concatenate((won, random.random(n) < RATE)), "won", "lost"),
            "created_at": pa.array(opened, pa.timestamp("us")),
            "closed_at": pa.array([day + timedelta(days=10) for day in opened], pa.timestamp("us")),
            "company": [f"company {k}" for k in random.integers(0, n, 2 * n)],
        }
        | {name: [*values, *earlier[name]] for name, values in columns.items()}
    )
    with engine.opened({"deals": deals}, threads=2) as tables:
        found = segments(prepare(tables, AS_OF), ASKED)
    return {name: answer for name, answer in found.items() if isinstance(answer, Segment)}


def claims(found: dict[str, Segment]) -> tuple[bool, bool, bool]:
    """Whether the planted segment, the planted member, or anything else is said to differ."""
    planted = found["source"]
    told = {(by, m.value) for by, one in found.items() for m in one.members if m.verdict.startswith(DIFFERS)}
    others = any(one.verdict == DIFFERS for by, one in found.items() if by != "source")
    others |= bool({(by, value) for by, value in told if by != "source"})
    return planted.verdict == DIFFERS, ("source", PLANTED) in told, others


def without_effect(sets: int, deals: int, seed: int) -> None:
    by_segment = by_member = either = 0
    for k in range(sets):
        found = report(np.random.default_rng((seed, k)), deals)
        segment = any(one.verdict == DIFFERS for one in found.values())
        member = any(m.verdict.startswith(DIFFERS) for one in found.values() for m in one.members)
        by_segment, by_member, either = by_segment + segment, by_member + member, either + (segment or member)
    share = wilson(either, sets)
    print(
        f"no effect: {sets} reports on {deals:,} deals, {len(found)} segments, {sum(len(one.members) for one in found.values())} members, seed {seed}"
    )
    print(f"  reports in which a segment is said to differ   {by_segment / sets:6.1%}")
    print(f"  reports in which a member is said to differ    {by_member / sets:6.1%}")
    print(f"  reports with any of it                         {either / sets:6.1%} ({share.low:.1%}–{share.high:.1%})")


def with_effect(seed: int) -> None:
    print(f"one source of six wins more often than {RATE:.0%}: {POWER_SETS} reports each, seed {seed}")
    print(f"  {'deals':>8} {'effect':>10} {'segment differs':>18} {'that source':>14} {'anything else':>16}")
    for n in SIZES:
        for effect in EFFECTS:
            told = [
                claims(report(np.random.default_rng((seed, n, round(100 * effect), k)), n, effect))
                for k in range(POWER_SETS)
            ]
            shares = [sum(column) / POWER_SETS for column in zip(*told, strict=True)]
            shown = f"{100 * effect:+.0f} points"
            print(f"  {n:>8,} {shown:>10} {shares[0]:>18.0%} {shares[1]:>14.0%} {shares[2]:>16.0%}")


@dataclass(frozen=True)
class Design:
    """A kind of report: eight segments of `sizes` members, sizes drawn from a Dirichlet distribution (`even`: the higher
    the more alike), or a giant beside small ones. `effect`: how much more often the first member of the last segment wins."""

    name: str
    deals: int
    rate: float
    even: float
    sizes: tuple[int, ...] = (30, 5, 7, 6, 4, 10, 3, 3)
    effect: float = 0.0
    giant: float = 0.0

    def weights(self, random: np.random.Generator, members: int) -> np.ndarray:
        small = random.dirichlet(np.full(members, self.even))
        small[-1] += self.giant / (1 - self.giant) if self.giant else 0.0
        return np.asarray(small / small.sum())


TEN = (10,) * 8
DESIGNS = (
    Design("2,000 deals, 40 % won", 2_000, 0.40, 3),
    Design("500 deals, 40 % won", 500, 0.40, 3),
    Design("500 deals, 10 % won, cells small", 500, 0.10, 3),
    Design("2,000 deals, 10 % won, very uneven", 2_000, 0.10, 1),
    Design("20,000 deals, 5 % won, nine of ten small", 20_000, 0.05, 60, TEN, giant=0.9),
    Design("as the last, 2 % won", 50_000, 0.02, 60, TEN, giant=0.9),
)
SIX, FORTY = (30, 5, 7, 3, 4, 10, 3, 6), (30, 5, 7, 6, 4, 10, 3, 40)
PLANTS = (
    Design("2,000 deals, one of six, +10 points", 2_000, 0.40, 3, SIX, 0.10),
    Design("2,000 deals, one of six, +20 points", 2_000, 0.40, 3, SIX, 0.20),
    Design("2,000 deals, one of forty, +12 points", 2_000, 0.40, 3, FORTY, 0.12),
    Design("20,000 deals, one of forty, +12 points", 20_000, 0.40, 3, FORTY, 0.12),
)
HOPELESS = 0.3  # where chi-square gives more, the exact p-value is not under 0.05 either; it takes most of the time
BLOCK = 250


def told(design: Design, random: np.random.Generator) -> list[bool]:
    """Whether each segment of one report differs, by the rule of `segments`."""
    member = [random.choice(k, design.deals, p=design.weights(random, k)) for k in design.sizes]
    won = random.random(design.deals) < design.rate + design.effect * (member[-1] == 0)
    tables = [
        (np.bincount(own[won], minlength=k), np.bincount(own, minlength=k))
        for own, k in zip(member, design.sizes, strict=True)
    ]
    q_values = benjamini_hochberg([p_value(w, n) for w, n in tables])
    passed = [q is not None and q < LEVEL for q in q_values]
    level = LEVEL * sum(passed) / max(sum(q is not None for q in q_values), 1)
    return [
        q is not None and (q < BEYOND_DOUBT or (q < LEVEL and named(w, n, level)))
        for q, (w, n) in zip(q_values, tables, strict=True)
    ]


def p_value(won: np.ndarray, closed: np.ndarray) -> float | None:
    won, closed = won[closed > 0], closed[closed > 0]
    rate = won.sum() / closed.sum()
    if len(closed) > 1 and 0 < rate < 1:
        rough = tails.chi_square(
            float(((won - closed * rate) ** 2 / (closed * rate * (1 - rate))).sum()), len(closed) - 1
        )
        if rough > HOPELESS:
            return rough
    return homogeneity(won.tolist(), closed.tolist())


def named(won: np.ndarray, closed: np.ndarray, level: float) -> bool:
    """Whether a member can be named at that level."""
    pool = (int(won.sum()), int(closed.sum()))
    members = zip(won.tolist(), closed.tolist(), strict=True)
    tested = [against_the_rest(w, n, *pool) if n >= TOO_FEW else None for w, n in members]
    return any(q is not None and q < level for q in benjamini_hochberg(tested))


def block(asked: tuple[Design, int, int, int]) -> list[list[bool]]:
    design, seed, number, sets = asked
    random = np.random.default_rng((seed, number, design.deals, round(1000 * design.rate), round(1000 * design.effect)))
    return [told(design, random) for _ in range(sets)]


def verdicts(sets: int, seed: int) -> None:
    asked = [
        (design, seed, number, BLOCK)
        for design in (*DESIGNS, *PLANTS)
        for number in range(max(1, sets // BLOCK if design in DESIGNS else sets // BLOCK // 3))
    ]
    found: dict[Design, list[list[bool]]] = {}
    with ProcessPoolExecutor(2) as pool:
        for (design, *_), reports in zip(asked, pool.map(block, asked), strict=True):
            found.setdefault(design, []).extend(reports)
    print(f"reports of eight segments without any effect, seed {seed}: where any segment differs")
    for design in DESIGNS:
        reports = found[design]
        share = wilson(sum(map(any, reports)), len(reports))
        print(f"  {design.name:<44} {len(reports):>6,} {share.rate:>6.1%} ({share.low:.1%}–{share.high:.1%})")
    print(
        "with one: how often that segment differs, how often any other does, and the share of others among all that do"
    )
    for design in PLANTS:
        reports = found[design]
        true, others = [one[-1] for one in reports], [sum(one[:-1]) for one in reports]
        false = sum(other / (other + hit) for other, hit in zip(others, true, strict=True) if other) / len(reports)
        shares = (sum(true) / len(reports), sum(map(bool, others)) / len(reports), false)
        print(f"  {design.name:<44} {len(reports):>6,} " + " ".join(f"{share:>7.1%}" for share in shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--deals", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--verdicts", type=int, default=0, help="how many made-up reports of each kind; nothing else runs"
    )
    given = parser.parse_args()
    if given.verdicts:
        verdicts(given.verdicts, given.seed)
        return
    without_effect(given.sets, given.deals, given.seed)
    with_effect(given.seed)


if __name__ == "__main__":
    main()
