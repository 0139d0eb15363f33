"""A result in, a figure out: its finding, its picture as SVG in two widths, its sentence and its table. No number is
computed here.

figure = charts.funnel(report.funnels[0], Language("nb"), link=query("/deals/"))
figure.title, figure.wide, figure.phone, figure.sentence, figure.table
"""

from __future__ import annotations

from vunnet.charts.amounts import amounts
from vunnet.charts.attainment import attainment, needed_table
from vunnet.charts.cohorts import cohorts
from vunnet.charts.comparison import comparison
from vunnet.charts.control import control
from vunnet.charts.deal_path import deal_path
from vunnet.charts.drivers import drivers
from vunnet.charts.fan import forecast_fan, stage_table
from vunnet.charts.figure import Figure, Table
from vunnet.charts.funnel import funnel
from vunnet.charts.incidence import incidence
from vunnet.charts.language import Language
from vunnet.charts.leaks import leaks
from vunnet.charts.mix import mix_or_rate
from vunnet.charts.past import past_forecasts
from vunnet.charts.rate import rate
from vunnet.charts.reliability import reliability
from vunnet.charts.repeat import repeat_interval
from vunnet.charts.segment import segment
from vunnet.charts.svg import Link, query
from vunnet.charts.theme import css
from vunnet.charts.tile import Tile, tile
from vunnet.charts.won_by import won_by, won_parts

__all__ = [
    "Figure",
    "Language",
    "Link",
    "Table",
    "Tile",
    "amounts",
    "attainment",
    "cohorts",
    "comparison",
    "control",
    "css",
    "deal_path",
    "drivers",
    "forecast_fan",
    "funnel",
    "incidence",
    "leaks",
    "mix_or_rate",
    "needed_table",
    "past_forecasts",
    "query",
    "rate",
    "reliability",
    "repeat_interval",
    "segment",
    "stage_table",
    "tile",
    "won_by",
    "won_parts",
]
