"""The compiled look holds what the charts draw with."""

from __future__ import annotations

from pathlib import Path

from vunnet.charts import css

ASSETS = Path(__file__).parents[2] / "src" / "vunnet" / "web" / "assets"


def test_the_pages_define_the_charts_colours() -> None:
    assert (ASSETS / "charts.css").read_text().split("\n", 1)[1] == css()
