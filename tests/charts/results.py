"""Results to draw, worked out from small tables by the analysis itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random

import numpy as np

from tests.analysis.rows import Row, day, deal, prepared, stages, visit
from tests.analysis.test_comparison import teams
from tests.analysis.test_deal_path import others
from tests.analysis.test_forecast import busy, ladder
from tests.analysis.test_segments import customers as bought_before
from vunnet.analysis.answers import NotRecorded, wilson
from vunnet.analysis.attainment import Attainment, attainment
from vunnet.analysis.board import COUNT, RATE, VALUE, Board, Series, board
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.comparison import Comparison, comparison
from vunnet.analysis.deal_path import DealPath, deal_path
from vunnet.analysis.drivers import Driver, Drivers
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.leaks import Leak, Leaks
from vunnet.analysis.mix_or_rate import MixOrRate, Tally, decompose
from vunnet.analysis.quarters import quarter_of
from vunnet.analysis.question import Annotation, Period, Question, Side
from vunnet.analysis.regression import Estimate
from vunnet.analysis.report import Report, answer
from vunnet.analysis.slots import Slot, whole

LADDER = ("Met", "Quoted", "Agreed")


def _deals() -> tuple[list[Row], list[Row]]:
    deals, visits = [], []
    for n in range(120):
        outcome = "open" if n % 10 == 0 else "won" if n % 3 == 0 else "lost"
        product, owner = ("Pump", "Ann") if n % 2 else ("Panel <b>&", "Bo")
        depth = 3 if outcome == "won" else 1 + n % 2
        closed = None if outcome == "open" else 3.3 * depth + n % 5
        deals.append(
            deal(
                f"d{n}",
                outcome,
                n % 4 + 0.25,
                closed and closed + n % 4 + 0.25,
                product=product,
                owner=owner,
                amount=50 + n,
            )
        )
        deals[-1] |= {"company": f"Company {n % 7}", "currency": "NOK"}
        for place, stage in enumerate(LADDER[:depth]):
            begin = n % 4 + 0.25 + 3.3 * place
            end = closed + n % 4 + 0.25 if closed and place == depth - 1 else begin + 3.3
            visits.append(visit(f"d{n}", stage, begin, None if outcome == "open" and place == depth - 1 else end))
    return deals, visits


@cache
def report() -> Report:
    """120 deals in a ladder of three stages."""
    deals, visits = _deals()
    with prepared(deals, as_of=60, visits=visits, stages=stages(*LADDER)) as source:
        return answer(source, Question(day(60).date()), split="product")


@cache
def beside(apart: bool = True) -> Comparison:
    """Two teams' funnels: apart in the first stage, or alike."""
    rows = teams(60, 30) if apart else teams(50, 46)
    with prepared(rows[0], as_of=30, visits=rows[1], stages=stages("Met", "Quoted")) as source:
        found = comparison(source, Side({"team": ("North",)}), Side({"team": ("South",)}))
    assert isinstance(found, tuple)
    return found[0]


@cache
def path(name: str = "slow") -> DealPath:
    """A deal slow in its second stage, one that is stale, one lost at once, beside forty others."""
    deals, visits = others()
    deals += [deal("slow", "won", 1.0, 33.0), deal("old", "open", 1.0), deal("quick", "lost", 1.0, 1.02)]
    visits += [visit("slow", "Met", 1.0, 5.0), visit("slow", "Quoted", 5.0, 33.0), visit("old", "Met", 1.0)]
    visits.append(visit("quick", "Met", 1.0, 1.02))
    with prepared(deals, as_of=60, visits=visits, stages=stages("Met", "Quoted")) as source:
        found = deal_path(source, name)
    assert isinstance(found, DealPath)
    return found


@cache
def nothing() -> Report:
    """No deal at all."""
    with prepared([]) as source:
        return answer(source, Question(day(60).date()))


@cache
def apart() -> Report:
    """Owners of whom two differ and one closed too few."""
    sizes = {"Ann": (119, 59), "Bo": (16, 49), "Cy": (6, 5), "Di": (42, 84), "Ed": (3, 1)}
    rows = [
        deal(f"{owner}{n}", "won" if n < won else "lost", n % 20, n % 20 + n % 9, owner=owner)
        for owner, (won, lost) in sizes.items()
        for n in range(won + lost)
    ]
    with prepared(rows, as_of=60) as source:
        return answer(source, Question(day(60).date()))


@cache
def customers() -> Report:
    """New and existing customers, of whom the existing ones win more often."""
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    with prepared(bought_before(40)) as source:
        return answer(source, Question(day(60).date(), closed_in=year))


@cache
def mixed() -> MixOrRate:
    """A win rate that fell by rate and rose a little by mix."""
    earlier, later = quarter_of(date(2026, 1, 1)), quarter_of(date(2026, 4, 1))
    counts: list[Tally] = [("Pump", 400, 900, 300, 1100), ("Panel <b>&", 300, 900, 150, 700), (None, 30, 100, 20, 120)]
    return decompose("product", earlier, later, counts)


@cache
def weekly(kind: str = RATE, count: int = 40, shift: float = 0.0, period: str = "week") -> Board:
    """A board of weeks (or days, months) with one far off and, with `shift`, a run at the end."""
    random, begin = Random(4), date(2026, 1, 1) if period == "month" else date(2026, 1, 5)
    slots: tuple[Slot, ...] = whole(period, begin, begin + timedelta(days=count * 31))[:count]
    n = np.array([90 + random.randrange(30) for _ in slots], float)
    share = np.array([0.4 + random.gauss(0, 0.04) + (shift if k > 26 else 0) for k in range(count)])
    if count > 20:
        share[17] = 0.12
    measure = {RATE: "win_rate", VALUE: "won_value", COUNT: "touches_per_deal"}[kind]
    events = np.round(share * {RATE: n, VALUE: 1_000_000, COUNT: 5 * n}[kind])
    notes = (Annotation(slots[count // 2].first, "New price list"), Annotation(slots[-1].first, "New playbook for all"))
    return board(Series(measure, period, kind, slots, events, None if kind == VALUE else n, "NOK")).annotated(notes)


@cache
def months() -> Cohorts:
    """Four months that win less and less, and one that is too young."""
    won = (60, 50, 40, 30, 3)
    rows = [
        deal(f"{month}-{n}", "won" if n < won[month] else "lost", month * 30.5 + 2, month * 30.5 + 6)
        for month in range(5)
        for n in range(100 if month < 4 else 8)
    ]
    with prepared(rows, as_of=160) as source:
        found = cohorts(source)
    assert isinstance(found, Cohorts)
    return found


@cache
def driven() -> Drivers:
    """Fields that go with winning, with losing and with neither, and one of which there is too little."""

    def row(name: str, value: str | None, effect: float | None, verdict: str) -> Driver:
        fair = effect and Estimate(effect, effect - 0.03, effect + 0.03)
        naive = Estimate(0.08, 0.05, 0.11)
        low, high = (None, None) if value else (0.4, 5.0)
        return Driver(
            name, value, 7, 900, 300, low, high, naive, naive, naive, fair or None, 0.01, 0.01, verdict, ("size",)
        )

    rows = (
        row("team_size", None, 0.06, "goes with winning"),
        row("touches", None, 0.01, "no evidence of a difference"),
        row("response_time", None, -0.05, "goes with losing"),
        row("people", None, None, "too few to say"),
        row("source", "Panel <b>& a very long name of a source of deals", 0.02, "no evidence of a difference"),
    )
    return Drivers(7, 60.0, 900, 300, rows, {"size": NotRecorded("amounts are known only when a deal is closed")}, 1.0)


@cache
def leaking() -> Leaks:
    """A stage that leaks, one of two pipelines, and one that does not."""

    def row(stage: str, by: str | None, low: float, verdict: str) -> Leak:
        wins = Estimate(low + 40, low, low + 90)
        quarters = (wilson(60, 90),) * 4
        value = Estimate(100 * wins.value, 100 * wins.low, 100 * wins.high)
        found = ("Sales", stage, by, by and "Panel <b>&", quarters, 4948, 9000.0, 120.5, 0.61, 0.68)
        return Leak(*found, wins, value, 0.001, 0.004, verdict)

    rows = (
        row("Met", None, 120, "a leak"),
        row("Met", "product", 40, "a leak"),
        row("A stage with quite a long name", None, 0, "no evidence of a difference"),
    )
    return Leaks(rows, (quarter_of(date(2025, 1, 1)), quarter_of(date(2025, 12, 1))), "NOK")


@cache
@cache
def attained() -> Attainment:
    """Three sellers of two teams in a quarter that runs, one past the quota by far, one without any."""
    deals, visits = busy(304)
    owners, teams = ("Ann", "Bo <b>&", "A seller whose name is longer than its column"), ("North", "South")
    owned = [row | {"owner": owners[n % 3], "team": teams[n % 3 == 0]} for n, row in enumerate(deals)]
    days = {"period_start": date(2026, 10, 1), "period_end": date(2026, 12, 31)}
    quotas = [{"member": owners[n], "amount": Decimal(worth), **days} for n, worth in ((0, 9_000), (2, 1_500))]
    with prepared(owned, as_of=303, visits=visits, stages=ladder(), quotas=quotas) as source:
        found = attainment(source)
    assert isinstance(found, Attainment)
    return found


def forecasts(target: float | None = None) -> Forecast:
    """A forecast of a ladder of three stages, with a year of past ones."""
    deals, visits = busy()
    with prepared(deals, as_of=400, visits=visits, stages=ladder()) as source:
        found = forecast(source, target=target)
    assert isinstance(found, Forecast)
    return found
