"""A control chart of one measure: its points, their limits, the pattern taken out, and the signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import control, pattern
from vunnet.analysis.pattern import Pattern
from vunnet.analysis.question import Annotation
from vunnet.analysis.slots import DAY, WEEK, Slot, label

Real = NDArray[np.float64]

RATE, VALUE, COUNT = "rate", "value", "count"
BASELINES = {DAY: 40, WEEK: control.BASELINE}
CLOSED_DAY = 0.05  # of an ordinary day: less is a day nobody works


@dataclass(frozen=True)
class Series:
    """Figures by whole period: `events` of `n` for a rate or a count per opportunity, `events` alone for a value."""

    measure: str
    period: str
    kind: str
    slots: tuple[Slot, ...]
    events: Real
    n: Real | None = None
    currency: str | None = None

    @property
    def values(self) -> Real:
        return self.events if self.n is None else self.events / self.n

    def only(self, kept: NDArray[np.bool_]) -> Series:
        """The same series without some of its points."""
        slots = tuple(slot for slot, keep in zip(self.slots, kept, strict=True) if keep)
        n = None if self.n is None else self.n[kept]
        return Series(self.measure, self.period, self.kind, slots, self.events[kept], n, self.currency)


@dataclass(frozen=True)
class Point:
    """One period: its value (`events` of `n`), what is expected there, the limits and the ones before widening.

    Without limits (too few points) the four are None.
    """

    first: date
    last: date
    value: float
    events: float
    n: float | None
    expected: float
    low: float | None = None
    high: float | None = None
    plain_low: float | None = None
    plain_high: float | None = None


@dataclass(frozen=True)
class Signal:
    """From the first point's first day to the last point's last day; `place` and `until` are their places."""

    first: date
    last: date
    rule: str
    above: bool
    place: int
    until: int


@dataclass(frozen=True)
class Board:
    """A control chart. `chart`: xmr, p, laney_p, u or laney_u. `baseline`: how many first points set the limits (0: there
    are none). `widened`: neighbours are alike (`likeness`), so limits are wider and runs are not read. `months_differ`: the
    same deals taken by the month they were opened in are told apart (cohorts.py), whatever single points do.
    """

    measure: str
    period: str
    kind: str
    chart: str
    points: tuple[Point, ...]
    centre: float | None
    sigma_z: float | None
    likeness: float
    widened: bool
    runs: bool
    pattern: Pattern | None
    baseline: int
    signals: tuple[Signal, ...]
    expected_by_chance: float | None
    currency: str | None
    annotations: tuple[Annotation, ...] = ()
    months_differ: bool = False

    @property
    def never_varied(self) -> bool:
        """Whether there are no limits though there are points enough: the first of them are all alike."""
        return not self.baseline and len(self.points) >= control.FEWEST

    @property
    def preliminary(self) -> bool:
        """Whether the limits stand on fewer points than a baseline should have."""
        return 0 < self.baseline < control.BASELINE

    def annotated(self, annotations: Sequence[Annotation]) -> Board:
        """The same chart with what happened in the days it shows."""
        points = self.points
        shown = tuple(one for one in annotations if points and points[0].first <= one.on <= points[-1].last)
        return replace(self, annotations=shown)

    def to_json(self) -> dict[str, object]:
        return {
            "measure": self.measure,
            "period": self.period,
            "chart": self.chart,
            "points": [self._point(point) for point in self.points],
            "centre": self.centre,
            "sigma_z": self.sigma_z,
            "autocorrelation": self.likeness,
            "widened": self.widened,
            "run_rule": self.runs,
            "pattern": self.pattern.told if self.pattern else None,
            "pattern_p_value": self.pattern.p_value if self.pattern else None,
            "baseline_points": self.baseline,
            "preliminary": self.preliminary,
            "signals": [self._signal(signal) for signal in self.signals],
            "expected_by_chance": self.expected_by_chance,
            "annotations": [{"on": one.on.isoformat(), "text": one.text} for one in self.annotations],
            "currency": self.currency,
            "months_differ": self.months_differ,
        }

    def _point(self, point: Point) -> dict[str, object]:
        edges = {"low": point.low, "high": point.high, "expected": point.expected}
        return {"at": label(self.period, point.first), "value": point.value, "n": point.n, **edges}

    def _signal(self, signal: Signal) -> dict[str, object]:
        first, last = self.points[signal.place].first, self.points[signal.until].first
        side = "above" if signal.above else "below"
        return {"from": label(self.period, first), "to": label(self.period, last), "rule": signal.rule, "side": side}


def board(series: Series) -> Board:
    """The control chart of a series: pattern tested and taken out, limits from the first points, signals.

    Limits stand on the first 24 points (40 working days); with 12 to 23 points on all of them, and are preliminary;
    with fewer there are none. The pattern is measured on all points, limits on the baseline alone.
    """
    series = _open_days(series)
    if series.n is not None:
        series = series.only(series.n > 0)
    count = len(series.slots)
    found = _pattern(series)
    baseline = min(count, BASELINES.get(series.period, control.BASELINE)) if count >= control.FEWEST else 0
    expected = _expected(series, found, baseline or count) if count else None
    judged = control.limits(series.values, expected, baseline) if baseline and expected else None
    if judged is None or expected is None:
        return _without_limits(series, found, expected)
    runs, alike = judged.runs, round(judged.likeness, 1) if judged.widened else 0.0
    measured = expected.known is None or judged.overdispersed
    return Board(
        measure=series.measure,
        period=series.period,
        kind=series.kind,
        chart=_chart(series.kind, judged.overdispersed),
        points=_points(series, expected, judged),
        centre=_centre(series, baseline),
        sigma_z=None if expected.known is None else judged.sigma_z,
        likeness=judged.likeness,
        widened=judged.widened,
        runs=runs,
        pattern=found,
        baseline=baseline,
        signals=_signals(series, control.spans(judged.distance, runs)),
        expected_by_chance=control.by_chance(count, baseline, measured, alike),
        currency=series.currency,
    )


def _open_days(series: Series) -> Series:
    """Without the weekdays on which next to nothing ever happens."""
    if series.period != DAY or not series.events.sum():
        return series
    places = _weekdays(series)
    usual = np.array([series.events[places == place].mean() if (places == place).any() else 0.0 for place in range(7)])
    return series.only(usual[places] > CLOSED_DAY * usual.max())


def _weekdays(series: Series) -> NDArray[np.int64]:
    return np.array([slot.first.weekday() for slot in series.slots], np.int64)


def _pattern(series: Series) -> Pattern | None:
    if len(series.slots) < control.FEWEST:
        return None
    weights = np.ones(len(series.slots)) if series.n is None else series.n
    if series.period == DAY:
        weeks: list[object] = [slot.first.isocalendar()[:2] for slot in series.slots]
        return pattern.find(pattern.WEEKDAY, series.values, weights, weeks, _weekdays(series))
    quarters: list[object] = [pattern.quarter(slot.first + (slot.last - slot.first) / 2) for slot in series.slots]
    return pattern.find(pattern.QUARTER_END, series.values, weights, quarters, _quarter_places(series))


def _quarter_places(series: Series) -> NDArray[np.int64]:
    return np.array([pattern.quarter_place(slot.first, slot.last) for slot in series.slots], np.int64)


def _expected(series: Series, found: Pattern | None, baseline: int) -> control.Expected:
    values = series.values
    places = _weekdays(series) if series.period == DAY else _quarter_places(series)
    usual = found.usual(places) if found else np.full(len(values), max(float(values.mean()), 1e-12))
    if series.kind == RATE and series.n is not None:
        return control.of_rates(series.events, series.n, np.clip(usual, 1e-6, 1 - 1e-6), baseline)
    factors = usual / usual.mean() if usual.min() > CLOSED_DAY * usual.mean() else np.ones(len(values))
    if series.n is not None:
        return control.of_counts(series.events, series.n, factors, baseline)
    return control.of_values(values, factors, baseline)


def _centre(series: Series, baseline: int) -> float:
    if series.n is None:
        return float(series.events[:baseline].mean())
    return float(series.events[:baseline].sum() / series.n[:baseline].sum())


def _chart(kind: str, overdispersed: bool) -> str:
    if kind == VALUE:
        return "xmr"
    plain = "p" if kind == RATE else "u"
    return f"laney_{plain}" if overdispersed else plain


def _points(series: Series, expected: control.Expected, judged: control.Limits | None) -> tuple[Point, ...]:
    found = []
    for k, slot in enumerate(series.slots):
        n = None if series.n is None else float(series.n[k])
        edges = (judged.low, judged.high, judged.plain_low, judged.plain_high) if judged else ()
        own = (float(edge[k]) for edge in edges)
        value, centre = float(series.values[k]), float(expected.centre[k])
        found.append(Point(slot.first, slot.last, value, float(series.events[k]), n, centre, *own))
    return tuple(found)


def _signals(series: Series, spans: Sequence[control.Span]) -> tuple[Signal, ...]:
    slots = series.slots
    return tuple(Signal(slots[s.first].first, slots[s.last].last, s.rule, s.above, s.first, s.last) for s in spans)


def _without_limits(series: Series, found: Pattern | None, expected: control.Expected | None) -> Board:
    points = _points(series, expected, None) if expected else ()
    centre = _centre(series, len(points)) if points else None
    return Board(
        measure=series.measure,
        period=series.period,
        kind=series.kind,
        chart=_chart(series.kind, False),
        points=points,
        centre=centre,
        sigma_z=None,
        likeness=0.0,
        widened=False,
        runs=False,
        pattern=found,
        baseline=0,
        signals=(),
        expected_by_chance=None,
        currency=series.currency,
    )
