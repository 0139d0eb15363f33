"""The questions are Ibis expressions that another engine understands: they compile for Spark too."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from tests.analysis.rows import day, deal, prepared, visit
from tests.analysis.rows import stages as ladder
from vunnet.analysis import exposures, signals
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.customers import statuses
from vunnet.analysis.lives import Span
from vunnet.analysis.roster import plain
from vunnet.analysis.time_to_close import lives
from vunnet.analysis.trail import stays


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
            "plain": plain(source.every),
            "stays": stays(source.every, source.visits),
        }
        for table in asked.values():
            assert "SELECT" in ibis.to_sql(table, dialect="pyspark")


def _lives(table: ir.Table) -> ir.Table:
    return table.select(life=Span(table.time.notnull(), table.time, table.cause, table.entry).life)


def test_what_is_known_by_the_landmark_compiles_for_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("keep", "named"):
        monkeypatch.setattr(f"vunnet.analysis.engine.{name}", lambda table: table)
    rows = [deal("a", "won", 0.3, 4.2, company="Co", source="Web"), deal("b", "open", 0.3, company="Co")]
    beside: Any = {
        "visits": [visit("a", "Met", 0.3, 4.2), visit("b", "Met", 0.3)],
        "touches": [{"deal_id": "a", "at": day(1), "kind": "call", "person": "P"}],
        "members": [{"deal_id": "a", "member": "M", "joined_at": day(1)}],
    }
    with prepared(rows, zone="Europe/Oslo", **beside) as source:
        flags = dict.fromkeys(("at_risk", "won_in_time", "closed", "won"), ibis.literal(True))
        deals = source.timed().mutate(**flags)
        missing: dict[str, NotRecorded] = {}
        asked = (
            exposures._at_creation(source, deals, missing),
            exposures._touched(source, deals, 7, missing),
            exposures._teamed(source, deals, 7, missing),
            exposures._staged(source, deals, 7, missing),
            deals.filter(deals.deal_id.hexdigest("md5")[:8] < "0fff"),
        )
        assert set(missing) == {"size"}
        for table in asked:
            assert table is not None
            assert "SELECT" in ibis.to_sql(table, dialect="pyspark")
