"""The pictures of the file report, each with its sentence, its standing line and its table."""

from __future__ import annotations

from html import escape

from vunnet import charts
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.bands import bands
from vunnet.analysis.comparison import Comparison
from vunnet.analysis.funnel import Funnel
from vunnet.analysis.mix_or_rate import MixOrRate
from vunnet.analysis.question import ATTRIBUTE
from vunnet.analysis.report import Report
from vunnet.analysis.segments import Segment
from vunnet.charts import Figure, Language, Table, words
from vunnet.cli.report.meanings import Standing

SMALL_SEGMENT = 12
WON_PARTS = (("owner",), ("source",), ("quarter",))
MIXED = ("segment", "product", "size", "source", "owner")


def pictures(report: Report, language: Language) -> list[str]:
    sizes = bands(report.won.size_edges)
    stands = Standing(report, language)
    found = []
    funnels = report.funnels if isinstance(report.funnels, tuple) else ()
    for funnel in funnels:
        figure = charts.funnel(funnel, language, sizes=sizes)
        heading = f"{funnel.pipeline}: " if funnel.pipeline and len(funnels) > 1 else ""
        basis = stands.of("funnel", language.say("first entry of the stage"), _entered(funnel))
        found.append(_figure(figure, language, basis, heading))
    if isinstance(report.funnels, NotRecorded):
        found.append(_missing(language.say("Funnel"), report.funnels, language))
    found += _beside(report, language, stands)
    found += _times(report, language, stands)
    found += [*_forecast(report, language, stands), *_attainment(report, language, stands)]
    closed = stands.of("won", language.say("closed deals"), report.win_rate.by_count.closed)
    won_by = charts.won_by(report.won, report.segments, report.customer_status, language)
    found.append(_figure_or_why(language.say("Won deals"), won_by, language, closed))
    found += _won_parts(report, language, closed)
    found += _segments(report, language, stands)
    found += _lessons(report, language, stands)
    return [*found, _velocity(report, language, stands), *mix(report, language, stands)]


def _times(report: Report, language: Language, stands: Standing) -> list[str]:
    """How long it takes, whether a week stands out, and whether newer deals do as well."""
    say, time, months = language.say, report.time_to_close, report.cohorts
    opened = 0 if isinstance(time, NotRecorded) else time.opened
    curves = charts.incidence(time, language, report.question.cut)
    deals = 0 if isinstance(months, NotRecorded) else sum(row.deals for row in months.rows)
    by_month = stands.of("cohorts", say("month of opening"), deals)
    return [
        _figure_or_why(say("Time to close"), curves, language, stands.of("time", say("days since opening"), opened)),
        *_boards(report, language, stands),
        _figure_or_why(say("Cohorts"), charts.cohorts(months, language), language, by_month),
    ]


def _lessons(report: Report, language: Language, stands: Standing) -> list[str]:
    """Where deals leak, what goes with winning, and when customers come back."""
    say, leaking, driven, back = language.say, report.leaks, report.drivers, report.repeat_interval
    rows = () if isinstance(leaking, NotRecorded) else leaking.rows
    left = sum(quarter.closed for row in rows if row.by is None for quarter in row.quarters)
    at_risk = 0 if isinstance(driven, NotRecorded) else driven.deals
    purchases = 0 if isinstance(back, NotRecorded) else back.purchases
    by_quarter = stands.of("leaks", say("quarter of leaving the stage"), left)
    by_landmark = stands.of("drivers", say("open on the landmark day"), at_risk)
    since = stands.of("repeat", say("days since a win"), purchases)
    return [
        _figure_or_why(say("Leaks"), charts.leaks(leaking, language), language, by_quarter),
        _figure_or_why(say("What goes with winning"), charts.drivers(driven, language), language, by_landmark),
        _figure_or_why(say("Customers who come back"), charts.repeat_interval(back, language), language, since),
    ]


def _entered(found: Funnel) -> int:
    """How many deals the funnel is about: those that entered its widest stage."""
    return max((stage.entered for stage in found.stages), default=0)


def _beside(report: Report, language: Language, stands: Standing) -> list[str]:
    """The two sides asked for."""
    if not report.question.compare:
        return []
    if isinstance(report.comparison, NotRecorded):
        return [_missing(language.say("Two funnels"), report.comparison, language)]
    basis = language.say("first entry of the stage")
    return [
        _figure(charts.comparison(one, language), language, stands("funnel", basis, _of_sides(one, language)))
        for one in report.comparison
    ]


def _of_sides(found: Comparison, language: Language) -> str:
    return language.names(language.number(_entered(one) if one else 0) for one in found.funnels)


def _velocity(report: Report, language: Language, stands: Standing) -> str:
    """Its parts are a table; four figures need no picture."""
    found = report.velocity
    if isinstance(found, NotRecorded):
        return _missing(language.say("Sales velocity"), found, language)
    parts = Table((language.say("Part"), language.say("Figure")), words.velocity_parts(found, language))
    return (
        f"<section class='fig'><h2>{escape(words.velocity_title(found, language))}</h2>"
        f"<p class='measure'>{escape(words.velocity_measure(language))}</p>{table(parts)}"
        f"<p class='say'>{escape(words.velocity_sentence(found, language))}</p>"
        f"{stands.of('velocity', language.say('closed deals'), found.win_rate.closed)}</section>\n"
    )


def told_mix(report: Report) -> MixOrRate | None:
    """Of the changes by one attribute each, the one that is told."""
    found = report.mix_or_rate if isinstance(report.mix_or_rate, tuple) else ()
    by = {one.by: one for one in found}
    return next((by[name] for name in MIXED if name in by), None) or next(iter(found), None)


def mix(report: Report, language: Language, stands: Standing) -> list[str]:
    """The change by one attribute: the others' parts stand in the JSON."""
    if isinstance(report.mix_or_rate, NotRecorded):
        return [_missing(language.say("Mix or rate"), report.mix_or_rate, language)]
    chosen = told_mix(report)
    if chosen is None:
        return []
    basis = stands.of("mix", language.say("closed deals"), chosen.from_rate.closed + chosen.to_rate.closed)
    return [_figure(charts.mix_or_rate(chosen, language), language, basis)]


def _forecast(report: Report, language: Language, stands: Standing) -> list[str]:
    """The fan, how past forecasts did, and the stages' probabilities."""
    told, say = report.forecast, language.say
    if isinstance(told, NotRecorded):
        return [_missing(say("Forecast"), told, language)]
    stale = report.counts.stale if isinstance(report.counts.stale, int) else None
    basis = stands.of("forecast", say("open deals, by closing date"), report.counts.open)
    found = [_figure(charts.forecast_fan(told, language, stale=stale), language, basis)]
    if told.backtest.periods:
        of = stands.of("past", say("past forecasts"), len(told.backtest.periods))
        found.append(_figure(charts.past_forecasts(told, language), language, of))
    past = stands.of("reliability", say("open deals of past days"), told.backtest.deals)
    found.append(_figure(charts.reliability(told.backtest, language), language, past))
    if told.stages:
        heading = f"<h2>{escape(words.stages_title(told, language))}</h2>"
        shown = table(charts.stage_table(told, language))
        found.append(f"<section class='fig'>{heading}{shown}{basis}</section>\n")
    return found


def _attainment(report: Report, language: Language, stands: Standing) -> list[str]:
    """The quotas, and what closes the gap; without quotas one line says so."""
    told, say = report.attainment, language.say
    if isinstance(told, NotRecorded):
        return [_missing(say("Quotas"), told, language)]
    basis = stands.of("attainment", say("by closing date"), round(sum(one.deals for one in told.current.members)))
    found = [_figure(charts.attainment(told, language), language, basis)]
    pace = told.pace
    if not isinstance(pace, NotRecorded) and pace.gap and not isinstance(pace.stages, NotRecorded):
        heading, said = words.needed_title(pace, language), words.needed_sentence(language)
        found.append(
            f"<section class='fig'><h2>{escape(heading)}</h2>{table(charts.needed_table(pace, language))}"
            f"<p class='say'>{escape(said)}</p></section>\n"
        )
    return found


def _boards(report: Report, language: Language, stands: Standing) -> list[str]:
    """A control chart of each measure."""
    if isinstance(report.signals, NotRecorded):
        return [_missing(language.say("Signals"), report.signals, language)]
    cut = report.question.cut
    return [
        _figure(
            charts.control(board, language, cut=cut),
            language,
            stands("signals", words.board_basis(board, language), language.say("{n} periods", n=len(board.points))),
        )
        for board in report.signals.boards
    ]


def _won_parts(report: Report, language: Language, basis: str) -> list[str]:
    """What was won by seller, source and quarter; why one of them is not known stands with the notes."""
    asked = (report.won, report.segments, report.customer_status, language)
    return [_figure(charts.won_parts(*asked, groups), language, basis) for groups in WON_PARTS]


def _segments(report: Report, language: Language, stands: Standing) -> list[str]:
    """Sellers wide, smaller segments two by two; products and sizes stand with the won deals already, and why customers
    are not compared."""
    shown = [by for by in report.segments if by not in ("product", "size", "pipeline")]
    large: list[str] = []
    small: list[str] = []
    missing: list[str] = []
    for by in shown:
        answer = report.segments[by]
        figure = charts.segment(answer, language)
        if isinstance(answer, NotRecorded) and by == "customer":
            continue
        if isinstance(answer, NotRecorded):
            missing.append(_missing(words.attribute(by, language), answer, language))
        elif _compared(answer) > 1:
            is_small = by.startswith(ATTRIBUTE) or _compared(answer) <= SMALL_SEGMENT
            basis = stands.of("estimate", language.say("closed deals"), answer.everyone.closed)
            (small if is_small else large).append(_figure(figure, language, basis))
    return [*large, *small, *missing]


def _compared(segment: Segment) -> int:
    return sum(member.value is not None for member in segment.members)


def _figure_or_why(name: str, figure: Figure | NotRecorded, language: Language, basis: str) -> str:
    return _missing(name, figure, language) if isinstance(figure, NotRecorded) else _figure(figure, language, basis)


def _missing(name: str, why: NotRecorded, language: Language) -> str:
    reason = f"{language.say('Not recorded')}: {language.why(why)}."
    return f"<section class='fig'><h2>{escape(name)}</h2><p class='say'>{escape(reason)}</p></section>\n"


def _figure(figure: Figure | NotRecorded, language: Language, basis: str, heading: str = "") -> str:
    if isinstance(figure, NotRecorded):
        return ""
    show = language.say("Show as table")
    return (
        f"<section class='fig'><h2>{escape(heading + figure.title)}</h2><p class='measure'>{escape(figure.measure)}</p>"
        f"<div class='beside'><div><div class='picture wide'>{figure.wide}</div>"
        f"<div class='picture phone'>{figure.phone}</div></div>"
        f"<div><p class='say'>{escape(figure.sentence)}</p>{basis}</div></div>"
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
