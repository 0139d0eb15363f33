from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.analysis.plain import Life, incidence, median
from tests.analysis.rows import Row, day, deal, prepared, stages, visit
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.funnel import PARTS, Funnel, StageFlow, funnel
from vunnet.analysis.question import Period, Question

LADDER = ("Met", "Quoted", "Agreed")
DEALS = [
    deal("won", "won", 0.4, 9.5, product="X"),
    deal("lost", "lost", 0.4, 8.5, product="X"),
    deal("back", "open", 0.4, product="Y"),
    deal("skip", "open", 0.4, product="Y"),
    deal("gone", "cancelled", 0.4, 7.5, product="Y"),
    deal("here", "open", 0.4, product="Z"),
]
VISITS = [
    visit("won", "Met", 0.4, 2.4),
    visit("won", "Quoted", 2.4, 5.5),
    visit("won", "Agreed", 5.5, 9.5),
    visit("lost", "Met", 0.4, 3.1),
    visit("lost", "Quoted", 3.1, 8.5),
    visit("back", "Met", 0.4, 1.4),
    visit("back", "Quoted", 1.4, 2.2),
    visit("back", "Met", 2.2),
    visit("skip", "Met", 0.4, 4.4),
    visit("skip", "Agreed", 4.4),
    visit("gone", "Met", 0.4, 7.5),
    visit("here", "Met", 0.4),
]


def asked(deals: Sequence[Row], visits: Sequence[Row], as_of: float = 20, **more: object) -> Funnel:
    with prepared(deals, as_of=as_of, visits=visits, stages=stages(*LADDER)) as source:
        found = funnel(source, **more)  # type: ignore[arg-type]
    assert not isinstance(found, NotRecorded)
    return found[0]


def parts(flow: StageFlow) -> tuple[int, ...]:
    return tuple(getattr(flow, name) for name in PARTS)


def test_a_small_funnel_by_hand() -> None:
    met, quoted, agreed = asked(DEALS, VISITS).stages
    # entered = advanced, won, lost, cancelled, moved back, open
    assert (met.entered, parts(met)) == (6, (4, 0, 0, 1, 0, 1))
    assert (quoted.entered, parts(quoted)) == (3, (1, 0, 1, 0, 1, 0))
    assert (agreed.entered, parts(agreed)) == (2, (0, 1, 0, 0, 0, 1))
    assert (met.skipped, quoted.skipped, agreed.skipped) == (0, 1, 0)
    assert (met.re_entered, quoted.re_entered) == (1, 0)


def test_as_of_rewinds_the_funnel() -> None:
    met, quoted, agreed = asked(DEALS, VISITS, as_of=3).stages  # all of 4 January
    assert (met.entered, parts(met)) == (6, (3, 0, 0, 0, 0, 3))
    assert (quoted.entered, parts(quoted)) == (3, (0, 0, 0, 0, 1, 2))
    assert agreed.entered == 0


def test_conversion_and_median_match_plain_python() -> None:
    met = asked(DEALS, VISITS).stages[0]
    seen = 21 - 0.4  # all of the 20th day is known
    onward = [Life(2.0, 1), Life(2.7, 1), Life(1.0, 1), Life(4.0, 1), Life(7.1, 2), Life(seen, 0)]
    stays = [Life(2.0, 1), Life(2.7, 1), Life(1.0, 1), Life(4.0, 1), Life(7.1, 1), Life(seen, 0)]
    assert met.conversion is not None
    found = (met.conversion.share, met.conversion.low, met.conversion.high)
    assert found == pytest.approx(incidence(onward, 1, seen), abs=1e-9)
    assert met.median_days == pytest.approx(median(stays))


def test_the_three_conversions_are_what_they_say() -> None:
    quoted = asked(DEALS, VISITS).stages[1]
    assert quoted.reached_next is not None
    assert quoted.resolved is not None
    assert quoted.reached_next.share == pytest.approx(1 / 3)
    assert quoted.resolved.share == pytest.approx(1 / 2)


def test_a_win_goes_on_from_whichever_stage_it_came() -> None:
    rows = [deal("a", "won", 0, 5)]
    met = asked(rows, [visit("a", "Met", 0, 5)]).stages[0]
    assert (met.won, met.advanced) == (1, 0)
    assert met.reached_next is not None
    assert met.reached_next.share == 1.0


def test_a_period_takes_the_deals_that_first_entered_in_it() -> None:
    first_days = Period(day(2).date(), day(3).date())
    met, quoted, _ = asked(DEALS, VISITS, entered_in=first_days).stages
    assert met.entered == 0
    assert quoted.entered == 2


def test_the_split_sums_to_the_whole_and_keeps_three_members() -> None:
    more = [deal(f"d{n}", "open", 0.4, product=f"P{n}") for n in range(5)]
    found = asked([*DEALS, *more], [*VISITS, *(visit(f"d{n}", "Met", 0.4) for n in range(5))], split="product")
    assert len(found.members) == 4
    assert found.members[-1] == "other"
    for flow in found.stages:
        assert sum(flow.by.values()) == flow.entered
    assert sum(found.won_by.values()) == found.won == 1


def test_pipelines_are_never_mixed() -> None:
    deals = [
        deal("a", "open", 0, pipeline="New"),
        deal("b", "open", 0, pipeline="Renewal"),
        deal("c", "open", 0, pipeline="New"),
    ]
    visits = [visit("a", "Met", 0), visit("b", "Asked", 0), visit("c", "Met", 0)]
    ladder = [*stages("Met", pipeline="New"), *stages("Asked", "Met", pipeline="Renewal")]
    with prepared(deals, visits=visits, stages=ladder) as source:
        found = funnel(source)
        narrowed = funnel(source.about(Question(date(2030, 1, 1), where={"pipeline": ("Renewal",)})))
    assert not isinstance(found, NotRecorded)
    assert not isinstance(narrowed, NotRecorded)
    assert [(one.pipeline, [(s.stage, s.entered) for s in one.stages]) for one in found] == [
        ("New", [("Met", 2)]),
        ("Renewal", [("Asked", 1), ("Met", 0)]),
    ]
    assert [one.pipeline for one in narrowed] == ["Renewal"]


def test_without_a_table_of_stages_they_stand_in_the_order_deals_enter_them() -> None:
    with prepared(DEALS, visits=VISITS) as source:
        found = funnel(source)
    assert not isinstance(found, NotRecorded)
    assert [flow.stage for flow in found[0].stages] == list(LADDER)


def test_without_history_there_is_one_stay_from_opening_to_closing() -> None:
    with prepared(DEALS, as_of=20) as source:
        found = funnel(source)
    assert not isinstance(found, NotRecorded)
    (flow,) = found[0].stages
    assert (flow.stage, flow.entered, parts(flow)) == ("opened", 6, (0, 1, 1, 1, 0, 3))
    assert found[0].note is not None


def test_without_history_and_dates_the_funnel_is_not_recorded() -> None:
    with prepared([deal("a", "won", None)]) as source:
        assert isinstance(funnel(source), NotRecorded)


@some.composite
def journeys(draw: some.DrawFn) -> tuple[list[Row], list[Row]]:
    deals, visits = [], []
    for n in range(draw(some.integers(0, 8))):
        walk = draw(some.lists(some.sampled_from(LADDER), max_size=5))
        at = draw(some.integers(0, 4))
        times = [at]
        for _ in walk:
            times.append(times[-1] + draw(some.integers(0, 3)))
        outcome = draw(some.sampled_from(("open", "won", "lost", "cancelled")))
        deals.append(deal(f"d{n}", outcome, at, None if outcome == "open" else times[-1]))
        for place, stage in enumerate(walk):
            ongoing = outcome == "open" and place == len(walk) - 1
            visits.append(visit(f"d{n}", stage, times[place], None if ongoing else times[place + 1]))
    return deals, visits


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(journeys(), some.integers(0, 15), some.randoms())
def test_entered_is_always_the_sum_of_its_parts_in_any_order_of_rows(
    rows: tuple[list[Row], list[Row]], as_of: int, shuffle: object
) -> None:
    deals, visits = rows
    found = asked(deals, visits, as_of=as_of)
    for flow in found.stages:
        assert flow.entered == sum(parts(flow))
    backwards = asked(deals[::-1], visits[::-1], as_of=as_of)
    assert found == backwards
