"""Arbitrary histories (skips, returns, reopenings, stages unknown to the pipeline, several pipelines), counted again by hand."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.analysis.rows import Row, day, deal, prepared, stages, visit
from vunnet.analysis import flows
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.flows import COUNTED, PARTS
from vunnet.analysis.funnel import Funnel, funnel
from vunnet.analysis.question import Period

LADDERS = {"New": ("Met", "Quoted", "Agreed"), "Renewal": ("Asked", "Quoted", "Met")}
STAGES = ("Met", "Quoted", "Agreed", "Asked", "Elsewhere")


@dataclass(frozen=True)
class Histories:
    deals: list[Row]
    visits: list[Row]


@some.composite
def histories(draw: some.DrawFn) -> Histories:
    """Stays one after the other, with pauses (closed for a while, then reopened), ending in any outcome."""
    deals: list[Row] = []
    visits: list[Row] = []
    for n in range(draw(some.integers(0, 9))):
        at = float(draw(some.integers(0, 5)))
        created, outcome = at, draw(some.sampled_from(("open", "won", "lost", "cancelled")))
        walk = draw(some.lists(some.sampled_from(STAGES), max_size=6))
        for place, stage in enumerate(walk):
            at += draw(some.integers(0, 2))
            left = at + draw(some.integers(0, 4)) + 0.25
            last = place == len(walk) - 1
            visits.append(visit(f"d{n}", stage, at, None if last and outcome == "open" else left))
            at = left
        closed = None if outcome == "open" else at
        kind = {
            "pipeline": draw(some.sampled_from(tuple(LADDERS))),
            "product": draw(some.sampled_from(("X", "Y", None))),
        }
        deals.append(deal(f"d{n}", outcome, created, closed, **kind))
    return Histories(deals, visits)


def asked(found: Histories, as_of: int, period: Period | None, split: str | None) -> dict[str | None, Funnel]:
    ladder = [row for name, steps in LADDERS.items() for row in stages(*steps, pipeline=name)]
    with prepared(found.deals, as_of=as_of, visits=found.visits, stages=ladder) as source:
        answer = funnel(source, period, split)
    return {} if isinstance(answer, NotRecorded) else {one.pipeline: one for one in answer}


def counted(found: Histories, pipeline: str, as_of: int, period: Period | None) -> list[dict[str, int]]:
    """What became of the deals of each stage, one deal at a time."""
    steps, end = LADDERS[pipeline], day(as_of + 1)
    numbers = [dict.fromkeys(COUNTED, 0) for _ in steps]
    for row in found.deals:
        if row["pipeline"] != pipeline or row["created_at"] >= end:
            continue
        closed = row["closed_at"] if row["closed_at"] and row["closed_at"] < end else None
        outcome = row["outcome"] if closed else "open"
        stays = [
            v for v in found.visits if v["deal_id"] == row["deal_id"] and v["entered_at"] < end and v["stage"] in steps
        ]
        if stays:
            _count(numbers, steps, stays, outcome, closed, period, end)
    return numbers


def _count(
    numbers: list[dict[str, int]],
    steps: Sequence[str],
    stays: list[Row],
    outcome: str,
    closed: datetime | None,
    period: Period | None,
    end: datetime,
) -> None:
    places = [steps.index(stay["stage"]) for stay in stays]
    first = {
        place: min(s["entered_at"] for s, at in zip(stays, places, strict=True) if at == place) for place in places
    }
    lasting = [stay["left_at"] is None or stay["left_at"] >= end for stay in stays]
    stands = max(zip((stay["entered_at"] for stay in stays), lasting, places, strict=True))[2]
    for k in range(len(steps)):
        later = min((moment for place, moment in first.items() if place > k), default=None)
        if k not in first:
            passed = later or closed
            if (later or outcome == "won") and passed and _holds(period, passed):
                numbers[k]["skipped"] += 1
            continue
        if not _holds(period, first[k]):
            continue
        became = outcome if outcome != "open" else "moved_back" if stands < k else "open"
        numbers[k]["entered"] += 1
        numbers[k]["advanced" if later else became] += 1
        numbers[k]["re_entered"] += places.count(k) > 1


def wins(found: Histories, pipeline: str, as_of: int, period: Period | None) -> int:
    """The deals that entered the last room in the period, out of whatever room they came."""
    steps, end = LADDERS[pipeline], day(as_of + 1)
    known = {v["deal_id"] for v in found.visits if v["entered_at"] < end and v["stage"] in steps}
    won = [d for d in found.deals if d["pipeline"] == pipeline and d["outcome"] == "won" and d["deal_id"] in known]
    return sum(d["closed_at"] < end and _holds(period, d["closed_at"]) for d in won)


def _holds(period: Period | None, moment: datetime) -> bool:
    return period is None or bool(period.first and period.last and period.first <= moment.date() <= period.last)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    histories(), some.integers(0, 30), some.sampled_from((None, (2, 6), (0, 12))), some.sampled_from((None, "product"))
)
def test_every_count_of_every_stage_is_what_a_clerk_would_count(
    found: Histories, as_of: int, days: tuple[int, int] | None, split: str | None
) -> None:
    period = Period(day(days[0]).date(), day(days[1]).date()) if days else None
    for pipeline, one in asked(found, as_of, period, split).items():
        if pipeline is None:  # nothing was there yet, so no pipeline either
            assert not any(flow.entered for flow in one.stages)
            continue
        by_hand = counted(found, pipeline, as_of, period)
        for flow, numbers in zip(one.stages, by_hand, strict=True):
            assert {name: getattr(flow, name) for name in COUNTED} == numbers, (pipeline, flow.stage)
            assert flow.entered == sum(getattr(flow, part) for part in PARTS)
            if one.members:
                assert sum(flow.by.values()) == flow.entered
        assert one.won == wins(found, pipeline, as_of, period)
        if one.members:
            assert sum(one.won_by.values()) == one.won


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), some.sampled_from((None, (2, 6))), some.sampled_from((None, "product")))
def test_several_threads_find_what_one_finds(found: Histories, days: tuple[int, int] | None, split: str | None) -> None:
    period = Period(day(days[0]).date(), day(days[1]).date()) if days else None
    ladder = [row for name, steps in LADDERS.items() for row in stages(*steps, pipeline=name)]
    with prepared(found.deals, as_of=30, visits=found.visits, stages=ladder) as source:
        answers = []
        for threads, many in ((1, 0), (3, 0), (3, flows.MANY)):
            asked = replace(source, tables=replace(source.tables, threads=threads))
            with (
                patch.object(flows, "MANY", many),
                patch.object(flows, "ThreadPoolExecutor", wraps=ThreadPoolExecutor) as pool,
            ):
                answers.append(funnel(asked, period, split))
            assert bool(pool.called) == (threads > 1 and not many and bool(asked_of(answers[-1])))
    assert answers[0] == answers[1] == answers[2]


def asked_of(answer: tuple[Funnel, ...] | NotRecorded) -> tuple[Funnel, ...]:
    return () if isinstance(answer, NotRecorded) else answer


def test_a_ladder_longer_than_a_word_of_bits_is_counted_whole() -> None:
    names = [f"S{k}" for k in range(70)]
    walk = [visit("a", name, k, k + 1) for k, name in enumerate(names)]
    back = [visit("b", "S69", 0, 1), visit("b", "S2", 1)]
    with prepared(
        [deal("a", "won", 0, 70), deal("b", "open", 0)], visits=[*walk, *back], stages=stages(*names)
    ) as source:
        found = funnel(source)
    assert not isinstance(found, NotRecorded)
    passed = found[0].stages
    assert [flow.entered for flow in passed] == [2 if k in (2, 69) else 1 for k in range(70)]
    assert (passed[69].won, passed[69].moved_back, passed[2].advanced) == (1, 1, 2)
    assert [flow.skipped for flow in passed] == [0 if k in (2, 69) else 1 for k in range(70)]
