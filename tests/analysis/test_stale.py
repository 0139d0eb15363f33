from __future__ import annotations

from datetime import date

import numpy as np

from tests.analysis.rows import deal, maven_rows, prepared, visit
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.stale import stale


def test_a_deal_is_stale_when_older_in_its_stage_than_95_percent_of_those_that_left() -> None:
    gone = [deal(f"g{n}", "lost", 0, n + 0.5) for n in range(1, 21)]
    rows = [*gone, deal("old", "open", 0.25), deal("young", "open", 25.25)]
    visits = [
        *(visit(f"g{n}", "Met", 0.25, n + 0.25) for n in range(1, 21)),
        visit("old", "Met", 0.25),
        visit("young", "Met", 25.25),
    ]
    with prepared(rows, as_of=30, visits=visits) as source:
        found = stale(source)
    assert found.count_or_why == 1
    assert not isinstance(found.limits, NotRecorded)
    (limit,) = found.limits
    assert (limit.stage, limit.left) == ("Met", 20)
    assert limit.days == float(np.quantile(range(1, 21), 0.95))


def test_under_ten_that_left_nobody_is_stale() -> None:
    rows = [deal(f"g{n}", "lost", 0, 1) for n in range(9)] + [deal("old", "open", 0)]
    with prepared(rows, as_of=300) as source:
        assert stale(source).count_or_why == 0


def test_without_stays_the_time_to_close_is_the_measure() -> None:
    rows = maven_rows()
    with prepared(rows, as_of=date(2017, 12, 31)) as source:
        found = stale(source).count_or_why
    lived = [(row["closed_at"] - row["created_at"]).days for row in rows if row["outcome"] in ("won", "lost")]
    limit = float(np.quantile(lived, 0.95))
    ages = [
        (date(2017, 12, 31) - r["created_at"].date()).days for r in rows if r["outcome"] == "open" and r["created_at"]
    ]
    assert found == sum(age > limit for age in ages)
