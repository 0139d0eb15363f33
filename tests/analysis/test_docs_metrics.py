"""docs/metrics.md has one section a metric that is built, and each metric has its example and its checks."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
METRICS = ("counts", "win_rate", "segments", "time_to_close", "within_days", "funnel", "won", "customers", "stale")
METRICS += ("mix_or_rate", "amounts")
METRICS += ("cohorts", "drivers", "leaks", "repeat", "velocity")
METRICS += ("attainment", "signals", "forecast", "comparison", "deal_path")
FACTS = ("Definition", "Denominator", "Unit", "Source", "Edge cases")


def sections() -> dict[str, str]:
    found = re.split(r"^## ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].strip("` "): part for part in found}


def metrics() -> list[str]:
    """Public functions of the metric modules that answer about prepared deals."""
    found = []
    for name in METRICS:
        module = importlib.import_module(f"vunnet.analysis.{name}")
        functions = inspect.getmembers(module, inspect.isfunction)
        found += [
            own
            for own, function in functions
            if function.__module__ == module.__name__
            and not own.startswith("_")
            and "prepared" in inspect.signature(function).parameters
            and "NotRecorded" not in str(inspect.signature(function).return_annotation).split("|")[0]
            and "Table" not in str(inspect.signature(function).return_annotation)
            and not str(inspect.signature(function).return_annotation).startswith(("list", "Iterator"))
        ]
    return found


def test_the_known_metrics_are_found() -> None:
    expected = {
        "counts",
        "win_rate",
        "segments",
        "time_to_close",
        "within_days",
        "funnel",
        "won",
        "customer_status",
        "stale",
        "signals",
        "comparison",
        "deal_path",
    }
    assert expected <= set(metrics())


@pytest.mark.parametrize("metric", metrics())
def test_every_metric_has_its_section_with_all_facts(metric: str) -> None:
    assert metric in sections(), f"docs/metrics.md lacks the section ## `{metric}`"
    for fact in FACTS:
        assert f"**{fact}**" in sections()[metric], f"{metric} lacks {fact}"
    assert ">>> " in sections()[metric], f"{metric} lacks an example"


def test_the_examples_of_the_metrics_hold() -> None:
    tried = doctest.testfile(str(DOCS), module_relative=False)
    assert tried.failed == 0
    assert tried.attempted > len(metrics())


EVERY = "test_invariants"
# Metric → where it is computed again by other means, where hypothesis holds its parts to what must be true, and where a day
# in the past sees nothing of what came later. `module::test`; test_invariants asks every part of a report.
CHECKS: dict[str, tuple[str, str, str]] = {
    "counts": ("test_counts::test_every_deal_is_counted_once", f"{EVERY}::test_counts_sum_to_the_whole_and_shares_stay_within_one", "test_counts::test_a_deal_closed_after_as_of_is_open_and_one_created_after_it_invisible"),
    "stale": ("test_stale::test_a_deal_is_stale_when_older_in_its_stage_than_95_percent_of_those_that_left", f"{EVERY}::test_the_order_of_rows_is_irrelevant", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "win_rate": ("test_win_rate::test_maven_is_what_is_published_and_what_statsmodels_says", f"{EVERY}::test_counts_sum_to_the_whole_and_shares_stay_within_one", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "change": ("test_amounts::test_a_change_is_tested_against_the_equally_long_period_before", f"{EVERY}::test_the_order_of_rows_is_irrelevant", "test_amounts::test_later_rows_change_nothing"),
    "amounts": ("test_amounts::test_bins_and_the_largest_are_what_plain_python_counts", f"{EVERY}::test_the_order_of_rows_is_irrelevant", "test_amounts::test_later_rows_change_nothing"),
    "segments": ("test_segments::test_maven_by_each_attribute_matches_a_plain_count", f"{EVERY}::test_counts_sum_to_the_whole_and_shares_stay_within_one", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "time_to_close": ("test_time_to_close::test_maven_without_delayed_entry_matches_statsmodels", f"{EVERY}::test_the_order_of_rows_is_irrelevant", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "within_days": ("test_time_to_close::test_within_days_splits_the_closed_deals_at_the_cut", f"{EVERY}::test_the_order_of_rows_is_irrelevant", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "repeat_interval": ("test_repeat::test_maven_matches_statsmodels", "test_repeat::test_any_wins_match_a_count_by_hand", "test_repeat::test_later_rows_change_nothing"),
    "cohorts": ("test_cohorts::test_maven_matches_a_count_by_hand", "test_cohorts::test_shares_never_fall_with_age_and_deals_add_up", "test_cohorts::test_later_rows_change_nothing"),
    "drivers": ("test_drivers::test_the_regression_is_that_of_statsmodels_with_clusters", f"{EVERY}::test_the_order_of_rows_is_irrelevant", "test_drivers::test_later_rows_change_nothing"),
    "funnel": ("test_funnel::test_conversion_and_median_match_plain_python", "test_funnel_histories::test_every_count_of_every_stage_is_what_a_clerk_would_count", "test_funnel::test_as_of_rewinds_the_funnel"),
    "comparison": ("test_comparison::test_the_shares_and_their_difference_match_plain_python", "test_comparison::test_whatever_happened_the_parts_hold", "test_comparison::test_as_of_rewinds_both_sides"),
    "deal_path": ("test_deal_path::test_a_path_by_hand_beside_numpys_quantiles", "test_deal_path::test_whatever_happened_a_path_is_in_order_and_within_its_deal", "test_deal_path::test_as_of_rewinds_the_path"),
    "won": ("test_won::test_the_parts_sum_to_the_whole_on_mavens_files", f"{EVERY}::test_counts_sum_to_the_whole_and_shares_stay_within_one", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "customer_status": ("test_won::test_maven_statuses_match_plain_python", f"{EVERY}::test_the_order_of_rows_is_irrelevant", f"{EVERY}::test_rows_after_as_of_change_nothing"),
    "leaks": ("test_leaks::test_the_last_year_matches_a_count_by_hand", "test_leaks::test_a_gain_is_never_negative_and_lies_within_its_interval", "test_leaks::test_later_rows_change_nothing"),
    "mix_or_rate": ("test_mix_or_rate::test_maven_matches_the_two_effects_by_hand", "test_mix_or_rate::test_the_parts_add_up_exactly", "test_mix_or_rate::test_later_rows_change_nothing"),
    "signals": ("test_signals::test_a_pattern_is_the_f_test_of_statsmodels", "test_signals::test_spans_do_not_overlap_within_a_rule_and_hold_what_they_say", "test_signals::test_rows_after_as_of_change_no_board"),
    "velocity": ("test_velocity::test_maven_matches_a_count_by_hand", f"{EVERY}::test_the_order_of_rows_is_irrelevant", "test_velocity::test_later_rows_change_nothing"),
    "attainment": ("test_attainment::test_maven_matches_a_count_by_hand", "test_attainment::test_credits_add_up_to_what_was_won_whoever_shares_it", "test_attainment::test_later_rows_change_nothing"),
    "forecast": ("test_forecast::test_one_stage_without_shrinkage_is_the_conditional_aalen_johansen", f"{EVERY}::test_the_order_of_rows_is_irrelevant", "test_forecast::test_later_rows_change_no_forecast_and_the_same_rows_give_the_same"),
}  # fmt: skip


def test_every_section_has_its_checks_and_no_other() -> None:
    assert (
        CHECKS.keys()
        == sections().keys() & set(CHECKS)
        == {name for name in sections() if re.fullmatch(r"[a-z_]+", name)}
    )


@pytest.mark.parametrize("metric", CHECKS)
def test_every_metric_is_computed_again_held_and_rewound(metric: str) -> None:
    found = []
    for place in CHECKS[metric]:
        module, _colons, name = place.partition("::")
        found.append(getattr(importlib.import_module(f"tests.analysis.{module}"), name, None))
        assert callable(found[-1]), f"{metric}: {place} is gone"
    assert hasattr(found[1], "hypothesis"), f"{metric}: {CHECKS[metric][1]} does not make up its rows"
