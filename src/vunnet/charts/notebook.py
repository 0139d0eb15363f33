"""Which picture belongs to which result: what `.chart()` of a result finds when it looks for somebody who draws.

A result without a picture of its own has none here; its table speaks for it.
"""

from __future__ import annotations

from functools import singledispatch

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment
from vunnet.analysis.bands import bands
from vunnet.analysis.cohorts import Cohorts
from vunnet.analysis.comparison import Comparison
from vunnet.analysis.deal_path import DealPath
from vunnet.analysis.drivers import Drivers
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.funnel import Funnel
from vunnet.analysis.leaks import Leaks
from vunnet.analysis.mix_or_rate import MixOrRate
from vunnet.analysis.repeat import RepeatInterval
from vunnet.analysis.report import Report
from vunnet.analysis.segments import Segment
from vunnet.analysis.shown import Several
from vunnet.analysis.signals import Signals
from vunnet.analysis.time_to_close import TimeToClose
from vunnet.analysis.won import Won
from vunnet.charts.attainment import attainment
from vunnet.charts.cohorts import cohorts
from vunnet.charts.comparison import comparison
from vunnet.charts.control import control
from vunnet.charts.deal_path import deal_path
from vunnet.charts.drivers import drivers
from vunnet.charts.fan import forecast_fan
from vunnet.charts.figure import Figure
from vunnet.charts.funnel import funnel
from vunnet.charts.incidence import incidence
from vunnet.charts.language import Language
from vunnet.charts.leaks import leaks
from vunnet.charts.mix import mix_or_rate
from vunnet.charts.repeat import repeat_interval
from vunnet.charts.segment import segment
from vunnet.charts.won_by import won_by

Drawn = Figure | NotRecorded


def figures(result: object, language: str = "en") -> tuple[Figure, ...]:
    """The pictures of a result; none where it has none or nothing is recorded."""
    return tuple(drawn for drawn in _drawn(result, Language(language)) if isinstance(drawn, Figure))


@singledispatch
def _drawn(result: object, language: Language) -> tuple[Drawn, ...]:
    return ()


@_drawn.register(Several)
def _(result: Several[object], language: Language) -> tuple[Drawn, ...]:
    return tuple(drawn for one in result.values() for drawn in _drawn(one, language))


@_drawn.register
def _(result: Report, language: Language) -> tuple[Drawn, ...]:
    """All of them, in the report's order; what went well stands by product, size and customer."""
    cut = result.question.cut
    funnels = result.funnels if isinstance(result.funnels, tuple) else ()
    mixed = result.mix_or_rate if isinstance(result.mix_or_rate, tuple) else ()
    return (
        *(funnel(one, language, sizes=bands(result.won.size_edges)) for one in funnels),
        *(comparison(one, language) for one in (result.comparison if isinstance(result.comparison, tuple) else ())),
        incidence(result.time_to_close, language, cut),
        cohorts(result.cohorts, language),
        won_by(result.won, result.segments, result.customer_status, language),
        *(segment(one, language) for one in result.segments.values()),
        repeat_interval(result.repeat_interval, language),
        *_drawn(result.signals, language),
        drivers(result.drivers, language),
        leaks(result.leaks, language),
        forecast_fan(result.forecast, language),
        attainment(result.attainment, language),
        *(mix_or_rate(one, language) for one in mixed),
    )


@_drawn.register
def _(result: Funnel, language: Language) -> tuple[Drawn, ...]:
    return (funnel(result, language),)


@_drawn.register
def _(result: Comparison, language: Language) -> tuple[Drawn, ...]:
    return (comparison(result, language),)


@_drawn.register
def _(result: DealPath, language: Language) -> tuple[Drawn, ...]:
    return (deal_path(result, language),)


@_drawn.register
def _(result: TimeToClose, language: Language) -> tuple[Drawn, ...]:
    return (incidence(result, language),)


@_drawn.register
def _(result: Segment, language: Language) -> tuple[Drawn, ...]:
    return (segment(result, language),)


@_drawn.register
def _(result: Won, language: Language) -> tuple[Drawn, ...]:
    return (won_by(result, {}, NotRecorded("not asked"), language),)


@_drawn.register
def _(result: Cohorts, language: Language) -> tuple[Drawn, ...]:
    return (cohorts(result, language),)


@_drawn.register
def _(result: Drivers, language: Language) -> tuple[Drawn, ...]:
    return (drivers(result, language),)


@_drawn.register
def _(result: Signals, language: Language) -> tuple[Drawn, ...]:
    return tuple(control(board, language) for board in result.boards)


@_drawn.register
def _(result: MixOrRate, language: Language) -> tuple[Drawn, ...]:
    return (mix_or_rate(result, language),)


@_drawn.register
def _(result: RepeatInterval, language: Language) -> tuple[Drawn, ...]:
    return (repeat_interval(result, language),)


@_drawn.register
def _(result: Leaks, language: Language) -> tuple[Drawn, ...]:
    return (leaks(result, language),)


@_drawn.register
def _(result: Forecast, language: Language) -> tuple[Drawn, ...]:
    return (forecast_fan(result, language),)


@_drawn.register
def _(result: Attainment, language: Language) -> tuple[Drawn, ...]:
    return (attainment(result, language),)
