"""The questions are Ibis expressions that another engine understands: they compile for Spark too."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pytest

from tests.analysis.rows import deal, prepared, visit
from tests.analysis.rows import stages as ladder
from vunnet.analysis import signals
from vunnet.analysis.customers import statuses
from vunnet.analysis.journeys import recorded_journeys
from vunnet.analysis.lives import Span
from vunnet.analysis.stages import ladders
from vunnet.analysis.time_to_close import lives


def test_prepared_tables_and_their_questions_compile_for_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("keep", "named"):
        monkeypatch.setattr(f"vunnet.analysis.engine.{name}", lambda table: table)
    rows = [deal("a", "won", 0.3, 4.2, company="Co"), deal("b", "open", 0.3, company="Co")]
    visits = [visit("a", "Met", 0.3, 4.2), visit("b", "Met", 0.3)]
    with prepared(rows, zone="Europe/Oslo", visits=visits, stages=ladder("Met")) as source:
        assert source.visits is not None
        asked = {
            "prepared": source.every,
            "lives": _lives(lives(source.timed())),
            "statuses": statuses(source),
            "openings": signals._openings(source, 30),
            "journeys": recorded_journeys(source, source.visits, ladders(source)[0]).deals,
        }
        for table in asked.values():
            assert "SELECT" in ibis.to_sql(table, dialect="pyspark")


def _lives(table: ir.Table) -> ir.Table:
    return table.select(life=Span(table.time.notnull(), table.time, table.cause, table.entry).life)
