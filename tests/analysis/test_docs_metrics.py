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


EVERY, LATER = "test_every_metric", "test_as_of::test_what_comes_later_changes_no_answer"
# Metric → where it is computed again by other means, where hypothesis holds its parts to what must be true, and where a day
# in the past sees nothing of what came later (LATER asks every part of a report, and wants each to answer). `module::test`.
CHECKS: dict[str, tuple[str, str, str]] = {
    "counts": ("test_counts::test_every_deal_is_counted_once", f"{EVERY}::test_counts_sum_to_all_deals", LATER),
    "stale": ("test_stale::test_a_deal_is_stale_when_older_in_its_stage_than_95_percent_of_those_that_left", f"{EVERY}::test_stale_deals_are_some_of_the_open_ones_in_their_stage", LATER),
    "win_rate": ("test_win_rate::test_maven_is_what_is_published_and_what_statsmodels_says", f"{EVERY}::test_a_win_rate_is_won_of_won_and_lost_within_its_interval", LATER),
    "change": ("test_amounts::test_a_change_is_tested_against_the_equally_long_period_before", f"{EVERY}::test_a_change_is_tested_between_the_two_counts", LATER),
    "amounts": ("test_amounts::test_bins_and_the_largest_are_what_plain_python_counts", f"{EVERY}::test_amounts_lie_in_bins_that_hold_every_won_deal", LATER),
    "segments": ("test_segments::test_maven_by_each_attribute_matches_a_plain_count", f"{EVERY}::test_members_of_a_segment_sum_to_the_whole_and_are_drawn_to_it", LATER),
    "time_to_close": ("test_time_to_close::test_maven_without_delayed_entry_matches_statsmodels", f"{EVERY}::test_shares_closed_never_fall_with_days_and_stay_within_all", LATER),
    "within_days": ("test_time_to_close::test_within_days_splits_the_closed_deals_at_the_cut", f"{EVERY}::test_early_and_late_deals_are_all_that_closed", LATER),
    "repeat_interval": ("test_repeat::test_maven_matches_statsmodels", f"{EVERY}::test_purchases_are_days_of_a_company_and_those_repeated_are_some_of_them", LATER),
    "cohorts": ("test_cohorts::test_maven_matches_a_count_by_hand", f"{EVERY}::test_a_cohort_is_blank_until_followed_and_wins_only_grow", LATER),
    "drivers": ("test_drivers::test_the_regression_is_that_of_statsmodels_with_clusters", f"{EVERY}::test_a_driver_lies_within_its_interval_and_the_naive_figure_is_the_plain_one", LATER),
    "funnel": ("test_funnel::test_conversion_and_median_match_plain_python", f"{EVERY}::test_a_stage_of_the_funnel_is_left_by_each_deal_in_one_way", LATER),
    "comparison": ("test_comparison::test_the_shares_and_their_difference_match_plain_python", "test_comparison::test_whatever_happened_the_parts_hold", "test_comparison::test_as_of_rewinds_both_sides"),
    "deal_path": ("test_deal_path::test_a_path_by_hand_beside_numpys_quantiles", "test_deal_path::test_whatever_happened_a_path_is_in_order_and_within_its_deal", "test_deal_path::test_as_of_rewinds_the_path"),
    "won": ("test_won::test_the_parts_sum_to_the_whole_on_mavens_files", f"{EVERY}::test_what_was_won_is_the_sum_of_its_parts_however_it_is_split", LATER),
    "customer_status": ("test_won::test_maven_statuses_match_plain_python", f"{EVERY}::test_every_closed_deal_has_one_status", LATER),
    "leaks": ("test_leaks::test_the_last_year_matches_a_count_by_hand", f"{EVERY}::test_leaks_are_ranked_by_what_they_bring_back_at_least", LATER),
    "mix_or_rate": ("test_mix_or_rate::test_maven_matches_the_two_effects_by_hand", f"{EVERY}::test_mix_and_rate_add_up_to_the_change", LATER),
    "signals": ("test_signals::test_a_pattern_is_the_f_test_of_statsmodels", f"{EVERY}::test_limits_lie_around_what_is_expected_and_signals_beyond_them", LATER),
    "velocity": ("test_velocity::test_maven_matches_a_count_by_hand", f"{EVERY}::test_velocity_is_the_product_of_its_parts", LATER),
    "forecast": ("test_forecast::test_one_stage_without_shrinkage_is_the_conditional_aalen_johansen", f"{EVERY}::test_a_forecast_is_in_order_and_holds_what_is_won_already", LATER),
    "attainment": ("test_attainment::test_maven_matches_a_count_by_hand", "test_attainment::test_credits_add_up_to_what_was_won_whoever_shares_it", "test_attainment::test_later_rows_change_nothing"),
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
    own = inspect.getsource(found[1].hypothesis.inner_test)
    assert "assert " in own, f"{metric}: {CHECKS[metric][1]} claims nothing"
    if CHECKS[metric][1].startswith(EVERY):
        assert re.search(rf"\b{metric}\(", own), f"{metric}: {CHECKS[metric][1]} does not ask it"


def test_no_two_metrics_share_what_holds_them() -> None:
    held = [checks[1] for checks in CHECKS.values()]
    assert len(set(held)) == len(held)
