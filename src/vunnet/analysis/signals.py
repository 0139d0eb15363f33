"""Daily variation or real concern? Control charts of what a team watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from vunnet.analysis import clock, engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.board import COUNT, RATE, VALUE, Board, Series, board
from vunnet.analysis.cohorts import Cohorts, cohorts
from vunnet.analysis.currency import NO_AMOUNTS, currencies, several
from vunnet.analysis.pattern import quarter_end
from vunnet.analysis.prepare import Prepared, plain_times
from vunnet.analysis.question import Annotation, Period
from vunnet.analysis.shown import Rows, Shown
from vunnet.analysis.slots import DAY, MONTH, WEEK, Slot, total, whole

WIN_RATE, WON_VALUE, WON_WITHIN, OPENED, TOUCHES = "win_rate", "won_value", "won_within", "opened", "touches_per_deal"
MEASURES = (WIN_RATE, WON_WITHIN, WON_VALUE, OPENED, TOUCHES)
A_WEEK = {RATE: 10, VALUE: 5}  # so many a week on average, else the points are months
WARM = 0.9
NO_CLOSINGS = NotRecorded("no closing dates are recorded")
NO_CREATION = NotRecorded("no creation dates are recorded")
NO_TOUCHES = NotRecorded("no contacts with customers are recorded")
TOO_SHORT = NotRecorded("the records are too short for a single whole period")

Days = dict[date, float]


@dataclass(frozen=True)
class Signals(Shown):
    """The boards there are, and why others are missing."""

    boards: tuple[Board, ...]
    missing: Mapping[str, NotRecorded]

    def board(self, measure: str) -> Board | None:
        return next((one for one in self.boards if one.measure == measure), None)

    def annotated(self, annotations: Sequence[Annotation]) -> Signals:
        """The same boards with what happened in the days each shows."""
        return replace(self, boards=tuple(one.annotated(annotations) for one in self.boards))

    def to_json(self) -> list[dict[str, object]]:
        absent = [{"measure": measure} | why.to_json() for measure, why in self.missing.items()]
        return [one.to_json() for one in self.boards] + absent

    def table(self) -> Rows:
        """The points of every board, with their limits."""
        boards: list[dict[str, Any]] = [one.to_json() for one in self.boards]
        return Rows(tuple({"measure": one["measure"]} | point for one in boards for point in one["points"]))


@dataclass(frozen=True)
class Window:
    """The days a board may show: closings complete from `closings` on, openings from `openings` on, until `last`."""

    closings: date
    openings: date
    last: date
    periods: dict[str, str]

    def slots(self, period: str, first: date) -> tuple[Slot, ...]:
        """Whole periods, not from longer ago than a board reads well: the last quarter's days, last year's weeks, four
        years' months; each from a fixed day, so that the baseline stays where it is.
        """
        year = self.last.year
        before = quarter_end(self.last - timedelta(days=92))
        quarter = date(before.year, before.month - 2, 1)
        oldest = {DAY: quarter, WEEK: date(year - 1, 1, 1), MONTH: date(year - 4, 1, 1)}
        return whole(period, max(first, oldest[period]), self.last)


def signals(
    prepared: Prepared,
    within: Period | None = None,
    cut: int = 30,
    annotations: Sequence[Annotation] = (),
    periods: Mapping[str, str] | None = None,
    months: Cohorts | NotRecorded | None = None,
) -> Signals | NotRecorded:
    """Control charts of the win rate, the share won within `cut` days, the value won, deals opened and contacts per deal.

    Each by whole weeks, or months where weeks hold too little; `periods` asks for another (measure → day, week, month).
    `within` cuts the days shown. `annotations` stand on every chart. Whether the months of opening differ, which single
    points cannot tell, is asked of the cohorts; `months`: theirs, where they are known already.
    """
    if not prepared.closed_recorded and not prepared.created_recorded:
        return NO_CREATION
    closings = _by_day(_closings(prepared), "day") if prepared.closed_recorded else {}
    openings = _by_day(_openings(prepared, cut), "day") if prepared.created_recorded else {}
    window = _window(prepared, openings, within, dict(periods or {}))
    asked = {
        WIN_RATE: _win_rate(closings, window),
        WON_WITHIN: _won_within(openings, closings, window, cut, prepared),
        WON_VALUE: _won_value(prepared, closings, window),
        OPENED: _opened(openings, window),
        TOUCHES: _touches(prepared, openings, closings, window),
    }
    boards = tuple(
        _by_month(board(one), months or cohorts(prepared, within, cut)) if one.measure == WON_WITHIN else board(one)
        for one in asked.values()
        if isinstance(one, Series)
    )
    missing = {measure: one for measure, one in asked.items() if isinstance(one, NotRecorded)}
    return Signals(boards, missing).annotated(annotations)


def _by_month(found: Board, months: Cohorts | NotRecorded) -> Board:
    """The board, with what the cohorts' test says of its months."""
    return replace(found, months_differ=isinstance(months, Cohorts) and months.differ)


def _closings(prepared: Prepared) -> ir.Table:
    """A row a day: won, lost, gone (any end of a deal that was opened), and the value won."""
    deals = prepared.deals.filter(prepared.deals.closed_on.notnull())
    is_won = deals.outcome == "won"
    return deals.group_by(day=deals.closed_on).aggregate(
        won=deals.count(where=is_won),
        lost=deals.count(where=deals.outcome == "lost"),
        gone=deals.count(where=deals.opened),
        value=deals.amount.cast("float64").sum(where=is_won),
    )


def _openings(prepared: Prepared, cut: int) -> ir.Table:
    """A row a day: opened, and won within the cut."""
    deals = prepared.deals.filter(prepared.deals.opened)
    quick = (deals.outcome == "won") & ~deals.refused & (deals.ended - deals.born <= cut * prepared.ticks.per_day)
    return deals.group_by(day=deals.created_on).aggregate(opened=deals.count(), quick=deals.count(where=quick))


def _by_day(table: ir.Table, key: str) -> dict[str, Days]:
    rows = engine.rows(table)
    names = [name for name in table.columns if name != key]
    return {name: {row[key]: float(row[name] or 0) for row in rows} for name in names}


def _window(prepared: Prepared, openings: dict[str, Days], within: Period | None, periods: dict[str, str]) -> Window:
    """Records of closings are complete once a deal as old as nine in ten of the won could be in them."""
    last, first = prepared.horizon.day, prepared.horizon.observed_from
    opened_first = min(openings.get("opened", {}), default=None)
    closed_first = prepared.first_closed_on
    starts = [day for day in (closed_first, opened_first) if day]
    begin = first or max(starts, default=last)
    warm = begin
    if first is None and opened_first:
        warm = max(begin, opened_first + timedelta(days=_long_life(prepared)))
    if within and within.first:
        begin, warm = max(begin, within.first), max(warm, within.first)
    if within and within.last:
        last = min(last, within.last)
    return Window(warm, begin, last, periods)


def _long_life(prepared: Prepared) -> int:
    """Days by which nine in ten of the won deals were won."""
    timed = prepared.timed()
    found: Any = engine.rows(timed.aggregate(q=timed.lived.quantile(WARM, where=timed.outcome == "won")))[0]["q"]
    return int(np.ceil(found / prepared.ticks.per_day)) if found is not None else 0


def _chosen(measure: str, by_day: Days, window: Window, first: date, wanted: float) -> str:
    """What was asked for, or weeks where they hold enough on average, else months."""
    if measure in window.periods:
        return window.periods[measure]
    weeks = window.slots(WEEK, first)
    return WEEK if weeks and total(by_day, weeks).mean() >= wanted else MONTH


def _of_rate(measure: str, some: Days, every: Days, window: Window, first: date) -> str:
    """Weeks where both the won and the others are enough for limits by the normal curve."""
    others = {day: n - some.get(day, 0.0) for day, n in every.items()}
    wanted = ((every, A_WEEK[RATE]), (some, A_WEEK[RATE] / 2), (others, A_WEEK[RATE] / 2))
    found = {_chosen(measure, days, window, first, least) for days, least in wanted}
    return found.pop() if len(found) == 1 else MONTH


def _series(
    measure: str, kind: str, period: str, slots: tuple[Slot, ...], events: Days, n: np.ndarray[Any, Any] | None = None
) -> Series | NotRecorded:
    return Series(measure, period, kind, slots, total(events, slots), n) if slots else TOO_SHORT


def _win_rate(closings: dict[str, Days], window: Window) -> Series | NotRecorded:
    if not closings:
        return NO_CLOSINGS
    both = {day: won + closings["lost"][day] for day, won in closings["won"].items()}
    period = _of_rate(WIN_RATE, closings["won"], both, window, window.closings)
    slots = window.slots(period, window.closings)
    return _series(WIN_RATE, RATE, period, slots, closings["won"], total(both, slots))


def _won_within(
    openings: dict[str, Days], closings: dict[str, Days], window: Window, cut: int, prepared: Prepared
) -> Series | NotRecorded:
    """By when deals were opened, only where the youngest has been followed as long as the cut."""
    if not openings:
        return NO_CREATION
    if not closings:
        return NO_CLOSINGS
    followed = Window(
        window.closings, window.openings, min(window.last, prepared.horizon.day - timedelta(days=cut)), window.periods
    )
    period = _of_rate(WON_WITHIN, openings["quick"], openings["opened"], followed, followed.openings)
    slots = followed.slots(period, followed.openings)
    return _series(WON_WITHIN, RATE, period, slots, openings["quick"], total(openings["opened"], slots))


def _won_value(prepared: Prepared, closings: dict[str, Days], window: Window) -> Series | NotRecorded:
    if not closings:
        return NO_CLOSINGS
    deals = prepared.deals
    paid = (deals.outcome == "won") & deals.amount.notnull()
    found = engine.rows(deals.aggregate(currencies=currencies(deals, paid), paid=deals.count(where=paid)))[0]
    why_not = several(found["currencies"]) or (None if found["paid"] else NO_AMOUNTS)
    if why_not:
        return why_not
    period = _chosen(WON_VALUE, closings["won"], window, window.closings, A_WEEK[VALUE])
    slots = window.slots(period, window.closings)
    if not slots:
        return TOO_SHORT
    currency = next(iter(found["currencies"] or ()), None)
    return Series(WON_VALUE, period, VALUE, slots, total(closings["value"], slots), None, currency)


def _opened(openings: dict[str, Days], window: Window) -> Series | NotRecorded:
    if not openings:
        return NO_CREATION
    period = _chosen(OPENED, openings["opened"], window, window.openings, A_WEEK[VALUE])
    return _series(OPENED, VALUE, period, window.slots(period, window.openings), openings["opened"])


def _touches(
    prepared: Prepared, openings: dict[str, Days], closings: dict[str, Days], window: Window
) -> Series | NotRecorded:
    """Contacts in a week for each deal that was open in it."""
    if prepared.tables.touches is None:
        return NO_TOUCHES
    if not openings:
        return NO_CREATION
    slots = window.slots(window.periods.get(TOUCHES, WEEK), window.closings)
    if not slots:
        return TOO_SHORT
    touched = _by_day(_touches_by_day(prepared, prepared.tables.touches, slots[0].first), "day")["touches"]
    if not touched:
        return NO_TOUCHES
    since = [Slot(date.min, slot.last) for slot in slots]
    until = [Slot(date.min, slot.first - timedelta(days=1)) for slot in slots]
    open_then = total(openings["opened"], since) - total(closings.get("gone", {}), until)
    return Series(TOUCHES, window.periods.get(TOUCHES, WEEK), COUNT, slots, total(touched, slots), open_then)


def _touches_by_day(prepared: Prepared, touches: ir.Table, first: date) -> ir.Table:
    touches = plain_times(touches)
    begin, end = clock.midnight(first, prepared.horizon.zone), prepared.horizon.end
    touches = touches.filter(touches.at >= ibis.literal(begin), touches.at < ibis.literal(end))
    if prepared.deals is not prepared.every:
        touches = touches.semi_join(prepared.deals, "deal_id")
    return touches.group_by(day=prepared.local(touches.at).date()).aggregate(touches=touches.count())
