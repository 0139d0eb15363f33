"""The report of `vunnet analyze` in a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vunnet import charts
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate
from vunnet.analysis.comparison import Comparison
from vunnet.analysis.funnel import Funnel
from vunnet.analysis.report import Report
from vunnet.analysis.segments import Segment
from vunnet.charts import Figure, Language, words
from vunnet.cli.report.notes import reasons, whole_parts, within_parts, without_duration
from vunnet.cli.report.pictures import told_mix
from vunnet.cli.report.reading import Input, later_sentence, standing

BAR = 18
FILLED = "█"
TOP_PARTS = 5
NAME, PART = 26, 44
NOTHING = Group()  # takes no line


def summary(
    report: Report, read: Input, language: Language, out: Path | None, json_path: Path | None
) -> RenderableType:
    """Every part of the report in its order, each with its finding and its sentence; then what is not recorded, and why."""
    parts: list[RenderableType] = [_head(report, read, language), _numbers(report, language)]
    if isinstance(report.funnels, tuple):
        parts += [_funnel(funnel, language) for funnel in report.funnels]
    if isinstance(report.comparison, tuple):
        parts += [_beside(one, language) for one in report.comparison]
    parts += [
        _told(charts.incidence(report.time_to_close, language, report.question.cut)),
        _signals(report, language),
        _told(charts.cohorts(report.cohorts, language)),
        _forecast(report, language),
        _attainment(report, language),
        _won(report, language),
        _segments(report, language),
        _told(charts.leaks(report.leaks, language)),
        _told(charts.drivers(report.drivers, language)),
        _told(charts.repeat_interval(report.repeat_interval, language)),
        _velocity(report, language),
        _mix(report, language),
        _missing(report, read, language),
    ]
    parts += [_written(path, language) for path in (out, json_path) if path is not None]
    return Group(*parts)


def _beside(found: Comparison, language: Language) -> RenderableType:
    """Two funnels: what differs, and the shares that go on."""
    names = [words.side_name(side, language) for side in found.sides]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(found.pipeline or language.say("Go on (95%)"), max_width=18, no_wrap=True)
    for name in names:
        table.add_column(Text(name), justify="right", max_width=14)
    table.add_column(language.say("Difference"), justify="right")
    for row in found.stages:
        shares = [language.percent(share.share, 1) if share else "–" for share in row.shares]
        style = "bold" if row.verdict.startswith("differs") else "dim"
        difference = Text(words.difference_words(row, language), style=style)
        table.add_row(Text(words.stage(row.stage, language)), *shares, difference)
    title = Text(words.comparison_title(found, language), style="bold")
    return Padding(Group(title, table, Text(words.comparison_sentence(found, language), style="dim")), (1, 0, 0, 0))


def _head(report: Report, read: Input, language: Language) -> RenderableType:
    total, _, kinds = words.counts_line(report.counts, language).partition(":")
    deals = f"[b]{escape(total)}[/b]" + (f":{escape(kinds)}" if kinds else "")
    standing_line = Text(standing(report, language, read), style="dim")
    lines: list[RenderableType] = [Text(", ".join(read.names), style="bold"), standing_line, Text.from_markup(deals)]
    said = (
        later_sentence(read, language),
        words.records_sentence(report, language),
        words.stale_sentence(report.stale, language) if report.counts.open else "",
    )
    lines += [Text(text) for text in said if text]
    return Group(*lines)


def _numbers(report: Report, language: Language) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    _add_rate(table, language.say("Win rate"), report.win_rate.by_count, language)
    value = report.win_rate.value_told
    if value:
        table.add_row(
            language.say("Win rate by value"),
            _percent(value, language),
            language.span_percent(value.low, value.high, 1),
        )
    within = report.within_days
    if not isinstance(within, NotRecorded) and not isinstance(within.told, NotRecorded):
        share = within.told
        beside = language.say(
            "{span} of {n} opened",
            span=language.span_percent(share.low, share.high, 1),
            n=language.number(within.opened),
        )
        table.add_row(language.say("Won within {n} days", n=within.cut), language.percent(share.share, 1), beside)
    closing = report.time_to_close
    if not isinstance(closing, NotRecorded) and closing.median_days_to_close is not None:
        days = language.days(closing.median_days_to_close)
        table.add_row(language.say("Half have closed after"), days, language.say("won, lost or cancelled"))
    said = [] if isinstance(within, NotRecorded) else [_dim(words.within_sentence(within, language))]
    return Padding(Group(table, *said), (1, 0, 0, 0))


def _percent(rate: Rate, language: Language) -> str:
    return "–" if rate.rate is None else language.percent(rate.rate, 1)


def _add_rate(table: Table, name: str, rate: Rate, language: Language) -> None:
    if rate.rate is None or rate.closed < TOO_FEW:
        table.add_row(name, "–", words.rate(rate, language))
        return
    span = language.span_percent(rate.low, rate.high, 1)
    won, closed = language.number(rate.won), language.number(rate.closed)
    table.add_row(
        name,
        language.percent(rate.rate, 1),
        f"{span} · {language.say('{won} of {closed} closed', won=won, closed=closed)}",
    )


def _funnel(funnel: Funnel, language: Language) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(funnel.pipeline or language.say("Funnel"), max_width=22, no_wrap=True)
    table.add_column(language.say("Entered"), justify="right")
    table.add_column("", width=BAR)
    table.add_column(language.say("Go on (95%)"), justify="right", no_wrap=True)
    table.add_column(language.say("Stay"), justify="right", no_wrap=True)
    most = max((flow.entered for flow in funnel.stages), default=0) or 1
    for flow in funnel.stages:
        bar = Text(
            (FILLED * max(1, round(BAR * flow.entered / most)) if flow.entered else "").center(BAR), style="blue"
        )
        share = language.share(flow.conversion, 1) if flow.conversion else "–"
        table.add_row(
            words.stage(flow.stage, language),
            language.number(flow.entered),
            bar,
            share,
            language.days(flow.median_days),
        )
    last = Text((FILLED * max(1, round(BAR * funnel.won / most)) if funnel.won else "").center(BAR), style="green")
    table.add_row(words.outcome("won", language), language.number(funnel.won), last, "", "")
    return _part(words.funnel_title(funnel, language), words.funnel_sentence(funnel, language), table)


def _signals(report: Report, language: Language) -> RenderableType:
    """Each board with what stands out, or that nothing does."""
    if isinstance(report.signals, NotRecorded):
        return NOTHING
    lines: list[RenderableType] = [Text(language.say("Signals"), style="bold")]
    for board in report.signals.boards:
        lines.append(Text(words.board_title(board, report.question.cut, language)))
        lines.append(Padding(_dim(words.board_sentence(board, language)), (0, 0, 0, 2)))
    return Padding(Group(*lines), (1, 0, 0, 0)) if report.signals.boards else NOTHING


def _forecast(report: Report, language: Language) -> RenderableType:
    if isinstance(report.forecast, NotRecorded):
        return NOTHING
    found, stale = report.forecast, report.counts.stale if isinstance(report.counts.stale, int) else None
    parts = [
        _told(charts.forecast_fan(found, language, stale=stale)),
        _told(charts.past_forecasts(found, language)),
        _told(charts.reliability(found.backtest, language)),
    ]
    if found.stages:
        parts.append(Padding(Text(words.stages_title(found, language), style="bold"), (1, 0, 0, 0)))
    return Group(*parts)


def _velocity(report: Report, language: Language) -> RenderableType:
    """Its four parts, and what they make."""
    found = report.velocity
    if isinstance(found, NotRecorded):
        return NOTHING
    table = _plain_table(PART)
    for name, figure in words.velocity_parts(found, language):
        table.add_row(name, figure)
    return _part(words.velocity_title(found, language), words.velocity_sentence(found, language), table)


def _mix(report: Report, language: Language) -> RenderableType:
    chosen = told_mix(report)
    return _told(charts.mix_or_rate(chosen, language)) if chosen else NOTHING


def _told(figure: Figure | NotRecorded) -> RenderableType:
    """The finding of a figure and its sentence."""
    return NOTHING if isinstance(figure, NotRecorded) else _part(figure.title, figure.sentence)


def _part(title: str, sentence: str, *between: RenderableType) -> RenderableType:
    said = [_dim(sentence)] if sentence else []
    return Padding(Group(Text(title, style="bold"), *between, *said), (1, 0, 0, 0))


def _plain_table(longest: int = NAME) -> Table:
    """Names, and figures to the right of them."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2), pad_edge=False)
    table.add_column(max_width=longest, no_wrap=True)
    table.add_column(justify="right")
    return table


def _attainment(report: Report, language: Language) -> RenderableType:
    found = report.attainment
    if isinstance(found, NotRecorded):
        return NOTHING
    return _part(words.attainment_title(found, language), words.attainment_sentence(found, language))


def _won(report: Report, language: Language) -> RenderableType:
    """What was won, and the largest parts of it (of quarters the latest)."""
    found = report.won
    table = _plain_table()
    table.add_column(justify="right")
    for by, parts in found.by.items():
        if not isinstance(parts, tuple) or not parts:
            continue
        table.add_row(_dim(words.attribute(by, language)), "", "")
        for part in parts[-TOP_PARTS:] if by == "quarter" else parts[:TOP_PARTS]:
            amount = language.short_money(part.amount) if part.amount is not None else ""
            table.add_row(f"  {words.part(by, part, language)}", language.deals(part.count), amount)
        if len(parts) > TOP_PARTS:
            table.add_row(_dim("  " + language.say("and {n} more", n=language.number(len(parts) - TOP_PARTS))), "", "")
    sentence = words.won_sentence(found, report.segments, report.customer_status, language)
    return _part(words.won_title(found, language), sentence, *([table] if table.row_count else []))


def _segments(report: Report, language: Language) -> RenderableType:
    told = [
        (by, answer)
        for by, answer in report.segments.items()
        if isinstance(answer, Segment) and len(answer.members) > 1
    ]
    if not told:
        return NOTHING
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for by, answer in told:
        apart = [
            f"{words.member(by, m.value, language)} ({words.verdict(m.verdict, language)})"
            for m in answer.members
            if m.verdict.startswith("differs")
        ]
        said = words.verdict(answer.verdict, language)
        table.add_row(words.attribute(by, language), f"{said}: {language.names(apart)}" if apart else said)
    return Padding(Group(Text(language.say("Does the win rate differ?"), style="bold"), table), (1, 0, 0, 0))


def _missing(report: Report, read: Input, language: Language) -> RenderableType:
    """All of it, once: what is not in the files, the parts that are not there, and what is missing within the others."""
    missing = [*whole_parts(report, language), *within_parts(report, language)]
    told = [*read.not_recorded, *reasons(missing, language), *without_duration(report, language)]
    lines: list[RenderableType] = [_dim(line) for line in told]
    if read.refused:
        lines.append(
            _dim(
                language.count("{n} value refused", "{n} values refused", len(read.refused))
                + f": {read.refused[0][0]}: {read.refused[0][1]}"
            )
        )
    return Padding(Group(Text(language.say("Not recorded"), style="bold"), *lines), (1, 0, 0, 0)) if lines else NOTHING


def _dim(text: str) -> Text:
    return Text(text, style="dim")


def _written(path: Path, language: Language) -> RenderableType:
    return Text(language.say("Written: {path}", path=path), style="dim")
