"""Where a quota stands while its period runs: won so far, where the period will land, and what closes the gap."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Share, counted
from vunnet.analysis.backtest import LEVELS, Spread
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.shown import Shown

WITHIN, ABOVE, BELOW = "within", "above", "below"
LATELY = timedelta(days=730)
NO_STAGES = NotRecorded("when deals entered their stages is not recorded")


@dataclass(frozen=True)
class Needed:
    """How many deals entering a stage today would close the gap alone: `deals`, with its 95 % interval.

    `by_end`: the share of them that is won by the period's end, measured on `entered` entries; `there`: the open deals that
    stand there (None: not recorded). `deals` is None under ten entries or where none is won so soon; `high` where the share
    may be 0.
    """

    pipeline: str | None
    stage: str
    by_end: Share
    entered: int
    deals: float | None
    low: float | None
    high: float | None
    there: int | None

    def to_json(self) -> dict[str, object]:
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return own | {"by_end": self.by_end.to_json()}


@dataclass(frozen=True)
class Pace(Shown):
    """The quota of all for the days `first` to `last`, `days_left` of which are to come.

    `landing`: what will have been won by the last of them, as the forecast has it; `verdict`: whether past forecasts of
    that length held. `mean_won`: of the `priced` deals won over two years; `wins`: how many such close the gap.
    """

    first: date
    last: date
    days_left: int
    quota: float
    credited: float
    landing: Spread | NotRecorded
    verdict: str | None
    mean_won: float | None
    priced: int
    wins: float | NotRecorded
    stages: tuple[Needed, ...] | NotRecorded

    @property
    def gone(self) -> float:
        """The share of the period's days that are over."""
        return 1 - self.days_left / ((self.last - self.first).days + 1)

    @property
    def gap(self) -> float:
        """What is missing; 0 where the quota is reached."""
        return max(0.0, self.quota - self.credited)

    @property
    def stands(self) -> str | None:
        """Where the quota lies from the 80 % interval of the landing: "within", "above" or "below" it."""
        if isinstance(self.landing, NotRecorded):
            return None
        return ABOVE if self.quota > self.landing.p90 else BELOW if self.quota < self.landing.p10 else WITHIN

    def to_json(self) -> dict[str, object]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "days_left": self.days_left,
            "gone": self.gone,
            "quota": self.quota,
            "credited": self.credited,
            "gap": self.gap,
            "landing": self.landing.to_json(),
            "quota_lies": self.stands,
            "verdict": self.verdict,
            "mean_won": self.mean_won,
            "priced": self.priced,
            "wins_needed": self.wins.to_json() if isinstance(self.wins, NotRecorded) else self.wins,
            "stages": self.stages.to_json()
            if isinstance(self.stages, NotRecorded)
            else [one.to_json() for one in self.stages],
        }


def pace(
    prepared: Prepared, first: date, last: date, quota: float, credited: float, told: Forecast | NotRecorded | None
) -> Pace:
    """Where a quota of these days stands on the day of `as_of`, which is one of them and not the last.

    `told`: a forecast that is there already; it serves where it is of the period's end.
    """
    if not isinstance(told, Forecast) or told.until != last:
        told = forecast(prepared, last)
    mean, priced = _mean_won(prepared)
    few = counted(
        "only {n} deal was won with an amount in two years: too few to say what one brings",
        "only {n} deals were won with an amount in two years: too few to say what one brings",
        priced,
    )
    wins = max(0.0, quota - credited) / mean if mean and priced >= TOO_FEW else few
    return Pace(
        first=first,
        last=last,
        days_left=(last - prepared.horizon.day).days,
        quota=quota,
        credited=credited,
        landing=_landing(told, credited),
        verdict=None if isinstance(told, NotRecorded) else told.backtest.verdict_value,
        mean_won=mean,
        priced=priced,
        wins=wins,
        stages=_stages(prepared, told, wins),
    )


def _landing(told: Forecast | NotRecorded, credited: float) -> Spread | NotRecorded:
    """What the forecast adds to what its own period has so far, on top of what is credited."""
    if isinstance(told, NotRecorded):
        return told
    if isinstance(told.value, NotRecorded):
        return told.value
    plus = credited - (told.won_so_far[-1][2] if told.won_so_far else 0.0)
    return Spread(*(max(credited, getattr(told.value, level) + plus) for level in LEVELS))


def _mean_won(prepared: Prepared) -> tuple[float | None, int]:
    """The mean amount of the deals won in the two years until `as_of`, and how many carry one."""
    deals = prepared.deals
    lately = (deals.outcome == "won") & (deals.closed_on > prepared.horizon.day - LATELY) & deals.amount.notnull()
    amount = deals.amount.cast("float64")
    found = engine.rows(deals.aggregate(mean=amount.mean(where=lately), n=deals.count(where=lately)))[0]
    return found["mean"], found["n"]


def _stages(
    prepared: Prepared, told: Forecast | NotRecorded, wins: float | NotRecorded
) -> tuple[Needed, ...] | NotRecorded:
    if isinstance(told, NotRecorded):
        return told
    if isinstance(wins, NotRecorded):
        return wins
    if not told.stages:
        return NO_STAGES
    there = _there(prepared)
    found = []
    for one in told.stages:
        share, low, high = one.by_end.share, one.by_end.low, one.by_end.high
        known = one.entered >= TOO_FEW and share > 0
        found.append(
            Needed(
                one.pipeline,
                one.stage,
                one.by_end,
                one.entered,
                wins / share if known else None,
                wins / high if known and high else None,
                wins / low if known and low else None,
                None if there is None else there.get((one.pipeline, one.stage), 0),
            )
        )
    return tuple(found)


def _there(prepared: Prepared) -> dict[tuple[str | None, str], int] | None:
    """How many open deals stand in each stage of each pipeline."""
    if not prepared.has("stage"):
        return None
    still = prepared.deals.filter(prepared.deals.outcome == "open")
    rows = engine.rows(still.group_by("pipeline", "stage").aggregate(n=still.count()))
    return {(row["pipeline"], row["stage"]): row["n"] for row in rows}
