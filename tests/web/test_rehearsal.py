"""After a start the server asks analysis once before anybody does."""

from __future__ import annotations

import sys
import warnings

import pytest

from vunnet import wsgi
from vunnet.reports import asking


def test_a_rehearsal_answers_every_part_without_a_workspace_and_without_a_warning() -> None:
    kept = dict(asking._kept)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        told = asking.rehearse()  # no test database is asked for: a query would fail
    assert (told.counts.deals, told.counts.won) == (1, 1)
    assert told.funnels
    assert "ibis.backends.duckdb" in sys.modules
    assert asking._kept.keys() == kept.keys()


def test_the_server_rehearses_when_it_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(wsgi, "SECONDS_BEFORE", 0.0)
    monkeypatch.setattr(asking, "rehearse", lambda: asked.append("once"))
    wsgi._warm_up()
    assert asked == ["once"]
