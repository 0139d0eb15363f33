"""No metric sees what came later, neither rows nor values of rows it knows; and none depends on the order of rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from tests.analysis.sources import Source, few, sources
from vunnet.analysis.question import Period, Question, Side
from vunnet.analysis.report import answer


def everything(source: Source) -> dict[str, Any]:
    """The whole report of the half year, as JSON."""
    half = Side(entered_in=source.period), Side(where={"owner": ("Ann",)}, entered_in=Period(None, date(2026, 12, 31)))
    with source.prepared() as ready:
        found = answer(ready, Question(source.as_of, closed_in=source.period, compare=half)).to_json()
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def is_answered(found: dict[str, Any]) -> None:
    """Every part of the report, and of its parts, is there; so what is said of all of them is said of something."""
    for part in set(found) - {"observed_from", "observed_from_is"}:
        assert found[part] not in ({}, [], None), part
        assert "not_recorded" not in found[part], (part, found[part])
    assert set(found["segments"]) == {"owner", "team", "product", "source", "pipeline", "size", "customer", "x_size"}
    for kept in (found["segments"].values(), found["won"]["by"].values(), found["drivers"], found["signals"]):
        assert all("not_recorded" not in one for one in kept), kept
    assert any(one["marginal_effect"]["value"] is not None for one in found["drivers"])
    assert found["counts"]["stale"] > 0
    assert found["win_rate"]["before"]["p_value"] is not None
    assert found["forecast"]["backtest"]


@few
@given(sources())
def test_what_comes_later_changes_no_answer(source: Source) -> None:
    known = source.known
    assert [len(rows) for rows in source.tables.values()] > [len(rows) for rows in known.tables.values()]
    found, then = everything(source), everything(known)
    is_answered(found)
    for part in found:
        assert found[part] == then[part], part


@few
@given(sources(), some.integers(0, 99))
def test_the_order_of_rows_is_irrelevant_to_every_metric(source: Source, seed: int) -> None:
    found, other = everything(source), everything(source.shuffled(seed))
    is_answered(found)
    for part in found:
        assert found[part] == other[part], part
