from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit

from tests.analysis.rows import DAY_ONE, Row, deal, maven_rows, prepared, visit
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.drivers import Driver, Drivers, drivers
from vunnet.analysis.question import Question
from vunnet.analysis.regression import average_effect, logistic, odds_ratio, together
from vunnet.analysis.report import answer

LAST = 400
Source = dict[str, list[Row]]


def world(n: int = 700, helps: float = 1.0, seed: int = 7) -> Source:
    """Deals of which a second seller helps; contacts do nothing, but whoever lives longer collects more, and the won live
    longer."""
    random = np.random.default_rng(seed)
    found: Source = {"deals": [], "touches": [], "members": []}
    for k in range(n):
        size, team, company = random.normal(), 1 + int(random.random() < 0.4), int(random.integers(0, 120))
        won = random.random() < expit(-0.6 + helps * (team - 1) - 0.4 * size)
        opened, lived = random.uniform(0, 380), float(np.exp(random.normal(3.0 + 0.4 * won, 0.5)))
        outcome = ("won" if won else "lost") if opened + lived < LAST else "open"
        row = deal(
            str(k), outcome, opened, opened + lived if outcome != "open" else None, amount=round(100 + 50 * size)
        )
        found["deals"].append(row | {"company": f"C{company}", "source": f"S{random.integers(0, 3)}"})
        for place in range(team):
            joined = DAY_ONE + timedelta(days=opened + place)
            found["members"].append({"deal_id": str(k), "member": f"M{k}-{place}", "joined_at": joined})
        for at in opened + lived * random.random(random.poisson(0.3 * lived)):
            kind = "call" if random.random() < 0.5 else "mail"
            found["touches"].append({"deal_id": str(k), "at": DAY_ONE + timedelta(days=float(at)), "kind": kind})
    return found


def asked(source: Source, as_of: float | date = LAST, landmark: int = 7) -> Drivers:
    beside: Any = {name: rows for name, rows in source.items() if name != "deals"}
    with prepared(source["deals"], as_of=as_of, **beside) as ready:
        found = drivers(ready, landmark)
    assert isinstance(found, Drivers)
    return found


@cache
def known() -> Drivers:
    return asked(world())


def row(found: Drivers, name: str) -> Driver:
    return next(one for one in found.rows if one.name == name)


def test_a_true_effect_is_found_and_contacts_that_do_nothing_are_not() -> None:
    team, touches = row(known(), "team_size"), row(known(), "touches")
    assert (team.verdict, team.low, team.high) == ("goes with winning", 1, 2)
    assert touches.verdict == "no evidence of a difference"
    assert touches.naive_effect is not None
    assert touches.naive_effect.low > 0  # what counting till close would have made of it
    assert team.adjusted_for == ("size", "source", "customer")


def by_hand(source: Source, found: Drivers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Team size, outcome and company of the deals open on day 7 and followed long enough, one deal at a time."""
    chosen = []
    for one in source["deals"]:
        born = (one["created_at"] - DAY_ONE).total_seconds() / 86400
        lived = (one["closed_at"] - one["created_at"]).total_seconds() / 86400 if one["closed_at"] else 1e9
        if lived > 7 and LAST + 1 - born >= found.follow_days:
            joined = [
                m for m in source["members"]
                if m["deal_id"] == one["deal_id"] and (m["joined_at"] - one["created_at"]).days < 7
            ]  # fmt: skip
            won = one["outcome"] == "won" and lived <= found.follow_days
            chosen.append((len(joined), won, one["company"], float(one["amount"]), one["source"]))
    columns = list(zip(*chosen, strict=True))
    return np.array(columns[0], float), np.array(columns[1], float), np.array(columns[2])


def test_the_deals_at_risk_are_those_of_a_count_by_hand() -> None:
    team, won, _ = by_hand(world(), known())
    assert (known().deals, known().won) == (len(won), int(won.sum()))
    assert row(known(), "team_size").deals == len(team)


def test_the_same_deals_told_three_times_of_the_same_companies_are_no_surer() -> None:
    alone = world(n=400)
    for k, one in enumerate(alone["deals"]):
        one["company"] = f"C{k}"
    thrice = {
        name: [one | {"deal_id": f"{one['deal_id']}-{copy}"} for one in rows for copy in range(3)]
        for name, rows in alone.items()
    }
    once, told = (row(asked(source), "team_size").marginal_effect for source in (alone, thrice))
    assert once is not None
    assert told is not None
    assert told.value == pytest.approx(once.value, abs=0.02)  # levels rare in one telling are not in three
    # Were each deal taken by itself, the interval would be √3 times as narrow.
    assert told.high - told.low == pytest.approx(once.high - once.low, rel=0.1)


def test_the_regression_is_that_of_statsmodels_with_clusters() -> None:
    team, won, companies = by_hand(world(), known())
    codes = np.unique(companies, return_inverse=True)[1]
    x = np.column_stack([np.ones(len(team)), team, np.sin(np.arange(len(team)))])
    fit = logistic(x, won, codes)
    assert fit is not None
    other = sm.Logit(won, x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    assert fit.coefficients == pytest.approx(other.params, abs=1e-6)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(other.bse, rel=1e-5)
    ratio = odds_ratio(fit, 1, 1.0)
    assert (ratio.low, ratio.high) == pytest.approx(tuple(np.exp(other.conf_int()[1])), rel=1e-4)
    wald = other.f_test(np.eye(3)[1:])
    below = fit.freedom - 1
    assert together(fit, slice(1, 3)) == pytest.approx(
        float(stats.f.sf(float(wald.fvalue) * below / fit.freedom, 2, below)), rel=1e-4
    )


def test_the_average_effect_is_the_mean_difference_with_its_delta_interval() -> None:
    team, won, companies = by_hand(world(), known())
    codes = np.unique(companies, return_inverse=True)[1]
    x = np.column_stack([np.ones(len(team)), team, np.cos(np.arange(len(team)))])
    fit = logistic(x, won, codes)
    assert fit is not None
    found, _ = average_effect(fit, x, 1, 1.0, 2.0)

    def effect(beta: np.ndarray) -> float:
        sides = [np.column_stack([x[:, 0], np.full(len(x), at), x[:, 2]]) @ beta for at in (2.0, 1.0)]
        return float((expit(sides[0]) - expit(sides[1])).mean())

    slope = np.array([(effect(fit.coefficients + h) - effect(fit.coefficients - h)) / 2e-6 for h in np.eye(3) * 1e-6])
    error = float(np.sqrt(slope @ fit.covariance @ slope))
    assert found.value == pytest.approx(effect(fit.coefficients))
    assert (found.high - found.low) / 2 / error == pytest.approx(1.98, abs=0.01)  # t with about 119 degrees


def test_what_comes_after_the_landmark_does_not_enter() -> None:
    source = world()
    late = dict(source)
    births = {one["deal_id"]: one["created_at"] for one in source["deals"]}
    wins = {one["deal_id"] for one in source["deals"] if one["outcome"] == "won"}
    extra = [
        {"deal_id": key, "at": births[key] + timedelta(days=8), "kind": "meeting"} for key in wins for _ in range(9)
    ]
    late["touches"] = [*source["touches"], *extra]
    found = asked(late)
    assert row(found, "touches").marginal_effect == row(known(), "touches").marginal_effect
    assert row(found, "channels").marginal_effect == row(known(), "channels").marginal_effect
    assert row(found, "touches").naive_effect != row(known(), "touches").naive_effect


def test_later_rows_change_nothing() -> None:
    source = world()
    seen = asked(source, 300)
    known_then: Source = {
        "deals": [
            one if one["closed_at"] and one["closed_at"] < DAY_ONE + timedelta(days=301) else one | {"outcome": "open", "closed_at": None}
            for one in source["deals"]
            if one["created_at"] < DAY_ONE + timedelta(days=301)
        ],
        "touches": [one for one in source["touches"] if one["at"] < DAY_ONE + timedelta(days=301)],
        "members": [one for one in source["members"] if one["joined_at"] < DAY_ONE + timedelta(days=301)],
    }  # fmt: skip
    assert asked(known_then, 300).to_json() == seen.to_json()


def test_the_order_of_rows_is_irrelevant() -> None:
    source = world(300)
    assert asked({name: rows[::-1] for name, rows in source.items()}).to_json() == asked(source).to_json()


def test_too_few_outcomes_a_coefficient_are_too_few_to_say() -> None:
    found = asked(world(60))
    assert {one.verdict for one in found.rows} == {"too few to say"}
    assert all(one.marginal_effect is None for one in found.rows)


def test_a_field_that_separates_won_from_lost_has_no_estimate() -> None:
    x = np.column_stack([np.ones(60), np.arange(60.0) / 17])
    assert logistic(x, (np.arange(60) >= 30).astype(float), np.arange(60)) is None
    assert logistic(np.column_stack([x, x[:, 1]]), (np.arange(60) % 2).astype(float), np.arange(60)) is None


def test_an_amount_known_only_at_close_never_enters() -> None:
    source = world(300)
    source["deals"] = [one if one["outcome"] == "won" else one | {"amount": None} for one in source["deals"]]
    found = asked(source)
    assert "size" not in {one.name for one in found.rows}
    assert "known only when" in str(found.missing["size"])
    assert all("size" not in one.adjusted_for for one in found.rows)


def test_sellers_without_a_day_of_joining_never_enter() -> None:
    source = world(300)
    source["members"] = [{k: v for k, v in one.items() if k != "joined_at"} for one in source["members"]]
    assert "when sellers joined" in str(asked(source).missing["team_size"])


def test_the_stage_on_the_landmark_day_is_adjusted_for() -> None:
    source = world(400)
    stays = []
    for n, one in enumerate(source["deals"]):
        born = (one["created_at"] - DAY_ONE).total_seconds() / 86400
        stays.append(visit(one["deal_id"], "Met", born, born + 3 + n % 9))
        stays.append(visit(one["deal_id"], "Quoted", born + 3 + n % 9))
    found = asked(source | {"visits": stays})
    assert "stage" in row(found, "team_size").adjusted_for
    assert row(found, "first_move").deals > 0


def test_maven_has_nothing_that_was_recorded_while_deals_were_open() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31), observed_from=date(2017, 3, 1)) as source:
        found = drivers(source)
    assert isinstance(found, NotRecorded)
    assert "while they are open" in str(found)


def test_another_landmark_is_chosen_by_the_question_and_the_others_are_refused() -> None:
    source = world()
    beside: Any = {name: rows for name, rows in source.items() if name != "deals"}
    with prepared(source["deals"], as_of=LAST, **beside) as ready:
        day = (DAY_ONE + timedelta(days=LAST)).date()
        later = answer(ready, Question(day, landmark=30), parts=("drivers",)).drivers
        assert later == drivers(ready, 30)
    assert isinstance(later, Drivers)
    lives = [
        ((r["closed_at"] or DAY_ONE + timedelta(days=LAST + 1)) - r["created_at"]).total_seconds() / 86_400
        for r in source["deals"]
        if (DAY_ONE + timedelta(days=LAST + 1) - r["created_at"]).total_seconds() / 86_400 >= later.follow_days
    ]
    assert (later.landmark, later.deals) == (30, sum(life > 30 for life in lives))
    assert later.deals < known().deals
    with pytest.raises(ValueError, match="the landmark day is 7, 14 or 30, not 10"):
        Question(day, landmark=10)


def test_what_the_data_cannot_answer_is_said() -> None:
    for rows in ([], [deal("a", "won", None)], [deal("a", "open", 3)]):
        with prepared(rows, as_of=50) as source:
            assert isinstance(drivers(source), NotRecorded)


def test_a_missing_field_stands_in_the_json_with_its_reason() -> None:
    found = known().to_json()
    assert {one["name"] for one in found if "not_recorded" in one} == {"people", "first_move"}
    shape = {"name", "landmark_days", "deals", "naive_odds_ratio", "adjusted_odds_ratio", "marginal_effect", "verdict"}
    assert all(shape <= set(one) for one in found if "not_recorded" not in one)
