"""The pictures of the file report, each with its sentence, its standing line and its table."""

from __future__ import annotations

from html import escape

from vunnet import charts
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.bands import bands
from vunnet.analysis.question import ATTRIBUTE
from vunnet.analysis.report import Report
from vunnet.analysis.segments import Segment
from vunnet.charts import Figure, Language, Table, words
from vunnet.cli.report.reading import standing

SMALL_SEGMENT = 12
MIXED = ("segment", "product", "size", "source", "owner")


def pictures(report: Report, language: Language) -> list[str]:
    sizes = bands(report.won.size_edges)
    named = standing(report, language)
    found = []
    funnels = report.funnels if isinstance(report.funnels, tuple) else ()
    for funnel in funnels:
        figure = charts.funnel(funnel, language, sizes=sizes)
        heading = f"{funnel.pipeline}: " if funnel.pipeline and len(funnels) > 1 else ""
        found.append(_figure(figure, language, _n(language.say("first entry of the stage"), named), heading))
    if isinstance(report.funnels, NotRecorded):
        found.append(_missing(language.say("Funnel"), report.funnels, language))
    found += _beside(report, language, named)
    curves = charts.incidence(report.time_to_close, language, report.question.cut)
    found.append(
        _figure_or_why(language.say("Time to close"), curves, language, _n(language.say("days since opening"), named))
    )
    found += _boards(report, language, named)
    months = charts.cohorts(report.cohorts, language)
    found.append(_figure_or_why(language.say("Cohorts"), months, language, _n(language.say("month of opening"), named)))
    found += [*_forecast(report, language, named), *_attainment(report, language, named)]
    won_by = charts.won_by(report.won, report.segments, report.customer_status, language)
    found.append(_figure_or_why(language.say("Won deals"), won_by, language, _n(language.say("closed deals"), named)))
    found += _segments(report, language, named)
    leaking = charts.leaks(report.leaks, language)
    basis = _n(language.say("quarter of leaving the stage"), named)
    found.append(_figure_or_why(language.say("Leaks"), leaking, language, basis))
    driven = charts.drivers(report.drivers, language)
    basis = _n(language.say("open on the landmark day"), named)
    found.append(_figure_or_why(language.say("What goes with winning"), driven, language, basis))
    found += [_repeat(report, language, named), _velocity(report, language, named)]
    return found + mix(report, language, named)


def _beside(report: Report, language: Language, named: str) -> list[str]:
    """The two sides asked for."""
    if not report.question.compare:
        return []
    if isinstance(report.comparison, NotRecorded):
        return [_missing(language.say("Two funnels"), report.comparison, language)]
    basis = _n(language.say("first entry of the stage"), named)
    return [_figure(charts.comparison(one, language), language, basis) for one in report.comparison]


def _repeat(report: Report, language: Language, named: str) -> str:
    """When customers come back: a short table, no picture."""
    found = report.repeat_interval
    if isinstance(found, NotRecorded):
        return _missing(language.say("Customers who come back"), found, language)
    shares = Table((language.say("Within"), language.say("Followed by another")), words.repeat_parts(found, language))
    return (
        f"<section class='fig'><h2>{escape(words.repeat_title(found, language))}</h2>{table(shares)}"
        f"<p class='say'>{escape(words.repeat_sentence(found, language))}</p>"
        f"<p class='standing num'>{escape(_n(language.say('days since a win'), named))}</p></section>\n"
    )


def _velocity(report: Report, language: Language, named: str) -> str:
    """Its parts are a table; four figures need no picture."""
    found = report.velocity
    if isinstance(found, NotRecorded):
        return _missing(language.say("Sales velocity"), found, language)
    parts = Table((language.say("Part"), language.say("Figure")), words.velocity_parts(found, language))
    return (
        f"<section class='fig'><h2>{escape(words.velocity_title(found, language))}</h2>"
        f"<p class='measure'>{escape(words.velocity_measure(language))}</p>{table(parts)}"
        f"<p class='say'>{escape(words.velocity_sentence(found, language))}</p>"
        f"<p class='standing num'>{escape(_n(language.say('closed deals'), named))}</p></section>\n"
    )


def mix(report: Report, language: Language, named: str) -> list[str]:
    """The change by one attribute: the others' parts stand in the JSON."""
    found = report.mix_or_rate
    if isinstance(found, NotRecorded):
        return [_missing(language.say("Mix or rate"), found, language)]
    by = {one.by: one for one in found}
    chosen = next((by[name] for name in MIXED if name in by), None) or next(iter(found), None)
    if chosen is None:
        return []
    return [_figure(charts.mix_or_rate(chosen, language), language, _n(language.say("closed deals"), named))]


def _forecast(report: Report, language: Language, named: str) -> list[str]:
    """The fan, how past forecasts did, and the stages' probabilities."""
    told, say = report.forecast, language.say
    if isinstance(told, NotRecorded):
        return [_missing(say("Forecast"), told, language)]
    stale = report.counts.stale if isinstance(report.counts.stale, int) else None
    found = [_figure(charts.forecast_fan(told, language, stale=stale), language, _n(say("by closing date"), named))]
    found.append(
        _figure(charts.reliability(told.backtest, language), language, _n(say("open deals of past days"), named))
    )
    if told.stages:
        heading = f"<h2>{escape(words.stages_title(told, language))}</h2>"
        found.append(f"<section class='fig'>{heading}{table(charts.stage_table(told, language))}</section>\n")
    return found


def _attainment(report: Report, language: Language, named: str) -> list[str]:
    """The quotas, and what closes the gap; without quotas one line says so."""
    told, say = report.attainment, language.say
    if isinstance(told, NotRecorded):
        return [_missing(say("Quotas"), told, language)]
    found = [_figure(charts.attainment(told, language), language, _n(say("by closing date"), named))]
    pace = told.pace
    if not isinstance(pace, NotRecorded) and pace.gap and not isinstance(pace.stages, NotRecorded):
        heading, said = words.needed_title(pace, language), words.needed_sentence(language)
        found.append(
            f"<section class='fig'><h2>{escape(heading)}</h2>{table(charts.needed_table(pace, language))}"
            f"<p class='say'>{escape(said)}</p></section>\n"
        )
    return found


def _boards(report: Report, language: Language, named: str) -> list[str]:
    """A control chart of each measure."""
    if isinstance(report.signals, NotRecorded):
        return [_missing(language.say("Signals"), report.signals, language)]
    cut = report.question.cut
    return [
        _figure(charts.control(board, language, cut=cut), language, _n(words.board_basis(board, language), named))
        for board in report.signals.boards
    ]


def _segments(report: Report, language: Language, named: str) -> list[str]:
    """Sellers wide, smaller segments two by two; products and sizes stand with the won deals already."""
    shown = [by for by in report.segments if by not in ("product", "size", "pipeline")]
    large: list[str] = []
    small: list[str] = []
    missing: list[str] = []
    for by in shown:
        answer = report.segments[by]
        figure = charts.segment(answer, language)
        if isinstance(answer, NotRecorded):
            missing.append(_missing(words.attribute(by, language), answer, language))
        elif _compared(answer) > 1:
            is_small = by.startswith(ATTRIBUTE) or _compared(answer) <= SMALL_SEGMENT
            (small if is_small else large).append(_figure(figure, language, _n(language.say("closed deals"), named)))
    return [*large, *small, *missing]


def _compared(segment: Segment) -> int:
    return sum(member.value is not None for member in segment.members)


def _n(basis: str, named: str) -> str:
    return f"{basis} · {named}"


def _figure_or_why(name: str, figure: Figure | NotRecorded, language: Language, named: str) -> str:
    return _missing(name, figure, language) if isinstance(figure, NotRecorded) else _figure(figure, language, named)


def _missing(name: str, why: NotRecorded, language: Language) -> str:
    reason = f"{language.say('Not recorded')}: {language.why(why)}."
    return f"<section class='fig'><h2>{escape(name)}</h2><p class='say'>{escape(reason)}</p></section>\n"


def _figure(figure: Figure | NotRecorded, language: Language, named: str, heading: str = "") -> str:
    if isinstance(figure, NotRecorded):
        return ""
    show = language.say("Show as table")
    return (
        f"<section class='fig'><h2>{escape(heading + figure.title)}</h2><p class='measure'>{escape(figure.measure)}</p>"
        f"<div class='beside'><div><div class='picture wide'>{figure.wide}</div>"
        f"<div class='picture phone'>{figure.phone}</div></div>"
        f"<div><p class='say'>{escape(figure.sentence)}</p><p class='standing num'>{escape(named)}</p></div></div>"
        f"<details><summary>{escape(show)}</summary>{table(figure.table)}</details></section>\n"
    )


def table(found: Table) -> str:
    """A table of text; the first cell of a row is its header."""
    heads = "".join(f"<th scope='col'>{escape(head)}</th>" for head in found.headers)
    rows = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in found.rows
    )
    return f"<div class='scroll'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
