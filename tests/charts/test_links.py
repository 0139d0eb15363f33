"""Where marks lead: each to its rows, within the page's own host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as Tree

import pytest

from tests.charts.results import forecasts
from tests.charts.test_pictures import EN, FIGURES, LINK, figure
from vunnet import charts
from vunnet.analysis.backtest import Backtest, Spread
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.question import DAY
from vunnet.charts import Figure
from vunnet.charts.theme import PHONE, WIDE

EVERY: dict[str, Callable[[], Figure]] = {
    **FIGURES,
    "reliability": lambda: figure(charts.reliability(forecasts().backtest, EN)),
}
# Of marks that no list of deals can name: by figure, why.
WITHOUT_ROWS = {
    "reliability": "a deal forecast on several days may be in several groups; the row of the table is all there is",
    "drivers": "what is counted by a day of a deal's life, such as contacts by day 7, is no condition of a list",
    "deal path": "the end of a path is the deal whose page it stands on",
    "short path": "the end of a path is the deal whose page it stands on",
    "quotas": "all together are everyone with a quota, of several sellers or teams; where they land is still to come",
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_link_stays_on_the_page_and_every_mark_stands_alone(name: str) -> None:
    root = Tree.fromstring(FIGURES[name]().wide)
    links = [element for element in root.iter() if element.tag.endswith("}a")]
    assert links
    assert all((link.get("href") or "").startswith("/deals/?") for link in links)
    for link in links:
        assert [child.get("aria-label") for child in link if child.get("aria-label")]


@pytest.mark.parametrize("name", EVERY)
def test_every_mark_leads_to_its_rows_or_it_is_said_why_not(name: str) -> None:
    root = Tree.fromstring(EVERY[name]().wide)
    linked = [mark for link in root.iter() if link.tag.endswith("}a") for mark in link]
    loose = [mark for mark in root.iter() if mark.get("role") == "img" and mark not in linked]
    assert linked or loose
    assert bool(loose) == (name in WITHOUT_ROWS)


def test_what_came_leads_to_what_was_won_in_the_days_after_a_forecast() -> None:
    found = forecasts()
    assert isinstance(found, Forecast)
    made = figure(charts.past_forecasts(found, EN, LINK))
    links = dict(zip(made.table.links, made.table.rows, strict=True))
    assert len(links) == len(found.backtest.periods) > 5
    for one in found.backtest.periods:
        row = links[f"/deals/?outcome=won&closed_from={one.as_of + DAY}&closed_to={one.until}&created_to={one.until}"]
        assert row[-2:] == (str(one.came), "yes" if one.held else "no")
        assert row[3] == ("yes" if one.held_value else "no")
    assert sum(one.held_value or False for one in found.backtest.periods) == int(
        made.title.split(" of ")[0].split()[-1]
    )


@pytest.mark.parametrize("came", [0, 1, 3])
def test_of_few_wins_the_scale_has_whole_deals_each_once(came: int) -> None:
    found, flat = forecasts(), Spread(0, 0, 0, came, came, came, came)
    past = replace(found.backtest.periods[0], wins=flat, came=came, value=None, value_came=None)
    made = figure(charts.past_forecasts(replace(found, backtest=Backtest((past,), ())), EN, LINK))
    assert made.title == "The 80% interval held in 1 of 1 past periods, too few to judge"
    for width in (WIDE, PHONE):
        scale = [row["text"] for row in made.draw(width).marks["text", False] if row["y"] > 40]
        assert scale == sorted(set(scale))
        assert {"0", str(max(came, 1))} <= set(scale)
    assert made.table.rows == ((made.table.rows[0][0], f"0–{came}", str(came), "yes"),)
