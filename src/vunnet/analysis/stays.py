"""Every stay of a deal in a stage as whole local days, in compact arrays: what a forecast learns from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.clock import DAYS, EPOCH, Whole, ticked
from vunnet.analysis.journeys import OPENED, WON, chosen
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.roster import Codes, Flags, Real, Roster, roster
from vunnet.analysis.schema import OUTCOMES
from vunnet.analysis.stages import Ladder, ladders
from vunnet.analysis.time_to_close import not_timed
from vunnet.analysis.trail import Trail, trail

Short = NDArray[np.int32]

NONE_CLOSED = NotRecorded("nothing has closed yet")
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
    """One entry a stay: its deal, the place of its stage, of the next (number of stages: won; one more: lost or cancelled;
    −1: still there), the days it was entered and left; `first`: the deal's first stay.

    By deal: the day it was won, its amount (nan: none) and the number of its product. Days count from 1970; LATER for one
    that has not come. Days are complete from `begin` on, `last` is the day of as_of.
    """

    stages: tuple[Stage, ...]
    deal: Short
    stage: Short
    following: Short
    entered: Short
    left: Short
    first: Flags
    won_on: Short
    amount: Real
    product: Codes
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
    stages = tuple(Stage(one.pipeline, name, None) for one in _ladders(prepared) for name in one.stages)[:MOST_STAGES]
    stages = _typed(prepared, stages)
    lives = _lives(prepared)
    parts = _chained(prepared, lives, stages) if stages else []
    told = np.zeros(len(lives.done), bool)
    for part in parts:
        told[part.deal] = True
    parts.append(_one_stay(lives, np.flatnonzero(lives.about & ~told), len(stages)))
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _Part.__slots__}
    recent = (joined["left"] >= _day_of(oldest)) | (joined["following"] == OPEN)
    deals = roster(prepared)
    return Stays(
        stages=(*stages, Stage(None, OPENED, None)),
        **{name: column[recent] for name, column in joined.items()},
        won_on=np.where(deals.outcome == WON, lives.done, LATER).astype(np.int32),
        amount=deals.amount,
        product=deals.named("product").codes,
        begin=_day_of(oldest),
        last=_day_of(last),
        recorded=bool(stages),
    )


def complete_from(prepared: Prepared) -> date | NotRecorded:
    """The first day from which both openings and closings are in the records, or why there is none."""
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    if prepared.horizon.observed_from:
        return prepared.horizon.observed_from
    opened = engine.rows(prepared.every.aggregate(day=prepared.every.created_on.min()))[0]["day"]
    known = [one for one in (opened, prepared.first_closed_on) if one]
    return max(known) if len(known) == 2 else NONE_CLOSED


def _day_of(day: date) -> int:
    return (day - EPOCH).days


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


@dataclass(frozen=True)
class _Lives:
    """By deal: whether it is asked about, the days it was created and done (LATER: not yet), and how it ended: OPEN, 0
    won, 1 gone."""

    about: Flags
    created: Short
    done: Short
    ending: Short


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the stays, as `Stays` has them."""

    deal: Short
    stage: Short
    following: Short
    entered: Short
    left: Short
    first: Flags


def _lives(prepared: Prepared) -> _Lives:
    """The opened deals with the days of opening and closing."""
    deals = roster(prepared)
    still = deals.outcome == OUTCOMES.index("open")
    created, closed = (ticked(at, DAYS, prepared.shifts) for at in (deals.created, deals.closed))
    done = np.where(still | (closed >= LATER), LATER, closed)
    ending = np.where(still, OPEN, np.where(deals.outcome == WON, 0, 1))
    short = (np.minimum(created, LATER), done, ending)
    return _Lives(chosen(prepared) & deals.kept, *(each.astype(np.int32) for each in short))


def _one_stay(lives: _Lives, deal: Whole, stages: int) -> _Part:
    ending = lives.ending[deal]
    return _Part(
        deal=deal.astype(np.int32),
        stage=np.full(len(deal), stages, np.int32),
        following=np.where(ending == OPEN, OPEN, ending + stages + 1).astype(np.int32),
        entered=lives.created[deal],
        left=lives.done[deal],
        first=np.ones(len(deal), bool),
    )


def _chained(prepared: Prepared, lives: _Lives, stages: tuple[Stage, ...]) -> list[_Part]:
    """The recorded stays in open stages, each until the next one or the deal's closing."""
    if prepared.visits is None:
        return []
    found, deals = trail(prepared, prepared.visits), roster(prepared)
    place = _places(found, deals, stages)
    kept = (place >= 0) & lives.about[found.deal] & (found.entered < deals.closed[found.deal])
    deal, at, stage = in_order(found.deal[kept], found.entered[kept] // 1_000, place[kept])
    entered = ticked(at * 1_000, DAYS, prepared.shifts).astype(np.int32)
    goes_on = np.append(deal[1:] == deal[:-1], np.zeros(min(len(deal), 1), bool))
    ending = lives.ending[deal]
    closing = np.where(ending == OPEN, OPEN, ending + len(stages) + 1)
    following = np.where(goes_on, np.roll(stage, -1), closing).astype(np.int32)
    left = np.where(goes_on, np.roll(entered, -1), lives.done[deal])
    return [_Part(deal, stage.astype(np.int32), following, entered, left, np.roll(~goes_on, 1))]


def in_order(deal: Codes, at: Whole, place: Whole) -> tuple[Codes, Whole, Whole]:
    """Stays by deal, moment and place. Where the three fit into one whole number, that is sorted: far faster.

    >>> [column.tolist() for column in in_order(np.array([1, 0, 0]), np.array([5, 9, 7]), np.array([0, 1, 0]))]
    [[0, 0, 1], [7, 9, 5], [0, 1, 0]]
    """
    if not len(deal):
        return deal, at, place
    base = int(at.min())
    of_time, of_place = int(at.max() - base).bit_length(), int(place.max()).bit_length()
    if int(deal.max()).bit_length() + of_time + of_place > 64:
        order = np.lexsort((place, at, deal))
        return deal[order], at[order], place[order]
    key = deal.astype(np.uint64)
    for column, bits in ((at - base, of_time), (place, of_place)):
        key <<= np.uint64(bits)
        key |= column.astype(np.uint64)
    key.sort()
    moment = (key >> np.uint64(of_place)) & np.uint64((1 << of_time) - 1)
    return (
        (key >> np.uint64(of_time + of_place)).astype(np.int32),
        moment.astype(np.int64) + base,
        (key & np.uint64((1 << of_place) - 1)).astype(np.int64),
    )


def _places(found: Trail, deals: Roster, stages: tuple[Stage, ...]) -> Whole:
    """The place of each stay's stage among the open ones of its deal's pipeline; −1 for any other."""
    pipelines = deals.named("pipeline")
    several = len({one.pipeline for one in stages}) > 1
    table = np.full((len(pipelines.names) + 1, len(found.stages)), -1, np.int64)
    for place, one in reversed(list(enumerate(stages))):
        if one.stage in found.stages:
            code = pipelines.code(one.pipeline) if several else slice(None)
            table[code, found.stages.index(one.stage)] = place
    # A deal in no pipeline takes the last row.
    return np.asarray(table[pipelines.codes[found.deal], found.stage])
