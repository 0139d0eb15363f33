from __future__ import annotations

from datetime import date

import pytest

from tests.analysis.rows import day, deal, prepared
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.counts import counts

FIVE = [
    deal("a", "won", 0, 5),
    deal("b", "lost", 0, 7),
    deal("c", "open", 1),
    deal("d", "open", None),
    deal("e", "cancelled", 2, 3),
]


def test_every_deal_is_counted_once() -> None:
    with prepared(FIVE) as source:
        found = counts(source)
    assert (found.deals, found.not_opened, found.open, found.won, found.lost, found.cancelled) == (5, 1, 1, 1, 1, 1)


def test_a_deal_closed_after_as_of_is_open_and_one_created_after_it_invisible() -> None:
    with prepared([*FIVE, deal("f", "won", 9, 10)], as_of=6) as source:
        found = counts(source)
    assert (found.deals, found.open, found.won, found.lost) == (5, 2, 1, 0)


def test_a_date_as_of_includes_all_of_that_local_day() -> None:
    late = [deal("a", "won", 0.5, None) | {"closed_at": day(4 + 22.5 / 24)}]  # 5 January, 23:30 in Oslo
    with prepared(late, as_of=date(2026, 1, 5), zone="Europe/Oslo") as source:
        assert counts(source).won == 1
    with prepared(late, as_of=date(2026, 1, 5), zone="Asia/Tokyo") as source:
        assert counts(source).won == 0  # the sixth in Tokyo


def test_without_creation_dates_open_deals_are_open_not_unopened() -> None:
    with prepared([deal("a", "open", None), deal("b", "won", None)]) as source:
        found = counts(source)
    assert (found.open, found.not_opened, found.won) == (1, 0, 1)
    assert isinstance(found.stale, NotRecorded)


def test_a_negative_duration_is_counted_and_reported() -> None:
    with prepared([deal("a", "won", 5, 2)]) as source:
        found = counts(source)
    assert (found.won, found.negative_durations) == (1, 1)


def test_an_unknown_outcome_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'maybe'"), prepared([deal("a", "maybe", 0)]):
        pass


def test_no_rows_is_no_crash() -> None:
    with prepared([]) as source:
        assert counts(source).deals == 0
