"""The tails against SciPy's `stats`, and that nothing of the analysis imports it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from vunnet.analysis import tails

AT = some.floats(0, 40)
FREEDOM = some.integers(1, 500)
MANY = some.integers(1, 1_500)


@settings(max_examples=200, deadline=None)
@given(AT, FREEDOM, FREEDOM)
def test_tails_are_those_of_scipy(at: float, freedom: int, below: int) -> None:
    for sign in (1, -1):
        assert tails.normal(sign * at) == pytest.approx(stats.norm.sf(sign * at), rel=1e-12)
        assert tails.student(sign * at, freedom) == pytest.approx(stats.t.sf(sign * at, freedom), rel=1e-9)
    assert tails.chi_square(at, freedom) == pytest.approx(stats.chi2.sf(at, freedom), rel=1e-12)
    assert tails.fisher_f(at, freedom, below) == pytest.approx(stats.f.sf(at, freedom, below), rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(some.floats(0.001, 0.999), FREEDOM, some.floats(0.5, 900), some.floats(0.5, 900))
def test_quantiles_are_those_of_scipy(share: float, freedom: int, a: float, b: float) -> None:
    assert tails.student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-9, abs=1e-9)
    assert tails.beta_quantile(share, a, b) == pytest.approx(stats.beta.ppf(share, a, b), rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(MANY, MANY, some.floats(0, 1), some.floats(0, 1))
def test_tables_of_two_by_two_are_tested_as_scipy_does(closed: int, rest: int, own: float, others: float) -> None:
    won, rest_won = round(closed * own), round(rest * others)
    table = [[won, closed - won], [rest_won, rest - rest_won]]
    exact = tails.exact_two_by_two(won, closed, rest_won, rest)
    assert exact == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-6, abs=1e-12)
    if 0 < won + rest_won < closed + rest:
        told = tails.two_by_two(won, closed, rest_won, rest)
        assert told == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-6, abs=1e-300)


def test_no_module_of_the_analysis_waits_for_scipys_stats() -> None:
    asked = "import sys, vunnet.analysis.report, vunnet.analysis.book; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
