"""Sources with all that can be recorded, large enough that every metric answers, and the same as known on an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, day, deal, stages, table, visit
from vunnet.analysis import engine
from vunnet.analysis.prepare import Prepared, prepare
from vunnet.analysis.question import Period

few = settings(
    max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
LADDER = ("Met", "Quoted", "Agreed")
TIMES = {"visits": ("entered_at", "left_at"), "touches": ("at",), "members": ("joined_at",)}
PLANS = ("stages", "quotas")  # what was laid down, and not what happened
LAST = 1_200  # the last day on which a deal is opened


@dataclass(frozen=True)
class Source:
    """Rows by table, the day they are seen from, and the half year before it."""

    tables: dict[str, list[Row]] = field(repr=False)
    as_of: date

    @property
    def end(self) -> datetime:
        return datetime.combine(self.as_of + timedelta(days=1), datetime.min.time())

    @property
    def period(self) -> Period:
        return Period(self.as_of - timedelta(days=179), self.as_of)

    @contextmanager
    def prepared(self) -> Iterator[Prepared]:
        with engine.opened({name: table(name, rows) for name, rows in self.tables.items()}, threads=1) as tables:
            yield prepare(tables, self.as_of)

    @cached_property
    def known(self) -> Source:
        """The same source as it was on the day: no row and no value of later."""
        deals = [
            one if one["closed_at"] is not None and one["closed_at"] < self.end else one | {"outcome": "open", "closed_at": None}
            for one in self.tables["deals"]
            if one["created_at"] < self.end
        ]  # fmt: skip
        born = {one["deal_id"] for one in deals}
        found = {
            name: [self._then(name, one) for one in rows if one["deal_id"] in born and self._begun(name, one)]
            for name, rows in self.tables.items()
            if name not in ("deals", *PLANS)
        }
        return Source({"deals": deals} | found | {name: self.tables[name] for name in PLANS}, self.as_of)

    def _begun(self, name: str, one: Row) -> bool:
        return name not in TIMES or bool(one[TIMES[name][0]] < self.end)

    def _then(self, name: str, one: Row) -> Row:
        later = [column for column in TIMES.get(name, ())[1:] if one[column] is not None and one[column] >= self.end]
        return one | dict.fromkeys(later)

    def shuffled(self, seed: int) -> Source:
        order = np.random.default_rng(seed)
        return Source(
            {k: [rows[n] for n in order.permutation(len(rows))] for k, rows in self.tables.items()}, self.as_of
        )

    def closed(self, period: Period | None = None) -> list[Row]:
        """The won and lost deals as known on the day, closed in the period."""
        return [one for one in self.ended(period) if one["outcome"] != "cancelled"]

    def won(self, period: Period | None = None) -> list[Row]:
        return [one for one in self.ended(period) if one["outcome"] == "won"]

    def ended(self, period: Period | None = None) -> list[Row]:
        gone = [one for one in self.known.tables["deals"] if one["outcome"] != "open"]
        return [one for one in gone if period is None or inside(period, one["closed_at"])]


def inside(period: Period, moment: datetime) -> bool:
    assert period.first is not None
    assert period.last is not None
    return period.first <= moment.date() <= period.last


@some.composite
def sources(draw: some.DrawFn) -> Source:
    """Three years of deals with stays, contacts, sellers and lines; how many, how often won, how alike is drawn."""
    random = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    n, rate, apart = (
        draw(some.integers(700, 1_000)),
        draw(some.sampled_from((0.35, 0.5))),
        draw(some.sampled_from((0, 1))),
    )
    exact, as_of = draw(some.booleans()), draw(some.integers(1_050, 1_120))
    found: dict[str, list[Row]] = {name: [] for name in ("deals", "visits", "touches", "members", "lines")}
    for k in range(n):
        _deal(found, f"d{k}", random, rate, apart, exact)
    for k in range(4):  # nobody touches these: they are stale
        rows = deal(
            f"old{k}", "lost", as_of - 200 - k, LAST + 100, owner="Bo", amount=900, currency="NOK", pipeline="Sales"
        )
        found["deals"].append(rows)
        found["visits"].append(visit(f"old{k}", "Met", as_of - 200 - k, LAST + 100))
    return Source(found | {"stages": stages(*LADDER), "quotas": _quotas(as_of)}, day(as_of).date())


def _quotas(as_of: int) -> list[Row]:
    """Of two of the sellers, for quarters of ninety days; the last one runs on the day."""
    ends = [as_of + 30 - 90 * n for n in range(8)]
    return [
        {"member": who, "period_start": day(end - 89).date(), "period_end": day(end).date(), "amount": 90_000}
        for end in ends
        for who in ("Ann", "Bo")
    ]


def _deal(
    found: dict[str, list[Row]], name: str, random: np.random.Generator, rate: float, apart: int, exact: bool
) -> None:
    """One deal with all that belongs to it. Some are cancelled, some have no amount, company, owner or product."""

    def pick(*values: Any) -> Any:
        return values[int(random.integers(len(values)))]

    owner, product = pick("Ann", "Bo", "Cy", None), pick("X", "Y", "Y", None)
    won = random.random() < min(0.9, rate + 0.25 * apart * (owner == "Ann"))
    outcome = "cancelled" if random.random() < 0.08 else "won" if won else "lost"
    created = random.uniform(0, LAST)
    created, lived = (
        (created, random.gamma(2, 14) + 1) if exact else (float(int(created)), float(int(random.gamma(2, 14)) + 1))
    )
    amount = None if random.random() < 0.05 else int(np.exp(random.normal(8, 1)))
    row = deal(
        name, outcome, created, created + lived, owner=owner, product=product, source=pick("web", "fair", "call", None)
    )
    row |= {"amount": amount, "currency": "NOK", "company": pick(*(f"C{c}" for c in range(60)), *[None] * 6)}
    found["deals"].append(row | {"team": pick("North", "South"), "pipeline": "Sales", "x_size": pick("big", "small")})
    reached = 3 if outcome == "won" else int(random.integers(1, 4))
    cuts = created + lived * np.sort(random.random(reached - 1))
    for stage, entered, left in zip(LADDER, (created, *cuts), (*cuts, created + lived), strict=False):
        found["visits"].append(visit(name, stage, float(entered), float(left)))
    for at in created + lived * random.random(random.poisson(0.15 * lived)):
        touch = {"deal_id": name, "at": day(float(at)), "kind": pick("call", "mail"), "person": pick("P", "Q", "R")}
        found["touches"].append(touch)
    sellers = ("Ann", "Bo", "Cy")[: 1 + int(random.integers(0, 3))]
    for place, seller in enumerate(sellers):
        joined = day(created + lived * (0, 0.6, 4)[place])  # the third long after it is over
        found["members"].append({"deal_id": name, "member": seller, "joined_at": joined, "share": 1 / len(sellers)})
    for own in ("X", "Z")[: int(random.integers(0, 3))]:
        found["lines"].append({"deal_id": name, "product": own, "amount": int(random.integers(0, 900))})
