"""What goes with winning, compared fairly? Fields as known on a landmark day, among the deals still open then.

A deal that lives longer collects more of everything; so what is counted till close says nothing, and stands here only as
the naive figure. Nothing here says "causes".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vunnet.analysis.adjusters import Adjusters, adjusters, clusters
from vunnet.analysis.answers import TOO_FEW_WORDS, NotRecorded
from vunnet.analysis.evidence import LEVEL, NO_EVIDENCE, benjamini_hochberg
from vunnet.analysis.exposures import Exposures, exposures
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import LANDMARKS
from vunnet.analysis.regression import Estimate, Real, average_effect, logistic, odds_ratio, together
from vunnet.analysis.shown import Shown
from vunnet.analysis.time_to_close import NOBODY, not_timed

GOES_WITH_WINNING, GOES_WITH_LOSING = "goes with winning", "goes with losing"
A_COEFFICIENT = 10  # outcomes a coefficient needs
STEPS = ((25, 75), (10, 90), (5, 95), (0, 100))
SMALLEST_LEVEL = 20
MOST_LEVELS = 8
NUMBERS = ("team_size", "touches", "channels", "people", "response_time", "first_move", "size")
SKEWED = ("touches", "response_time", "first_move", "size")  # taken by their logarithm
HOURS = 24


@dataclass(frozen=True)
class Driver:
    """One field: what `high` rather than `low` of it (days, counts, money; a source rather than the others) goes with.

    The naive figures compare all closed deals by what they had collected till close. None: too few to say.
    """

    name: str
    value: str | None
    landmark: int
    deals: int
    won: int
    low: float | None
    high: float | None
    naive_odds_ratio: Estimate | None
    adjusted_odds_ratio: Estimate | None
    naive_effect: Estimate | None
    marginal_effect: Estimate | None
    p_value: float | None
    q_value: float | None
    verdict: str
    adjusted_for: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        found: dict[str, object] = {"name": self.name, "value": self.value, "landmark_days": self.landmark}
        estimates = ("naive_odds_ratio", "adjusted_odds_ratio", "naive_effect", "marginal_effect")
        for name in estimates:
            estimate: Estimate | None = getattr(self, name)
            found[name] = estimate.to_json() if estimate else dict.fromkeys(("value", "low", "high"))
        plain = ("deals", "won", "low", "high", "p_value", "q_value", "verdict")
        return found | {name: getattr(self, name) for name in plain} | {"adjusted_for": list(self.adjusted_for)}


@dataclass(frozen=True)
class Drivers(Shown):
    """The fields that are known by the landmark, and those the source cannot say, with the reason.

    Of `deals` open on day `landmark`, all followed for `follow_days`, `won` were won by then. `share`: of all deals,
    those that were read.
    """

    landmark: int
    follow_days: float
    deals: int
    won: int
    rows: tuple[Driver, ...]
    missing: dict[str, NotRecorded]
    share: float

    def to_json(self) -> list[dict[str, object]]:
        missing = [{"name": name, "landmark_days": self.landmark} | why.to_json() for name, why in self.missing.items()]
        return [*(row.to_json() for row in self.rows), *missing]


def drivers(prepared: Prepared, landmark: int = LANDMARKS[0]) -> Drivers | NotRecorded:
    """What the deals open on day `landmark` had by then, and how often they were won after it.

    Logistic regression, one field at a time, adjusted for size, source, owner, customer status and the stage on the
    landmark day; the average difference in win rate between two quartiles of the field, interval robust to deals of one
    company being alike. q-values over the fields, and over the sources.
    """
    why_not = not_timed(prepared)
    if why_not:
        return why_not
    known = exposures(prepared, landmark)
    if known is None:
        return NOBODY
    rows = [_driver(known, field) for field in _fields(known)]
    if not rows:
        return NotRecorded(
            "nothing about the deals is recorded while they are open: contacts, sellers, stages, sources"
        )
    told = _judged(rows, _sources_together(known))
    at_risk = known["at_risk"]
    return Drivers(
        landmark,
        known.follow_days,
        int(at_risk.sum()),
        int((at_risk & known["won_in_time"]).sum()),
        tuple(told),
        known.missing,
        known.share,
    )


def _judged(rows: list[Driver], sources: float | None) -> list[Driver]:
    """q-values: over the fields, the sources being one, and then over the sources; a source must pass both."""
    fields = [row for row in rows if row.value is None]
    levels = [row for row in rows if row.value is not None]
    *over_fields, of_sources = benjamini_hochberg([*(row.p_value for row in fields), sources])
    within = benjamini_hochberg([row.p_value for row in levels])
    q_values = [*over_fields, *(None if None in (q, of_sources) else max(q or 0, of_sources or 0) for q in within)]
    every = zip([*fields, *levels], q_values, strict=True)
    return [replace(row, q_value=q, verdict=_verdict(row, q)) for row, q in every]


def _verdict(row: Driver, q_value: float | None) -> str:
    if row.marginal_effect is None or q_value is None:
        return TOO_FEW_WORDS
    if q_value >= LEVEL:
        return NO_EVIDENCE
    return GOES_WITH_WINNING if row.marginal_effect.value > 0 else GOES_WITH_LOSING


@dataclass(frozen=True)
class _Field:
    """A field by the landmark and till close, already on the scale of the regression, and the step shown."""

    name: str
    value: str | None
    early: Real
    ever: Real
    step: tuple[float, float] | None  # on the regression's scale; None: all deals alike
    shown: tuple[float | None, float | None]


def _fields(known: Exposures) -> Iterator[_Field]:
    for name in NUMBERS:
        if name not in known.missing:
            yield _number(known, name)
    if known.has("source"):
        yield from _levels(known, "source")


def _number(known: Exposures, name: str) -> _Field:
    early, ever = (_filled(known, name, till_close=late) for late in (False, True))
    inside = early[known["at_risk"]]
    pairs = [np.percentile(inside, step, method="nearest") for step in STEPS] if len(inside) else []
    low, high = next(((a, b) for a, b in pairs if a < b), (None, None))
    scaled = [_scaled(name, values) for values in (early, ever)]
    step = None if low is None else tuple(float(_scaled(name, np.array([at]))[0]) for at in (low, high))
    shown = (None if low is None else float(low), None if high is None else float(high))
    return _Field(name, None, scaled[0], scaled[1], step, shown)  # type: ignore[arg-type]


def _filled(known: Exposures, name: str, *, till_close: bool) -> Real:
    """A field for every deal. What has not happened has waited until the landmark, or until the end."""
    if name == "size":
        return np.asarray(known["size"], np.float64)
    if name in ("response_time", "first_move"):
        life = (known["ended"] - known["born"]) / known.per_day
        until = life if till_close else np.full(len(life), float(known.landmark))
        found = known[f"{name}_ever"]
        return np.asarray(np.where(np.isnan(found), until, np.minimum(found, until)), np.float64)
    counts = np.nan_to_num(known[f"{name}_ever" if till_close else name])
    return np.asarray(np.maximum(counts, 1.0) if name == "team_size" else counts, np.float64)


def _scaled(name: str, values: Real) -> Real:
    if name not in SKEWED:
        return values
    return np.log1p(np.maximum(values * HOURS if name == "response_time" else values, 0.0))


def _levels(known: Exposures, name: str) -> Iterator[_Field]:
    """Each source rather than the others; of two, the rarer one says it all."""
    codes, large = known[name], _large(known, name)
    for code in large[1:] if len(large) == 2 else large[:MOST_LEVELS] if len(large) > 2 else []:
        own = np.where(codes < 0, np.nan, codes == code).astype(np.float64)
        yield _Field(name, known.names[name][code], own, own, (0.0, 1.0), (None, None))


def _large(known: Exposures, name: str) -> list[int]:
    """The levels with enough deals, the largest first."""
    codes = known[name]
    sizes = np.bincount(codes[known["at_risk"] & (codes >= 0)], minlength=len(known.names[name]))
    order = sorted(range(len(sizes)), key=lambda code: (-sizes[code], known.names[name][code]))
    return [code for code in order if sizes[code] >= SMALLEST_LEVEL]


def _sources_together(known: Exposures) -> float | None:
    """p-value that no source differs from another, adjusted like each of them."""
    if not known.has("source"):
        return None
    codes, large = known["source"], _large(known, "source")
    inside = known["at_risk"] & (codes >= 0)
    y = known["won_in_time"][inside].astype(np.float64)
    beside = adjusters(known, inside, y, _budget(y) - len(large), without="source")
    if beside is None or len(large) < 2:
        return None
    own = np.column_stack([codes[inside] == code for code in large[1:]]).astype(np.float64)
    fit = logistic(_beside(np.column_stack([np.ones(len(y)), own]), beside.columns), y, clusters(known, inside))
    return None if fit is None else together(fit, slice(1, len(large)))


def _budget(y: Real) -> int:
    """How many columns the rarer outcome carries beside the intercept and the field."""
    return int(min(y.sum(), len(y) - y.sum()) / A_COEFFICIENT) - 2


def _driver(known: Exposures, field: _Field) -> Driver:
    inside = known["at_risk"] & ~np.isnan(field.early)
    y = known["won_in_time"][inside].astype(np.float64)
    low, high = field.shown
    nothing = Driver(
        name=field.name,
        value=field.value,
        landmark=known.landmark,
        deals=len(y),
        won=int(y.sum()),
        low=low,
        high=high,
        naive_odds_ratio=None,
        adjusted_odds_ratio=None,
        naive_effect=None,
        marginal_effect=None,
        p_value=None,
        q_value=None,
        verdict=TOO_FEW_WORDS,
        adjusted_for=(),
    )
    if field.step is None:
        return nothing
    naive = _naive(known, field)
    found = replace(nothing, naive_odds_ratio=naive[0], naive_effect=naive[1])
    beside = adjusters(known, inside, y, _budget(y), without=field.name)
    if beside is None:
        return found
    return _adjusted(found, field, inside, y, beside, clusters(known, inside))


def _adjusted(
    row: Driver, field: _Field, inside: NDArray[np.bool_], y: Real, beside: Adjusters, groups: NDArray[np.int64]
) -> Driver:
    x, step = _design(field.early[inside], field.step or (0.0, 1.0), beside.columns)
    fit = logistic(x, y, groups)
    if fit is None:
        return row
    effect, p_value = average_effect(fit, x, 1, *step)
    adjusted = odds_ratio(fit, 1, step[1] - step[0])
    return replace(
        row, adjusted_odds_ratio=adjusted, marginal_effect=effect, p_value=p_value, adjusted_for=beside.names
    )


def _naive(known: Exposures, field: _Field) -> tuple[Estimate | None, Estimate | None]:
    """All closed deals by what they had at the end, compared with nothing else in mind."""
    inside = known["closed"] & ~np.isnan(field.ever)
    y = known["won"][inside].astype(np.float64)
    if min(y.sum(), len(y) - y.sum()) < 2 * A_COEFFICIENT:
        return None, None
    x, step = _design(field.ever[inside], field.step or (0.0, 1.0), None)
    fit = logistic(x, y, clusters(known, inside)) if np.ptp(field.ever[inside]) > 0 else None
    if fit is None:
        return None, None
    return odds_ratio(fit, 1, step[1] - step[0]), average_effect(fit, x, 1, *step)[0]


def _design(values: Real, step: tuple[float, float], others: Any) -> tuple[Any, tuple[float, float]]:
    """Intercept, the field in standard deviations, the rest; and the step on the same scale."""
    centre, spread = float(values.mean()), float(values.std()) or 1.0
    own = np.column_stack([np.ones(len(values)), (values - centre) / spread])
    return _beside(own, others), ((step[0] - centre) / spread, (step[1] - centre) / spread)


def _beside(own: Real, others: Any) -> Any:
    """Columns of numbers and, where there are any, sparse ones."""
    return own if others is None else sparse.hstack([sparse.csr_array(own), others], format="csr")
