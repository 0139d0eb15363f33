"""How much of each quota is won? By member, team and all together, with the pace of the period that still runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from math import fsum
from operator import add
from typing import Any

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.coverage import Coverage, coverage
from vunnet.analysis.currency import money_of
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.pace import Pace, pace
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.quarters import recorded_from
from vunnet.analysis.question import DAY, Period
from vunnet.analysis.quotas import Quota, is_by_member, read_quotas, whole_quota
from vunnet.analysis.shown import Rows, Shown
from vunnet.analysis.won import MISSING, by_owner, steady

NOT_BEGUN = NotRecorded("no quota's period has begun")
NOT_RUNNING = NotRecorded("no quota's period is running")


@dataclass(frozen=True)
class Held:
    """What one member (None: nobody), one team (None: in no team) or all have won of a quota (None: without one).

    `credited`: money; `deals`: how many deals that is, a fraction where deals are shared; `team`: of a member.
    """

    name: str | None
    team: str | None
    quota: float | None
    credited: float
    deals: float

    @property
    def attained(self) -> float | None:
        """Credited / quota, over 1 too; None without a quota or where it is 0."""
        return self.credited / self.quota if self.quota else None

    def to_json(self) -> dict[str, object]:
        found = {"name": self.name, "team": self.team, "quota": self.quota, "credited": self.credited}
        return {**found, "attainment": self.attained, "deals": self.deals}


@dataclass(frozen=True)
class QuotaPeriod:
    """The quotas of the same days. `whole`: the sum credited to the `holders` of a quota over the sum of their quotas.

    Holders are the members with a quota, or where no member has one, those of teams that have one. `without_quota`: what all
    others won; with `whole` that is everything won in these days. `unpriced`: won deals without an amount, which add nothing.
    """

    first: date
    last: date
    whole: Held
    teams: tuple[Held, ...]
    members: tuple[Held, ...]
    holders: frozenset[str]
    without_quota: float
    unpriced: int

    @property
    def has_member_quotas(self) -> bool:
        return any(one.quota is not None for one in self.members)

    def to_json(self) -> dict[str, object]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "whole": self.whole.to_json(),
            "teams": [one.to_json() for one in self.teams],
            "members": [one.to_json() for one in self.members],
            "without_quota": self.without_quota,
            "unpriced": self.unpriced,
        }


@dataclass(frozen=True)
class Attainment(Shown):
    """The quotas' periods that have begun, by their first day. `current`: of those that still run the one that ends
    first (the shorter one of two), else the last that ended; `pace` and `coverage` are of it, while it runs.

    `of_holders`: both are of the deals that its holders own, since others, without a quota, have deals too.
    `left_out`: rows that are no quotas, and periods that begin before the records, each with why.
    """

    as_of: date
    currency: str | None
    periods: tuple[QuotaPeriod, ...]
    current: QuotaPeriod
    pace: Pace | NotRecorded
    coverage: Coverage | NotRecorded
    of_holders: bool
    left_out: tuple[NotRecorded, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "currency": self.currency,
            "current": {"from": self.current.first.isoformat(), "to": self.current.last.isoformat()},
            "periods": [one.to_json() for one in self.periods],
            "pace": self.pace.to_json(),
            "coverage": self.coverage.to_json(),
            "of_holders": self.of_holders,
            "left_out": [str(why) for why in self.left_out],
        }

    def table(self) -> Rows:
        """Every period's whole, teams and members."""
        return Rows(
            tuple(
                {"from": one.first.isoformat(), "to": one.last.isoformat(), "of": of} | held.to_json()
                for one in self.periods
                for of, rows in (("all", (one.whole,)), ("team", one.teams), ("member", one.members))
                for held in rows
            )
        )


def attainment(
    prepared: Prepared, closed_in: Period | None = None, told: Forecast | NotRecorded | None = None
) -> Attainment | NotRecorded:
    """Won value credited / quota, for each period that has quotas (`closed_in`: only those that lie in it).

    Credited: the amounts of the deals won in the period, by the members' shares. A team has its own quota, else the sum of
    its members'; all together have the members' quotas, else the teams'. `told`: a forecast that is there already.
    """
    found = read_quotas(prepared)
    if isinstance(found, NotRecorded):
        return found
    currency, why_not = _money(prepared)
    if why_not:
        return why_not
    begun = [one for one in found.periods if one[0] <= prepared.horizon.day and _lies_in(one, closed_in)]
    late = [one for one in begun if _begins_early(one, prepared)]
    whole = [one for one in begun if one not in late]
    left_out = (*found.left_out, *(_too_early(one, prepared) for one in late))
    if not whole:
        return left_out[-1] if late else NOT_BEGUN
    credits, teams = _credits(prepared, whole), _teams(prepared)
    periods = tuple(_period(one, found.of(*one), credit, teams) for one, credit in zip(whole, credits, strict=True))
    current = _current(periods, prepared.horizon.day)
    running = current.last > prepared.horizon.day and bool(current.whole.quota)
    theirs = _own(prepared, current) if running else prepared
    steps = (current.first, current.last, current.whole.quota or 0.0, current.whole.credited)
    return Attainment(
        as_of=prepared.horizon.day,
        currency=currency,
        periods=periods,
        current=current,
        pace=pace(theirs, *steps, told if theirs is prepared else None) if running else NOT_RUNNING,
        coverage=coverage(theirs, *steps) if running else NOT_RUNNING,
        of_holders=theirs is not prepared,
        left_out=left_out,
    )


def _own(prepared: Prepared, period: QuotaPeriod) -> Prepared:
    """The deals that the holders own; the source itself where nobody else has won any in the period or has one open."""
    still = prepared.deals.filter(prepared.deals.outcome == "open")
    owners = {row["owner"] for row in engine.rows(still.select("owner").distinct())}
    if owners <= period.holders and not period.without_quota:
        return prepared
    return prepared.only({"owner": tuple(sorted(period.holders))})


def _money(prepared: Prepared) -> tuple[str | None, NotRecorded | None]:
    """The currency of the amounts, or why nothing can be credited. Where nothing is won at all, 0 is."""
    if prepared.closed_undated:
        return None, MISSING["quarter"]
    if not prepared.has("owner") and prepared.tables.members is None:
        return None, MISSING["owner"]
    return money_of(prepared.deals, or_none_won=True)


def _lies_in(one: tuple[date, date], closed_in: Period | None) -> bool:
    asked = closed_in or Period()
    return (asked.first is None or asked.first <= one[0]) and (asked.last is None or one[1] <= asked.last)


def _begins_early(one: tuple[date, date], prepared: Prepared) -> bool:
    """By a day that was said; one that was found is that of the first closing, and some days before it nothing had to close."""
    begins = recorded_from(prepared) if prepared.horizon.observed_from else None
    return begins is not None and one[0] < begins


def _too_early(one: tuple[date, date], prepared: Prepared) -> NotRecorded:
    values = {"first": one[0].isoformat(), "last": one[1].isoformat(), "day": str(prepared.horizon.observed_from)}
    return NotRecorded("the records begin on {day}, within or after the quotas' period from {first} to {last}", values)


def _current(periods: Sequence[QuotaPeriod], day: date) -> QuotaPeriod:
    running = [one for one in periods if one.last > day]
    if running:
        return min(running, key=lambda one: (one.last, day - one.first))
    return max(periods, key=lambda one: (one.last, one.first))


# --- what was won, and by whom ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Credit:
    """By member: money and deals; and how many won deals carry no amount."""

    money: Mapping[str | None, float]
    deals: Mapping[str | None, float]
    unpriced: int


def _credits(prepared: Prepared, periods: Sequence[tuple[date, date]]) -> list[_Credit]:
    """One a period, from one query: the days where any period begins or ends cut time into spans, each summed once."""
    edges = sorted({day for first, last in periods for day in (first, last + DAY)})
    inside = Period(edges[0], edges[-1] - DAY)
    won = prepared.deals.filter((prepared.deals.outcome == "won") & inside.holds(prepared.deals.closed_on))
    spans = won.select("deal_id", span=_span(won.closed_on, edges))
    parts = by_owner(prepared, won).join(spans, "deal_id")
    rows = engine.rows(
        parts.group_by("value", "span").aggregate(
            money=parts.amount.sum(), deals=parts.credit.sum(), unpriced=parts.credit.sum(where=parts.amount.isnull())
        )
    )
    return [_credit([row for row in rows if first <= edges[row["span"]] <= last]) for first, last in periods]


def _span(day: ir.Value, edges: Sequence[date]) -> ir.Value:
    """The place of the last edge that a day has reached."""
    return reduce(add, [(day >= edge).cast("int32") for edge in edges[1:]], ibis.literal(0, "int32"))


def _credit(rows: Iterable[Mapping[str, Any]]) -> _Credit:
    money: dict[str | None, list[float]] = {}
    deals: dict[str | None, list[float]] = {}
    unpriced = []
    for row in rows:
        money.setdefault(row["value"], []).append(row["money"] or 0.0)
        deals.setdefault(row["value"], []).append(row["deals"])
        unpriced.append(row["unpriced"] or 0.0)
    return _Credit(_added(money), _added(deals), round(fsum(unpriced)))


def _added(parts: Mapping[str | None, Sequence[float]]) -> dict[str | None, float]:
    return {name: steady(fsum(each)) for name, each in parts.items()}


def _teams(prepared: Prepared) -> dict[str, str]:
    """By owner, the team that most of their deals are in."""
    if not prepared.has("team"):
        return {}
    every = prepared.every.filter(prepared.every.owner.notnull() & prepared.every.team.notnull())
    rows = engine.rows(every.group_by("owner", "team").aggregate(n=every.count()))
    rows.sort(key=lambda row: (row["n"], row["team"]))
    return {row["owner"]: row["team"] for row in rows}


def _period(days: tuple[date, date], rows: Sequence[Quota], credit: _Credit, teams: Mapping[str, str]) -> QuotaPeriod:
    of_teams = {**teams, **{one.member: one.team for one in rows if one.member is not None and one.team}}
    quotas = _sums((one.member, one.amount) for one in rows if one.member is not None)
    names = sorted({*quotas, *credit.money}, key=lambda name: (name is None, name or ""))
    members = tuple(
        Held(name, of_teams.get(name or ""), quotas.get(name), credit.money.get(name, 0.0), credit.deals.get(name, 0.0))
        for name in names
    )
    own = _sums((one.team, one.amount) for one in rows if one.member is None)
    by_member = is_by_member(rows)
    holders = [one for one in members if (one.quota is not None if by_member else one.team in own)]
    # Of a team with a quota also those who have not won yet.
    waiting = () if by_member else (who for who, team in of_teams.items() if who is not None and team in own)
    others = [one for one in members if one not in holders]
    return QuotaPeriod(
        first=days[0],
        last=days[1],
        whole=_together(None, holders, whole_quota(rows)),
        teams=_of_teams(members, own),
        members=members,
        holders=frozenset([*(one.name for one in holders if one.name is not None), *waiting]),
        without_quota=steady(fsum(one.credited for one in others)),
        unpriced=credit.unpriced,
    )


def _of_teams(members: Sequence[Held], own: Mapping[str | None, float]) -> tuple[Held, ...]:
    """Each team against its own quota, else its members with a quota, sum over sum. None where no team is known."""
    names = {*own, *(one.team for one in members)}
    if names <= {None}:
        return ()
    found = []
    for name in sorted(names, key=lambda name: (name is None, name or "")):
        inside = [one for one in members if one.team == name]
        holding = [one for one in inside if one.quota is not None]
        if name in own or not holding:
            found.append(_together(name, inside, own.get(name)))
        else:
            found.append(_together(name, holding, fsum(one.quota or 0.0 for one in holding)))
    return tuple(found)


def _together(name: str | None, members: Sequence[Held], quota: float | None) -> Held:
    money, deals = (fsum(one.credited for one in members), fsum(one.deals for one in members))
    return Held(name, None, quota, steady(money), steady(deals))


def _sums(pairs: Iterable[tuple[str | None, float]]) -> dict[str | None, float]:
    """By name; quotas of one holder and the same days are parts of one."""
    found: dict[str | None, float] = {}
    for name, amount in pairs:
        found[name] = found.get(name, 0.0) + amount
    return found
