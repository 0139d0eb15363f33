from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from tests.analysis.rows import Row, deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.evidence import Prior, against_the_rest, benjamini_hochberg, fit_prior, homogeneity, shrink
from vunnet.analysis.question import Period
from vunnet.analysis.segments import Segment, segments


def sold(owner: str | None, won: int, lost: int) -> list[dict[str, object]]:
    outcomes = ["won"] * won + ["lost"] * lost
    return [deal(f"{owner}{n}", outcome, 0, 1, owner=owner) for n, outcome in enumerate(outcomes)]


def by_owner(*rows: list[dict[str, object]]) -> Segment:
    with prepared([row for some in rows for row in some]) as source:
        found = segments(source, by=["owner"])["owner"]
    assert isinstance(found, Segment)
    return found


@pytest.mark.parametrize("column", ["product", "owner", "team", "x_region"])
def test_maven_by_each_attribute_matches_a_plain_count(column: str) -> None:
    rows = maven_rows()
    with prepared(rows, as_of=date(2017, 12, 31)) as source:
        found = segments(source, by=[column])[column]
    assert isinstance(found, Segment)
    closed = Counter(row[column] for row in rows if row["outcome"] in ("won", "lost"))
    won = Counter(row[column] for row in rows if row["outcome"] == "won")
    assert {member.value for member in found.members} == set(closed)
    for member in found.members:
        low, high = proportion_confint(won[member.value], closed[member.value], method="wilson")
        expected = (won[member.value], closed[member.value], won[member.value] / closed[member.value], low, high)
        rate = member.rate
        assert (rate.won, rate.closed, rate.rate, rate.low, rate.high) == pytest.approx(expected, abs=1e-9)


def customers(old_wins: int) -> list[Row]:
    """Old companies buy in 2023, so that they are known in 2026: of 60 deals each `old_wins` of theirs and 20 of new ones' are won."""
    found = [deal(f"begin {n}", "won", -1000, -990, company=f"Old {n}") for n in range(60)]
    found += [deal(f"lately {n}", "won", -400, -390, company=f"Old {n}") for n in range(60)]
    found += [deal(f"old {n}", "won" if n < old_wins else "lost", 0, 5, company=f"Old {n}") for n in range(60)]
    return found + [deal(f"new {n}", "won" if n < 20 else "lost", 0, 5, company=f"New {n}") for n in range(60)]


def test_new_and_existing_customers_are_compared_like_any_segment() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    with prepared(customers(40)) as source:
        found = segments(source, year)
    one = found["customer"]
    assert isinstance(one, Segment)
    assert {m.value: (m.rate.won, m.rate.closed, m.verdict) for m in one.members} == {
        "existing": (40, 60, "differs: higher"),
        "new": (20, 60, "differs: lower"),
    }
    assert one.p_value == pytest.approx(stats.fisher_exact([[40, 20], [20, 40]]).pvalue, abs=4e-4)  # drawn
    told = [answer.p_value for answer in found.values() if isinstance(answer, Segment)]
    assert one.q_value == pytest.approx(multipletests(told, method="fdr_bh")[1][told.index(one.p_value)])
    assert one.verdict == "differs"


def test_statuses_enter_the_q_values_of_the_other_segments() -> None:
    rows = customers(40)
    for n, row in enumerate(rows):
        row["source"] = "A" if n % 2 else "B"
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    with prepared(rows) as source:
        found = [one for one in segments(source, year).values() if isinstance(one, Segment)]
    assert [one.by for one in found] == ["source", "customer"]
    expected = multipletests([one.p_value for one in found], method="fdr_bh")[1]
    assert [one.q_value for one in found] == pytest.approx(list(expected))


def test_statuses_are_not_compared_while_a_deal_is_only_first_in_our_records() -> None:
    with prepared(customers(40)) as source:
        found = segments(source)["customer"]  # with the first ones, when records began
    assert isinstance(found, NotRecorded)
    assert "too short" in str(found)
    with prepared([deal("a", "won", 0, 1)]) as source:
        assert "customer" not in segments(source)


def test_maven_shows_no_evidence_of_any_difference() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31)) as source:
        found = segments(source, by=["product", "owner", "team", "x_region"])
    for segment in found.values():
        assert isinstance(segment, Segment)
        assert segment.verdict == "no evidence of a difference"
        assert {member.verdict for member in segment.members} == {"no evidence of a difference"}
        assert segment.prior.n is None
        assert [member.value for member in segment.members] == sorted(member.value or "" for member in segment.members)


def test_a_real_difference_is_found_with_its_direction_and_sorted_by_the_shrunk_rate() -> None:
    found = by_owner(sold("Ann", 119, 59), sold("Bo", 16, 49), sold("Cy", 9, 2), sold("Di", 42, 84), sold("Ed", 3, 1))
    verdicts = {member.value: member.verdict for member in found.members}
    assert found.verdict == "differs"
    assert verdicts["Ann"] == "differs: higher"
    assert verdicts["Bo"] == verdicts["Di"] == "differs: lower"
    assert verdicts["Ed"] == "too few to say"
    shrunk = [member.shrunk.rate for member in found.members if member.shrunk]
    assert shrunk == sorted(shrunk, reverse=True)
    for member in found.members:
        assert member.shrunk
        assert member.rate.rate is not None
        towards = sorted((found.prior.rate, member.rate.rate))
        assert towards[0] <= member.shrunk.rate <= towards[1]


def test_what_is_not_filled_in_stands_last_and_is_not_compared() -> None:
    found = by_owner(sold("Ann", 10, 10), sold("Bo", 10, 10), sold(None, 20, 0))
    assert found.members[-1].value is None
    assert found.members[-1].verdict == "not compared"
    assert found.everyone.closed == 40


def test_homogeneity_is_pearsons_chi_square() -> None:
    won, lost = [30, 50, 41], [70, 50, 60]
    expected = stats.chi2_contingency([won, lost], correction=False).pvalue
    assert homogeneity(won, [w + x for w, x in zip(won, lost, strict=True)]) == pytest.approx(expected, abs=1e-12)


def test_small_cells_use_the_exact_distribution() -> None:
    exact = stats.fisher_exact([[7, 1], [1, 6]]).pvalue
    assert homogeneity([7, 1], [8, 7]) == pytest.approx(exact, abs=0.01)
    assert against_the_rest(7, 8, 8, 15) == pytest.approx(exact, abs=1e-12)


def test_q_values_are_benjamini_and_hochbergs() -> None:
    p_values = [0.001, 0.2, 0.04, 0.03, 0.9]
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(list(expected))


def test_the_prior_is_the_maximum_of_the_beta_binomial_likelihood() -> None:
    won, closed = [119, 16, 9, 42, 30, 55], [178, 65, 11, 126, 90, 80]
    prior = fit_prior(won, closed)
    assert prior.n is not None

    def likelihood(rate: float, n: float) -> float:
        members = zip(won, closed, strict=True)
        return float(sum(stats.betabinom.logpmf(k, m, rate * n, (1 - rate) * n) for k, m in members))

    best = likelihood(prior.rate, prior.n)
    for rate, n in ((0.01, 0), (-0.01, 0), (0, prior.n * 0.05), (0, -prior.n * 0.05)):
        assert likelihood(prior.rate + rate, prior.n + n) < best


def test_an_attribute_with_too_many_values_is_not_compared() -> None:
    rows = [deal(str(n), "won", 0, 1, x_number=str(n)) for n in range(800)]
    with prepared(rows) as source:
        assert isinstance(segments(source)["x_number"], NotRecorded)


def test_a_member_differs_only_where_its_segment_does() -> None:
    rest = [row for k in range(20) for row in sold(f"Seller {k}", 40, 60)]
    rows = [*sold("Lucky", 58, 42), *rest]
    with prepared(rows) as source:
        found = segments(source, by=["owner"])["owner"]
    assert isinstance(found, Segment)
    lucky = next(member for member in found.members if member.value == "Lucky")
    assert lucky.q_value is not None
    assert lucky.q_value < 0.05  # alone he would differ; among 21 with many segments beside, someone always does
    assert found.verdict == lucky.verdict == "no evidence of a difference"


def test_where_cells_are_few_the_p_value_is_that_of_dealing_the_wins_again() -> None:
    won, closed = np.array([3, 4, 4, 5, 5, 5, 6, 6, 16, 446]), np.array([110] * 9 + [9010])
    rate, random, times = won.sum() / closed.sum(), np.random.default_rng(5), 100_000
    left, among, dealt = np.full(times, won.sum()), closed.sum(), []
    for n in closed:  # one member after the other draws from what is left
        dealt.append(random.hypergeometric(n, among - n, left) if n < among else left)
        left, among = left - dealt[-1], among - n
    scale = closed * rate * (1 - rate)
    seen = ((won - closed * rate) ** 2 / scale).sum()
    again = np.mean(((np.array(dealt).T - closed * rate) ** 2 / scale).sum(axis=1) >= seen - 1e-9)
    assert homogeneity(won.tolist(), closed.tolist()) == pytest.approx(again, abs=0.002)
    assert stats.chi2.sf(seen, 9) < again - 0.002  # chi-square is too sure


def test_the_interval_of_a_shrunk_rate_is_the_middle_95_percent_of_its_posterior() -> None:
    prior = Prior(0.3, 40.0)
    found = shrink(30, 60, prior, (300, 1000))
    posterior = stats.beta(0.3 * 40 + 30, 0.7 * 40 + 30)
    assert (found.rate, found.low, found.high) == pytest.approx((posterior.mean(), *posterior.interval(0.95)))


def test_a_spread_is_claimed_where_half_the_chi_square_tail_is_under_five_percent() -> None:
    """No spread lies on the boundary: half of all data without any have their best fit there (Self & Liang 1987)."""
    closed, claimed, tested = [100] * 12, [], []
    for more in range(20):
        won = [40 + more * (-1) ** k if k < 4 else 40 for k in range(12)]
        tested.append(0.5 * stats.chi2.sf(_gain(won, closed), 1))
        claimed.append(fit_prior(won, closed).n is not None)
    assert claimed == [p < 0.05 for p in tested]
    assert any(0.025 < p < 0.05 for p in tested)  # where half a tail and a whole one disagree


def _gain(won: list[int], closed: list[int]) -> float:
    """Twice the log-likelihood gained over one common rate, by a search over a grid."""
    pool = sum(won) / sum(closed)
    one = sum(stats.binom.logpmf(w, n, pool) for w, n in zip(won, closed, strict=True))
    n = np.exp(np.linspace(1, 14, 800))[:, None, None]
    rate = np.linspace(pool - 0.02, pool + 0.02, 9)[None, :, None]
    spread = stats.betabinom.logpmf(np.array(won), np.array(closed), rate * n, (1 - rate) * n).sum(axis=-1)
    return max(0.0, 2 * float(spread.max() - one))


def halves(lead: int, others: int, sellers: int = 2) -> list[Row]:
    """Half of the sellers win `lead` more than 50 of 100, half as many fewer; beside it, attributes that say nothing."""
    won = {f"Seller {n}": 50 + (lead if n % 2 else -lead) for n in range(2 * sellers)}
    rows: list[Row] = [row for name, wins in won.items() for row in sold(name, wins, 100 - wins)]
    for n, row in enumerate(rows):
        row |= {f"x_{k}": str((n + k) % 2) for k in range(others)}
    return rows


def owners(rows: list[Row]) -> tuple[Segment, Segment]:
    """The owners asked for alone, and with every other attribute."""
    with prepared(rows) as source:
        alone, beside = (segments(source, by=by)["owner"] for by in (["owner"], None))
    assert isinstance(alone, Segment)
    assert isinstance(beside, Segment)
    return alone, beside


def plain_q_values(lead: int, sellers: int = 2) -> list[float]:
    """Of the members, by statsmodels: the best half first."""
    n = 200 * sellers
    fours = [[[won, 100 - won], [n // 2 - won, n // 2 - 100 + won]] for won in (50 + lead, 50 - lead)]
    p_values = [stats.chi2_contingency(four, correction=False).pvalue for four in fours for _ in range(sellers)]
    return list(multipletests(p_values, method="fdr_bh")[1])


def test_who_is_named_must_stand_out_as_often_as_there_were_segments_to_look_at() -> None:
    """Benjamini & Bogomolov: looked at because their segment passed, members are held to 0.05 x passed / tested."""
    alone, beside = owners(halves(9, 3))
    plain = plain_q_values(9)
    assert 0.05 / 4 < plain[0] < 0.05
    assert [m.q_value for m in alone.members] == pytest.approx(plain)
    assert {m.verdict for m in alone.members} == {"differs: higher", "differs: lower"}
    assert [m.q_value for m in beside.members] == pytest.approx([min(1.0, 4 * q) for q in plain])
    assert {m.verdict for m in beside.members} == {"no evidence of a difference"}
    assert beside.q_value is not None
    assert 0.01 < beside.q_value < 0.05
    assert (alone.verdict, beside.verdict) == ("differs", "no evidence of a difference")


def test_of_members_that_are_all_too_small_nothing_is_said() -> None:
    small = [row for n in range(18) for row in sold(f"Small {n}", 9 * (n % 2), 9 - 9 * (n % 2))]
    found = by_owner(small)
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.verdict == "no evidence of a difference"


def test_a_segment_without_doubt_differs_though_nobody_can_be_named() -> None:
    _, beside = owners(halves(10, 3, sellers=6))
    assert beside.q_value is not None
    assert beside.q_value < 0.0001
    assert beside.verdict == "differs"
    assert {m.verdict for m in beside.members} == {"no evidence of a difference"}
