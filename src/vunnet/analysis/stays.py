"""Every stay of a deal in a stage as whole local days, in compact arrays: what a forecast learns from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.clock import DAYS, EPOCH
from vunnet.analysis.currency import currencies, several
from vunnet.analysis.journeys import OPENED
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.stages import Ladder, ladders

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

LATER = 1 << 20  # a day that has not come
REMEMBERED = 1_200  # days of history that are read: two years to learn from, and a year of past forecasts
MOST_STAGES = 60
OPEN = -1


@dataclass(frozen=True)
class Stage:
    """One open stage; `typed`: the probability somebody typed for it, in 0…1."""

    pipeline: str | None
    stage: str
    typed: float | None


@dataclass(frozen=True)
class Stays:
    """One row a stay: place of its stage, of the next (number of stages: won; one more: lost or cancelled; −1: still
    there), the days it was entered and left, and the day its deal was won; `first`: the deal's first stay.

    Days count from 1970; LATER for one that has not come. `amount` is the deal's (nan: none), `product` its number.
    Days are complete from `begin` on, `last` is the day of as_of.
    """

    stages: tuple[Stage, ...]
    stage: Whole
    following: Whole
    entered: Whole
    left: Whole
    won_on: Whole
    first: NDArray[np.bool_]
    amount: Real
    product: Whole
    begin: int
    last: int
    recorded: bool

    @property
    def won(self) -> int:
        """The number that stands for won in `following`."""
        return len(self.stages)


def read_stays(prepared: Prepared, begin: date) -> Stays:
    """The stays of the deals that were opened. `begin`: the first day from which closings are complete.

    Without recorded stays, and for deals that have none, one stay from opening to closing.
    """
    last = prepared.horizon.day
    oldest = max(begin, last - timedelta(days=REMEMBERED))
    steps = _ladders(prepared)
    stages = tuple(Stage(ladder.pipeline, name, None) for ladder in steps for name in ladder.stages)[:MOST_STAGES]
    stages = _typed(prepared, stages)
    table = stays_table(prepared, stages)
    kept = table.filter((table.left >= _day_of(oldest)) | (table.following == OPEN))
    found = kept.to_pyarrow()
    whole = {name: np.asarray(found[name], np.int64) for name in ("stage", "following", "entered", "left", "won_on")}
    everywhere = (*stages, Stage(None, OPENED, None))
    return Stays(
        stages=everywhere,
        **whole,
        first=np.asarray(found["first"], np.bool_),
        amount=np.asarray(found["amount"], np.float64),
        product=_numbered(found["product"]),
        begin=_day_of(oldest),
        last=_day_of(last),
        recorded=bool(stages),
    )


def stays_table(prepared: Prepared, stages: tuple[Stage, ...]) -> ir.Table:
    """The stays as an expression: in the open stages named, or one from opening to closing."""
    if prepared.visits is not None and stages:
        return _recorded(prepared, prepared.visits, stages)
    return _one_stay(_deals(prepared), 0)


def money_of(prepared: Prepared) -> tuple[str | None, NotRecorded | None]:
    """The currency of the amounts, or why they cannot be added."""
    deals = prepared.deals
    won = (deals.outcome == "won") & deals.amount.notnull()
    some = deals.amount.notnull() & deals.outcome.isin(("won", "open"))
    found = engine.rows(deals.aggregate(currencies=currencies(deals, some), won=deals.count(where=won)))[0]
    why_not = several(found["currencies"]) or (None if found["won"] else NotRecorded("no won deal carries an amount"))
    return next(iter(found["currencies"] or ()), None), why_not


def _day_of(day: date) -> int:
    return (day - EPOCH).days


def _numbered(values: Any) -> Whole:
    """Texts as numbers; −1 where there is none."""
    coded = values.combine_chunks().dictionary_encode()
    return np.asarray(coded.indices.fill_null(-1), np.int64)


def _ladders(prepared: Prepared) -> tuple[Ladder, ...]:
    return ladders(prepared) if prepared.visits is not None else ()


def _typed(prepared: Prepared, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    table = prepared.tables.stages
    if table is None or "probability" not in table.columns:
        return stages
    rows = engine.rows(table.select("pipeline", "stage", "probability"))
    exact = {(row["pipeline"], row["stage"]): row["probability"] for row in rows}
    anywhere = {row["stage"]: row["probability"] for row in rows}
    return tuple(
        Stage(one.pipeline, one.stage, exact.get((one.pipeline, one.stage), anywhere.get(one.stage))) for one in stages
    )


def _deals(prepared: Prepared) -> ir.Table:
    """The opened deals with the days of closing and winning."""
    deals = prepared.deals.filter(prepared.deals.opened, ~prepared.deals.refused)
    closed = deals.closed_on.delta(ibis.literal(EPOCH), unit="day").cast("int64")
    is_done, is_won = deals.outcome != "open", deals.outcome == "won"
    return deals.select(
        "deal_id",
        "pipeline",
        "product",
        "closed_at",
        created=deals.created_on.delta(ibis.literal(EPOCH), unit="day").cast("int64"),
        done=ibis.ifelse(is_done, closed, LATER).fill_null(LATER),
        won_on=ibis.ifelse(is_won, closed, LATER).fill_null(LATER),
        ending=ibis.cases((~is_done, OPEN), (is_won, 0), else_=1),
        amount=deals.amount.cast("float64"),
    )


def _one_stay(deals: ir.Table, stages: int) -> ir.Table:
    ending = ibis.ifelse(deals.ending == OPEN, OPEN, deals.ending + stages + 1)
    return deals.select(
        stage=ibis.literal(stages, "int64"),
        following=ending.cast("int64"),
        entered=deals.created,
        left=deals.done,
        won_on=deals.won_on,
        first=ibis.literal(True),
        amount=deals.amount,
        product=deals["product"],
    )


def _recorded(prepared: Prepared, visits: ir.Table, stages: tuple[Stage, ...]) -> ir.Table:
    """The recorded stays in open stages, each until the next one or the deal's closing."""
    deals = _deals(prepared)
    joined = visits.join(deals, "deal_id")
    code = _code(joined, stages)
    joined = joined.mutate(stage_code=code)
    before = (joined.entered_at < joined.closed_at).fill_null(True)
    joined = joined.filter(joined.stage_code.notnull(), before)
    window = ibis.window(group_by=joined.deal_id, order_by=[joined.entered_at, joined.stage_code])
    chained = joined.mutate(
        then=joined.entered_at.lead().over(window),
        then_code=joined.stage_code.lead().over(window),
        earlier=joined.stage_code.lag().over(window),
    )
    entered = _local_day(prepared, chained.entered_at)
    goes_on = chained.then.notnull()
    closing = ibis.ifelse(chained.ending == OPEN, OPEN, chained.ending + len(stages) + 1)
    recorded = chained.select(
        stage=chained.stage_code,
        following=ibis.ifelse(goes_on, chained.then_code, closing).cast("int64"),
        entered=entered,
        left=ibis.ifelse(goes_on, _local_day(prepared, chained.then), chained.done),
        won_on=chained.won_on,
        first=chained.earlier.isnull(),
        amount=chained.amount,
        product=chained["product"],
    )
    return recorded.union(_one_stay(deals.anti_join(joined, "deal_id"), len(stages)))


def _code(joined: ir.Table, stages: tuple[Stage, ...]) -> ir.Value:
    """The place of a stay's stage among the open ones; null for any other."""
    several_pipelines = len({one.pipeline for one in stages}) > 1
    cases = []
    for place, one in enumerate(stages):
        here = joined.stage == one.stage
        if several_pipelines:
            here &= joined.pipeline.isnull() if one.pipeline is None else joined.pipeline == one.pipeline
        cases.append((here, ibis.literal(place, "int64")))
    return ibis.cases(*cases, else_=ibis.null("int64"))


def _local_day(prepared: Prepared, utc: ir.Value) -> Any:
    return DAYS.of(utc, prepared.local(utc)).cast("int64")
