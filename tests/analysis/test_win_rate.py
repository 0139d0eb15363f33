from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit
from statsmodels.stats.proportion import proportion_confint

from tests.analysis.rows import deal, maven_rows, prepared
from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.question import Period
from vunnet.analysis.win_rate import win_rate


def test_cancelled_and_open_deals_are_not_in_the_denominator() -> None:
    rows = [deal("a", "won", 0, 1), deal("b", "lost", 0, 1), deal("c", "cancelled", 0, 1), deal("d", "open", 0)]
    with prepared(rows) as source:
        found = win_rate(source)
    assert (found.by_count.won, found.by_count.closed, found.cancelled) == (1, 2, 1)
    assert found.by_count.rate == 0.5


def test_nothing_closed_has_no_rate() -> None:
    with prepared([deal("a", "open", 0)]) as source:
        assert win_rate(source).by_count.rate is None


def test_under_ten_closed_is_too_few_to_say() -> None:
    with prepared([deal(str(n), "won", 0, 1) for n in range(9)]) as source:
        assert win_rate(source).by_count.verdict == "too few to say"
    with prepared([deal(str(n), "won", 0, 1) for n in range(10)]) as source:
        assert win_rate(source).by_count.verdict is None


def test_a_period_cuts_by_the_local_day_of_closing() -> None:
    rows = [deal("a", "won", 0, 30.98), deal("b", "lost", 0, 31.2), deal("c", "won", 0, 61)]
    february = Period(date(2026, 2, 1), date(2026, 2, 28))
    with prepared(rows) as source:
        assert win_rate(source, february).by_count.closed == 1
    with prepared(rows, zone="Europe/Oslo") as source:
        assert win_rate(source, february).by_count.closed == 2  # 31 January 23:31 UTC is 1 February in Oslo


def test_by_value_is_the_won_share_of_the_closed_amount() -> None:
    rows = [deal(str(n), "won" if n % 2 else "lost", 0, 1, amount=100 * (n + 1)) for n in range(12)]
    with prepared(rows) as source:
        found = win_rate(source).by_value
    assert isinstance(found, Rate)
    assert found.rate == pytest.approx(4200 / 7800)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.rate < found.high < 1


def test_the_interval_by_value_is_that_of_a_ratio_of_sums() -> None:
    """Cochran's linearised variance of Σ won amount / Σ amount, deal by deal; the interval on the logit."""
    draw = np.random.default_rng(2)
    amounts, won = draw.integers(10, 900, 60), draw.random(60) < 0.4
    rows = [deal(str(n), "won" if won[n] else "lost", 0, 1, amount=int(amounts[n])) for n in range(60)]
    with prepared(rows) as source:
        found = win_rate(source).by_value
    assert isinstance(found, Rate)
    rate = (amounts * won).sum() / amounts.sum()
    away = amounts * (won - rate)  # sums to 0
    error = np.sqrt(60) * away.std(ddof=1) / amounts.sum()
    low, high = expit(logit(rate) + np.array(stats.norm.interval(0.95)) * error / (rate * (1 - rate)))
    assert (found.rate, found.low, found.high) == pytest.approx((rate, low, high), abs=1e-9)


def test_currencies_are_never_added() -> None:
    rows = [deal("a", "won", 0, 1, amount=1, currency="NOK"), deal("b", "lost", 0, 1, amount=1, currency="EUR")]
    with prepared(rows) as source:
        found = win_rate(source).by_value
    assert isinstance(found, NotRecorded)
    assert "EUR, NOK" in str(found)


def test_lost_deals_without_amounts_have_no_rate_by_value() -> None:
    rows = [deal("a", "won", 0, 1, amount=10), deal("b", "lost", 0, 1, amount=0), deal("c", "lost", 0, 1)]
    with prepared(rows) as source:
        assert isinstance(win_rate(source).by_value, NotRecorded)


def test_maven_is_what_is_published_and_what_statsmodels_says() -> None:
    with prepared(maven_rows(), as_of=date(2017, 12, 31)) as source:
        found = win_rate(source).by_count
    low, high = proportion_confint(4238, 6711, method="wilson")
    assert (found.won, found.closed) == (4238, 6711)
    assert (found.rate, found.low, found.high) == pytest.approx((4238 / 6711, low, high), abs=1e-9)
    assert round(found.rate or 0, 4) == 0.6315
