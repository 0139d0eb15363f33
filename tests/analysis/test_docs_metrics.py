"""docs/metrics.md has one section a metric that is built, and doctests of the metric modules hold."""

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
OTHERS = ("answers", "bands", "clock", "currency", "evidence", "lives", "question", "survival", "quarters")
METRICS += ("signals", "forecast", "comparison", "deal_path")
OTHERS += ("board", "control", "pattern", "slots", "ahead", "backtest", "hazards", "predict", "stays")
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


@pytest.mark.parametrize("name", [*METRICS, *OTHERS])
def test_the_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"vunnet.analysis.{name}")).failed == 0
