"""The sample year: companies, people, then one deal after another through its stages, until the last day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import exp
from random import Random
from typing import Any

import pyarrow as pa

from vunnet.analysis import schema
from vunnet.exchange import tables
from vunnet.exchange.export import Export
from vunnet.exchange.sample import effects, names
from vunnet.exchange.sample.chance import one_of
from vunnet.exchange.sample.deals import Deal, Life, live

CURRENCY = "NOK"
MONTHS_LONG = 18

# When its last day ends, in UTC.
DAYS_END = timedelta(hours=15)


def sample(
    as_of: date,
    *,
    companies: int = 600,
    people: int = 1500,
    deals: int = 3000,
    activities_per_deal: float = 6.0,
    seed: int = 24,
) -> Export:
    """The sample year that ends on `as_of`, as an export like any other. Sizes are exact; times lie in office hours."""
    random = Random(seed)  # noqa: S311  # invented data must be the same for the same seed
    first = as_of - timedelta(days=round(MONTHS_LONG * 30.44))
    firms = _companies(companies, first, random)
    persons = _people(people, firms, first, random)
    lives = _lives(deals, companies, persons["of_company"], first, as_of, activities_per_deal, random)
    done = {
        "deals": _deals(lives, firms),
        "visits": pa.Table.from_pylist([visit for life in lives for visit in life.visits], schema.VISITS.columns),
        "stages": _stages(),
        "members": _members(lives),
    }
    activities = pa.Table.from_pylist([row for life in lives for row in life.activities], tables.ACTIVITIES)
    count = companies + people + deals + activities.num_rows
    return Export(
        "sample",
        done,
        _table(firms, tables.COMPANIES),
        _table(persons["rows"], tables.PEOPLE),
        activities,
        [],
        count,
        count,
    )


def _table(rows: list[dict[str, Any]], shape: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, shape)


def _moment(day: date, random: Random) -> datetime:
    return datetime.combine(day, time(random.randrange(6, 15), random.randrange(0, 60)))


def _companies(count: int, first: date, random: Random) -> list[dict[str, Any]]:
    found, industries, cities = names.company_names(count, random)
    sizes = [2 + int(exp(random.gauss(3.2, 1.1))) for _firm in found]
    return [
        {
            "external_id": f"c{n + 1}", "name": name, "domain": names.domain(name), "website": f"https://{names.domain(name)}",
            "phone": f"+47 55 {n // 1000 % 100:02} {n // 10 % 100:02} {n % 10}0", "industry": industry, "city": city, "country": "Norway",
            "employees": size, "owner": names.SELLERS[n % len(names.SELLERS)][0], "created_at": _moment(first, random),
        }
        for n, (name, industry, city, size) in enumerate(zip(found, industries, cities, sizes, strict=True))
    ]  # fmt: skip


def _people(count: int, firms: list[dict[str, Any]], first: date, random: Random) -> dict[str, Any]:
    rows, of_company = [], [[] for _firm in firms]  # type: list[dict[str, Any]], list[list[str]]
    for n in range(count):
        firm = firms[n % len(firms)] if n < len(firms) else firms[random.randrange(len(firms))]
        given, family = random.choice(names.FIRST), random.choice(names.LAST)
        of_company[int(firm["external_id"][1:]) - 1].append(f"p{n + 1}")
        rows.append({
            "external_id": f"p{n + 1}", "first_name": str(given), "last_name": str(family), "email": f"{names.domain(f'{given} {family}')[:-8]}.{n + 1}@{firm['domain']}",
            "phone": f"+47 4{n // 10_000 % 10}{n // 1000 % 10} {n // 100 % 10}{n // 10 % 10} {n % 10}{n % 7}{n % 5}", "title": random.choice(names.TITLES), "company_id": firm["external_id"],
            "company": firm["name"], "owner": firm["owner"], "created_at": _moment(first, random),
        })  # fmt: skip
    return {"rows": rows, "of_company": of_company}


def _lives(
    count: int, companies: int, of_company: list[list[str]], first: date, as_of: date, touches: float, random: Random
) -> list[Life]:
    """Deals in the order they were opened, so that an earlier win can make a company one that bought before."""
    opened = sorted(_opening_days(count, first, as_of, random))
    won_on: dict[int, datetime] = {}
    lives = []
    for n, day in enumerate(opened):
        company = int(companies * random.betavariate(1.0, 1.35)) % companies
        deal = _deal(n, company, _moment(day, random), of_company[company], random)
        before = company in won_on and won_on[company] < deal.opened_at
        life = live(deal, before, datetime.combine(as_of, time()) + DAYS_END, touches, random)
        if life.outcome == "won" and life.closed_at:
            won_on[company] = min(won_on.get(company, life.closed_at), life.closed_at)
        lives.append(life)
    return lives


def _opening_days(count: int, first: date, as_of: date, random: Random) -> list[date]:
    days = [first + timedelta(days=n) for n in range((as_of - first).days + 1)]
    weights = [0.0 if day.weekday() > 4 else effects.MONTHS[day.month - 1] for day in days]
    return random.choices(days, weights, k=count)


def _deal(n: int, company: int, at: datetime, people: list[str], random: Random) -> Deal:
    product = one_of({name: share for name, (share, _price) in effects.PRODUCTS.items()}, random)
    price = effects.PRODUCTS[product][1]
    amount = max(5_000, int(round(price * exp(random.gauss(0, 0.7)), -3 if price > 100_000 else -2)))
    owner = random.randrange(len(names.SELLERS))
    # Larger deals get a second seller more often: whoever compares without adjusting for size is misled.
    second = random.random() < (0.4 if amount > 500_000 else 0.18)
    other = (owner + 1 + random.randrange(len(names.SELLERS) - 1)) % len(names.SELLERS)
    chosen = random.sample(people, min(len(people), 1 + random.randrange(2)))
    return Deal(
        f"d{n + 1}", company, at, product, amount, one_of(effects.SOURCES, random),
        names.SELLERS[owner], names.SELLERS[other][0] if second else None, chosen,
    )  # fmt: skip


def _deals(lives: list[Life], firms: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([life.row(firms[life.deal.company], CURRENCY) for life in lives], tables.DEALS)


def _stages() -> pa.Table:
    rows = [(step.name, "open", step.probability / 100) for step in effects.STEPS] + [
        (effects.WON, "won", 1.0),
        (effects.LOST, "lost", 0.0),
    ]
    return pa.Table.from_pylist(
        [
            {"pipeline": effects.PIPELINE, "stage": stage, "position": n, "kind": kind, "probability": p}
            for n, (stage, kind, p) in enumerate(rows)
        ],
        schema.STAGES.columns,
    )


def _members(lives: list[Life]) -> pa.Table:
    rows = []
    for life in lives:
        sellers = [life.deal.owner[0]] + ([life.deal.second] if life.deal.second else [])
        shares = [1.0] if len(sellers) == 1 else [0.6, 0.4]
        rows += [
            {
                "deal_id": life.deal.deal_id,
                "member": seller,
                "joined_at": life.deal.opened_at,
                "left_at": None,
                "share": share,
            }
            for seller, share in zip(sellers, shares, strict=True)
        ]
    return pa.Table.from_pylist(rows, schema.MEMBERS.columns)
