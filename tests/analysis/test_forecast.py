from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from tests.analysis.plain import Life, incidence
from tests.analysis.rows import Row, day, deal, maven_rows, prepared, stages, visit
from vunnet.analysis import ahead, hazards, predict
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.backtest import (
    NOT_YET,
    TRUSTED,
    past_days,
)
from vunnet.analysis.clock import EPOCH
from vunnet.analysis.forecast import Forecast, forecast
from vunnet.analysis.predict import History
from vunnet.analysis.stays import OPEN, read_stays

LADDER = ("Met", "Quoted", "Agreed")


def busy(days: int = 420, seed: int = 3, **more: object) -> tuple[list[Row], list[Row]]:
    """Three deals a day through a ladder: each stage takes a few days, seven in ten go on."""
    random, deals, visits = Random(seed), [], []
    for n in range(days * 3):
        at, outcome = n / 3 + 0.4, "won"
        for place, stage in enumerate(LADDER):
            left = at + 1 + random.expovariate(1 / (4 + 2 * place))
            visits.append(visit(f"d{n}", stage, at, left if left < days else None))
            if left >= days:
                outcome, left = "open", 0.0
                break
            at = left
            if random.random() > 0.7:
                outcome = "lost"
                break
        closed = None if outcome == "open" else at
        deals.append(deal(f"d{n}", outcome, n / 3 + 0.4, closed, amount=500 + 50 * (n % 7), currency="NOK", **more))
    return deals, visits


def told(found: object) -> Forecast:
    assert isinstance(found, Forecast), found
    return found


def ladder() -> list[Row]:
    typed = (0.1, 0.5, 0.9)
    return [row | {"probability": p} for row, p in zip(stages(*LADDER), typed, strict=True)]


def number(on: date) -> int:
    return (on - EPOCH).days


# --- what is counted ---------------------------------------------------------------------------------------------------


def test_days_at_risk_and_moves_are_those_of_plain_counting() -> None:
    deals, visits = busy(80)
    with prepared(deals, as_of=79, visits=visits, stages=ladder()) as source:
        history = History(read_stays(source, day(0).date()))
    own, end = history.stays, number(day(79).date())
    counts = history.steps._within([end], 10_000)
    risk: dict[tuple[int, int], int] = defaultdict(int)
    moves: dict[tuple[int, int, int], int] = defaultdict(int)
    for stage, following, entered, left in zip(own.stage, own.following, own.entered, own.left, strict=True):
        last = max(left, entered + 1) if following != OPEN else end
        for on in range(entered + 1, min(last, end) + 1):
            risk[stage, hazards.BIN[min(on - entered, hazards.OLDEST) - 1]] += 1
        if following != OPEN and last <= end:
            moves[stage, hazards.BIN[min(last - entered, hazards.OLDEST) - 1], following] += 1
    for (stage, place), n in risk.items():
        assert counts.risk[0, stage, place] == n
    for (stage, place, to), n in moves.items():
        assert counts.moves[0, stage, place, to] == n
    assert counts.risk.sum() == sum(risk.values())
    assert counts.moves.sum() == sum(moves.values())


def test_stays_are_a_chain_from_stage_to_stage_to_the_end() -> None:
    rows = [deal("a", "won", 0.1, 9.5), deal("b", "lost", 1.2, 3.5), deal("c", "open", 2.1), deal("none", "lost", 3, 4)]
    visits = [visit("a", "Met", 0.1, 4), visit("a", "Quoted", 4.2, 9.5), visit("a", "Won", 9.5), visit("c", "Met", 2.1)]
    visits += [visit("b", "Met", 1.2, 3.5)]
    with prepared(rows, as_of=20, visits=visits, stages=stages("Met", "Quoted")) as source:
        own = read_stays(source, day(0).date())
    zero = number(day(0).date())
    seen = sorted(zip(own.stage, own.following, own.entered - zero, own.first, strict=True))
    assert own.won == 3
    assert seen == [(0, -1, 2, True), (0, 1, 0, True), (0, 4, 1, True), (1, 3, 4, False), (2, 4, 3, True)]


def test_one_stage_without_shrinkage_is_the_conditional_aalen_johansen(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(8)
    lives = [(random.randrange(1, 12), random.choice("wwlo")) for _ in range(400)]
    rows = [
        deal(
            f"{n}",
            {"w": "won", "l": "lost", "o": "open"}[how],
            200 - (age if how == "o" else 20),
            None if how == "o" else 180 + age,
        )
        for n, (age, how) in enumerate(lives)
    ]
    monkeypatch.setattr(hazards, "EDGES", np.arange(1, 41))
    monkeypatch.setattr(hazards, "BIN", np.minimum(np.arange(hazards.OLDEST), 39))
    monkeypatch.setattr(ahead, "BIN", np.minimum(np.arange(hazards.OLDEST), 39))
    monkeypatch.setattr(hazards, "PRIOR_EVENTS", 1e-9)
    monkeypatch.setattr(hazards, "NEIGHBOUR_EVENTS", 1e-9)
    with prepared(rows, as_of=200) as source:
        history = History(read_stays(source, day(100).date()))
    counts = history.steps.until([number(day(200).date())])
    found = ahead.look_ahead(hazards.chances(counts), np.ones((1, 1)), 7)
    # A life that is still going on today has been at risk today: censored after its age.
    known = [Life(age, {"w": 1, "l": 2, "o": 0}[how]) for age, how in lives]
    for age in (0, 2, 4):
        waiting = [Life(life.end - age, life.cause) for life in known if life.end > age]
        share, _, _ = incidence(waiting, 1, 7)
        assert found.won[0, 0, age] == pytest.approx(share, abs=1e-6)


def test_chances_never_exceed_certainty_and_few_deals_are_shrunk() -> None:
    rows = [deal(f"{n}", "won" if n % 2 else "lost", n, n + 30) for n in range(0, 120, 2)] + [
        deal("new", "won", 90, 91)
    ]
    with prepared(rows, as_of=150) as source:
        history = History(read_stays(source, day(0).date()))
    counts = history.steps.until([number(day(150).date())])
    for found in (hazards.chances(counts), hazards.chances(counts, 50, np.random.default_rng(1))):
        assert (found >= 0).all()
        assert (found.sum(axis=3) <= 1 + 1e-12).all()
    first_day = counts.moves[0, 0, 0, 1] / counts.risk[0, 0, 0]
    assert first_day > 0
    assert hazards.chances(counts)[0, 0, 0, 1] != pytest.approx(first_day, rel=0.01)


# --- what is said ------------------------------------------------------------------------------------------------------


def test_a_steady_business_is_forecast_to_go_on() -> None:
    deals, visits = busy()
    with prepared(deals, as_of=day(395).date(), visits=visits, stages=ladder()) as source:
        found = told(forecast(source, until=day(418).date()))
    came = sum(r["outcome"] == "won" and day(396) <= r["closed_at"] < day(419) for r in deals)
    so_far = found.won_so_far[-1][1]
    assert found.wins.p2_5 - so_far <= came <= found.wins.p97_5 - so_far
    assert found.from_open + found.from_new == pytest.approx(found.wins.p50 - so_far, rel=0.1)
    assert not isinstance(found.value, NotRecorded)
    assert found.currency == "NOK"
    assert found.backtest.verdict in (TRUSTED, NOT_YET)
    ends = [mark.wins.p50 for mark in found.marks]
    assert ends == sorted(ends)
    assert found.marks[-1].day == found.until
    assert found.marks[-1].wins == found.wins


def test_measured_stage_probabilities_stand_beside_the_typed_ones() -> None:
    deals, visits = busy(300)
    with prepared(deals, as_of=299, visits=visits, stages=ladder()) as source:
        found = told(forecast(source))
    truth = (0.343, 0.49, 0.7)
    for stage, expected in zip(found.stages, truth, strict=True):
        assert stage.measured.share == pytest.approx(expected, abs=0.06)
        assert stage.measured.low is not None
        assert stage.measured.high is not None
        assert stage.measured.low < stage.measured.share < stage.measured.high
    assert [stage.typed for stage in found.stages] == [0.1, 0.5, 0.9]
    assert [stage.differs for stage in found.stages] == [True, False, True]
    assert found.to_json()["stages"][0]["difference"] == found.stages[0].measured.share - 0.1  # type: ignore[index]


def test_later_rows_change_no_forecast_and_the_same_rows_give_the_same() -> None:
    deals, visits = busy(260)
    with prepared(deals, as_of=200, visits=visits, stages=ladder()) as source:
        whole = told(forecast(source)).to_json()
    with prepared(deals[::-1], as_of=200, visits=visits[::-1], stages=ladder()) as source:
        assert told(forecast(source)).to_json() == whole
    known = [r for r in deals if r["created_at"] < day(201)]
    known = [
        r if r["closed_at"] and r["closed_at"] < day(201) else r | {"outcome": "open", "closed_at": None} for r in known
    ]
    stays = [v for v in visits if v["entered_at"] < day(201)]
    with prepared(known, as_of=200, visits=stays, stages=ladder()) as source:
        assert told(forecast(source)).to_json() == whole
    assert json.dumps(whole, allow_nan=False)


def test_a_look_back_knows_no_more_than_that_day_did() -> None:
    deals, visits = busy(260)
    then = number(day(180).date())
    views = []
    for as_of in (180, 250):
        with prepared(deals, as_of=as_of, visits=visits, stages=ladder()) as source:
            history = History(read_stays(source, day(0).date()))
        view = history.views([then], 30)[0]
        views.append(
            (sorted(view.chance.round(9)), view.opened, view.new_share, view.steadiness, round(view.spread, 9))
        )
    assert views[0] == views[1]


def test_the_backtest_scores_what_came() -> None:
    deals, visits = busy()
    with prepared(deals, as_of=419, visits=visits, stages=ladder()) as source:
        found = told(forecast(source, until=day(449).date()))
    assert len(found.backtest.periods) == 11
    for past in found.backtest.periods:
        until = datetime.combine(past.until + timedelta(days=1), datetime.min.time())
        after = datetime.combine(past.as_of + timedelta(days=1), datetime.min.time())
        came = [r for r in deals if r["outcome"] == "won" and after <= r["closed_at"] < until]
        assert past.came == len(came)
        assert past.value_came == float(sum((r["amount"] for r in came), Decimal(0)))
        assert past.until - past.as_of == timedelta(days=30)
    assert found.backtest.skill is not None
    assert found.backtest.skill > 0
    assert found.backtest.held == np.mean([past.held for past in found.backtest.periods])


def test_mavens_quarters_beat_win_rate_times_price_and_the_interval_of_value_held() -> None:
    rows = maven_rows()
    for eve, until in ((date(2017, 6, 30), date(2017, 9, 30)), (date(2017, 9, 30), date(2017, 12, 31))):
        with prepared(rows, as_of=eve) as source:
            found = told(forecast(source, until))
        came = sum(float(r["amount"]) for r in rows if r["outcome"] == "won" and eve < r["closed_at"].date() <= until)
        assert not isinstance(found.value, NotRecorded)
        assert found.value.p10 <= came <= found.value.p90
        assert found.stages == ()


# --- arguments and edges -----------------------------------------------------------------------------------------------


def test_the_target_is_an_argument_or_the_quotas_of_the_period() -> None:
    deals, visits = busy(300)
    quota = {"period_start": date(2026, 10, 1), "period_end": date(2026, 12, 31)}
    quotas = [quota | {"member": name, "amount": Decimal(40_000)} for name in ("Ann", "Bo")]
    quotas += [quota | {"team": "All", "amount": Decimal(99_000)}]
    with prepared(deals, as_of=299, visits=visits, stages=ladder(), quotas=quotas) as source:
        found = told(forecast(source))
        sure, never = told(forecast(source, target=1.0)), told(forecast(source, target=1e12))
    assert (found.begins, found.until, found.target) == (date(2026, 10, 1), date(2026, 12, 31), 80_000)
    assert (sure.chance, never.chance) == (1.0, 0.0)


def test_the_next_quarter_is_forecast_on_the_last_day_of_one() -> None:
    deals, _ = busy(91)
    with prepared(deals, as_of=date(2026, 3, 31)) as source:
        found = told(forecast(source))
        with pytest.raises(ValueError, match="2026-03-31"):
            forecast(source, until=date(2026, 3, 31))
    assert (found.begins, found.until, found.won_so_far) == (date(2026, 4, 1), date(2026, 6, 30), ())


def test_amounts_that_cannot_be_added_leave_the_wins() -> None:
    deals, _ = busy(150)
    mixed = [row | {"currency": "EUR" if n % 2 else "NOK"} for n, row in enumerate(deals)]
    bare = [{key: value for key, value in row.items() if key not in ("amount", "currency")} for row in deals]
    with prepared(mixed, as_of=149) as source:
        found = told(forecast(source, target=40))
    assert str(found.value) == "amounts are in EUR, NOK; they are not added"
    assert found.chance is not None
    with prepared(bare, as_of=149) as source:
        assert str(told(forecast(source)).value) == "no won deal carries an amount"


def test_what_cannot_be_forecast_says_why() -> None:
    deals, _ = busy(150)
    lost = [row | {"outcome": "lost"} if row["outcome"] == "won" else row for row in deals]
    reasons = {
        "no creation dates are recorded": ([deal("a", "won", None, 9)], 200),
        "the records cover fewer than 60 days": (deals, 40),
        "fewer than ten deals have been won": (lost, 149),
    }
    for why, (rows, as_of) in reasons.items():
        with prepared(rows, as_of=as_of) as source:
            found = forecast(source)
        assert isinstance(found, NotRecorded)
        assert str(found) == why
    for rows, as_of in (([], 100), (deals, -40), ([deal("a", "open", 0)], 100)):
        with prepared(rows, as_of=as_of) as source:
            assert isinstance(forecast(source), NotRecorded)


def test_nothing_open_is_a_forecast_of_what_is_to_come() -> None:
    deals, _ = busy(200)
    closed = [row for row in deals if row["outcome"] != "open"]
    with prepared(closed, as_of=199) as source:
        found = told(forecast(source))
    assert (found.open, found.from_open) == (0, 0.0)
    assert found.from_new > 0


def test_several_pipelines_keep_their_stages_apart() -> None:
    deals, visits = busy(200, pipeline="A")
    others, more = busy(200, seed=9, pipeline="B")
    others = [row | {"deal_id": f"b{row['deal_id']}"} for row in others]
    more = [row | {"deal_id": f"b{row['deal_id']}"} for row in more]
    steps = stages(*LADDER, pipeline="A") + stages(*LADDER, pipeline="B")
    with prepared(deals + others, as_of=199, visits=visits + more, stages=steps) as source:
        found = told(forecast(source))
    assert [(stage.pipeline, stage.stage) for stage in found.stages] == [(p, s) for p in "AB" for s in LADDER]
    assert all(stage.entered > 100 for stage in found.stages)


def test_past_days_leave_enough_to_learn_from() -> None:
    deals, _ = busy(200)
    with prepared(deals, as_of=199) as source:
        history = History(read_stays(source, day(0).date()))
    days = past_days(history, 45)
    assert days == sorted(days)
    assert days[-1] + 45 == history.stays.last
    assert days[0] >= history.steps.begin + predict.FEWEST_DAYS
