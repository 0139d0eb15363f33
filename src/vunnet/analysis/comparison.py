"""Two funnels side by side: two periods, two teams, two products. Where do they differ, and how surely?

Both sides are compared over the same time since entry: the longest both were followed. A newer period has been seen for
less long, and would otherwise look worse for that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from math import hypot

from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, NotRecorded, Share, counted
from vunnet.analysis.evidence import HIGHER, LEVEL, LOWER, NO_EVIDENCE, benjamini_hochberg
from vunnet.analysis.flows import LEFT, ON
from vunnet.analysis.funnel import Funnel, StageFlow, funnel, going_on
from vunnet.analysis.journeys import all_journeys
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period, Side
from vunnet.analysis.shown import Shown
from vunnet.analysis.survival import Curve, apart, curve


@dataclass(frozen=True)
class Difference:
    """The second share less the first, with its 95 % interval; None where either share has none (nobody or all)."""

    value: float
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, object]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class StageBeside:
    """One stage on both sides. `shares`: going on within `within_days` of entry; `flows`: None where a side lacks it."""

    stage: str
    flows: tuple[StageFlow | None, StageFlow | None]
    within_days: float | None
    shares: tuple[Share | None, Share | None]
    difference: Difference | None
    p_value: float | None
    q_value: float | None
    verdict: str

    @property
    def entered(self) -> tuple[int, int]:
        first, second = self.flows
        return first.entered if first else 0, second.entered if second else 0

    def to_json(self) -> dict[str, object]:
        return {
            "stage": self.stage,
            "within_days": self.within_days,
            "first": _side(self.flows[0], self.shares[0]),
            "second": _side(self.flows[1], self.shares[1]),
            "difference": self.difference.to_json() if self.difference else None,
            "q_value": self.q_value,
            "verdict": self.verdict,
        }


def _side(flow: StageFlow | None, share: Share | None) -> dict[str, object]:
    return {
        "entered": flow.entered if flow else 0,
        "went_on": share.to_json() if share else None,
        "median_days": flow.median_days if flow else None,
    }


@dataclass(frozen=True)
class Comparison(Shown):
    """One pipeline's funnel on both sides, stage by stage."""

    pipeline: str | None
    sides: tuple[Side, Side]
    funnels: tuple[Funnel | None, Funnel | None]
    stages: tuple[StageBeside, ...]

    def to_json(self) -> list[dict[str, object]]:
        of = {"pipeline": self.pipeline}
        return [of | row.to_json() for row in self.stages]


def comparison(prepared: Prepared, first: Side, second: Side) -> tuple[Comparison, ...] | NotRecorded:
    """Each pipeline's funnel on both sides; not recorded where they share deals: then their difference has no interval."""
    halves = tuple(prepared.only(side.where) for side in (first, second))
    if shared := _shared(halves[0], halves[1], first, second):
        return counted(
            "{n} of the deals stands on both sides, so their difference has no interval; compare what has no deals in common",
            "{n} of the deals stand on both sides, so their difference has no interval; compare what has no deals in common",
            shared,
        )
    found = [_half(half, side) for half, side in zip(halves, (first, second), strict=True)]
    for one in found:
        if isinstance(one, NotRecorded):
            return one
    left, right = (one for one in found if not isinstance(one, NotRecorded))
    pipelines = tuple(dict.fromkeys((*left, *right)))
    return tuple(
        _compared(pipeline, (first, second), left.get(pipeline), right.get(pipeline)) for pipeline in pipelines
    )


Half = tuple[Funnel, list[Curve]]


def _half(prepared: Prepared, side: Side) -> dict[str | None, Half] | NotRecorded:
    """The funnel of each pipeline with the curve of going on from each stage."""
    found = funnel(prepared, side.entered_in)
    if isinstance(found, NotRecorded):
        return found
    curves = {
        ways.pipeline: [
            curve(ended, (ON, LEFT), ways.ticks.per_day) for ended in going_on(prepared, ways, side.entered_in)
        ]
        for ways in all_journeys(prepared)
    }
    return {one.pipeline: (one, curves[one.pipeline]) for one in found}


def _shared(left: Prepared, right: Prepared, first: Side, second: Side) -> int:
    """How many deals stand on both sides: one that was sold two products, a team and one of its sellers."""
    if not _overlap(first.entered_in, second.entered_in):
        return 0
    shared = left.deals.semi_join(right.deals, "deal_id")
    return int(shared.aggregate(n=shared.count()).to_pyarrow()["n"][0].as_py())


def _overlap(first: Period | None, second: Period | None) -> bool:
    if first is None or second is None:
        return True
    apart = first.last and second.first and first.last < second.first
    return not (apart or (second.last and first.first and second.last < first.first))


def _compared(pipeline: str | None, sides: tuple[Side, Side], left: Half | None, right: Half | None) -> Comparison:
    names = _stages(left, right)
    rows = [_beside(name, _at(left, name), _at(right, name)) for name in names]
    q_values = benjamini_hochberg([row.p_value for row in rows])
    told = tuple(_judged(row, q) for row, q in zip(rows, q_values, strict=True))
    return Comparison(pipeline, sides, (left[0] if left else None, right[0] if right else None), told)


def _stages(left: Half | None, right: Half | None) -> tuple[str, ...]:
    """The stages of both, in order; a side without deals may not know all of them."""
    both = [[flow.stage for flow in half[0].stages] if half else [] for half in (left, right)]
    both.sort(key=len, reverse=True)
    return tuple(dict.fromkeys(name for pair in zip_longest(*both) for name in pair if name is not None))


def _at(half: Half | None, name: str) -> tuple[StageFlow, Curve] | None:
    if half is None:
        return None
    return next(((flow, one) for flow, one in zip(half[0].stages, half[1], strict=True) if flow.stage == name), None)


def _beside(name: str, left: tuple[StageFlow, Curve] | None, right: tuple[StageFlow, Curve] | None) -> StageBeside:
    flows = (left[0] if left else None, right[0] if right else None)
    if left is None or right is None or not left[1].n or not right[1].n:
        return StageBeside(name, flows, None, (None, None), None, None, None, TOO_FEW_WORDS)
    days = _followed(left[1], right[1])
    first, second = left[1].at(ON, days), right[1].at(ON, days)
    if first is None or second is None:
        return StageBeside(name, flows, days, (first, second), None, None, None, TOO_FEW_WORDS)
    few = min(left[1].n, right[1].n) < TOO_FEW
    p_value = None if few else apart(first, second)
    verdict = TOO_FEW_WORDS if few else NO_EVIDENCE
    return StageBeside(name, flows, days, (first, second), difference(first, second), p_value, None, verdict)


def _followed(left: Curve, right: Curve) -> float:
    """The longest time both were followed; where all of a side had ended, it is known for ever."""
    longest = max(left.followed, right.followed)
    return min((one.followed for one in (left, right) if not one.knows(longest)), default=longest) / left.per_day


def difference(first: Share, second: Share) -> Difference:
    """The second less the first; its interval from theirs by square-and-add (Zou & Donner 2008; Newcombe 1998).

    >>> found = difference(Share(0.4, 0.3, 0.5), Share(0.6, 0.5, 0.7))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.059, 0.341)
    """
    value = second.share - first.share
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Difference(value, None, None)
    low = value - hypot(second.share - second.low, first.high - first.share)
    high = value + hypot(second.high - second.share, first.share - first.low)
    return Difference(value, max(low, -1.0), min(high, 1.0))


def _judged(row: StageBeside, q_value: float | None) -> StageBeside:
    if q_value is None or row.difference is None:
        return row
    verdict = NO_EVIDENCE if q_value >= LEVEL else HIGHER if row.difference.value > 0 else LOWER
    return replace(row, q_value=q_value, verdict=verdict)
