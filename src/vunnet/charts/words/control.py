"""Ordinary variation or a signal, in sentences."""

from __future__ import annotations

from datetime import date
from math import exp

from vunnet.analysis.board import COUNT, RATE, Board, Point, Signal
from vunnet.analysis.control import BASELINE, IN_A_ROW
from vunnet.analysis.pattern import QUARTER_END, QUARTER_START, WEEKDAY, Pattern
from vunnet.analysis.signals import OPENED, TOUCHES, WIN_RATE, WON_VALUE
from vunnet.analysis.slots import DAY, MONTH, WEEK
from vunnet.charts.language import Language

ONE_IN = 0.5


def board_name(board: Board, cut: int, language: Language) -> str:
    """What a board watches."""
    return measure_name(board.measure, cut, language)


def measure_name(measure: str, cut: int, language: Language) -> str:
    """What is watched."""
    say = language.say
    names = {
        WIN_RATE: say("Win rate"),
        WON_VALUE: say("Won value"),
        OPENED: say("Deals opened"),
        TOUCHES: say("Contacts per open deal"),
    }
    return names.get(measure) or say("Won within {n} days", n=cut)


def board_basis(board: Board, language: Language) -> str:
    """Which deals a point counts, by which date."""
    say = language.say
    if board.measure in (WIN_RATE, WON_VALUE):
        return say("by closing date")
    return say("deals open then") if board.measure == TOUCHES else say("by opening date")


def period_name(period: str, language: Language) -> str:
    say = language.say
    return {DAY: say("Day"), WEEK: say("Week"), MONTH: say("Month")}[period]


def periods(board: Board, n: int, language: Language) -> str:
    """So many of the board's periods: "19 weeks"."""
    if board.period == MONTH:
        return language.count("{n} month", "{n} months", n)
    return (
        language.count("{n} day", "{n} days", n) if board.period == DAY else language.count("{n} week", "{n} weeks", n)
    )


def point_name(board: Board, first: date, language: Language) -> str:
    """One point: "week from 14 Nov 2017"."""
    if board.period == MONTH:
        return language.month(first)
    day = language.day(first)
    return day if board.period == DAY else language.say("week from {day}", day=day)


def board_value(board: Board, value: float, language: Language, *, axis: bool = False) -> str:
    """A value as the board shows it: per cent, money, or a number."""
    if board.kind == RATE:
        return (
            language.percent(value, 0 if axis and round(100 * value, 6) == round(100 * value) else 1) if value else "0"
        )
    if board.measure == WON_VALUE:
        return language.short_money(value)
    if board.kind == COUNT:
        return language.number(value, 2) if value else "0"
    return language.number(round(value, 1), 0 if round(value, 1) == round(value) else 1)


def is_widened(board: Board) -> bool:
    """Whether the limits are wider than the plain ones."""
    return board.widened or board.chart.startswith("laney")


def board_title(board: Board, cut: int, language: Language) -> str:
    return f"{board_name(board, cut, language)}: {_finding(board, language)}"


def _finding(board: Board, language: Language) -> str:
    if board.never_varied:
        return language.say("it has not varied, so it has no limits")
    if not board.baseline:
        return language.say("too few points to tell a signal from chance")
    total = len(board.points)
    if not board.signals:
        return _quiet(board, total, language)
    if len(board.signals) > 1:
        n = language.number(len(board.signals))
        return language.say("{n} signals in {periods}", n=n, periods=periods(board, total, language))
    only = board.signals[0]
    inside = only.until - only.place + 1
    what = periods(board, inside, language)
    if only.rule != IN_A_ROW and inside > 1:
        return (
            language.say("{periods} are higher than chance explains", periods=what)
            if only.above
            else language.say("{periods} are lower than chance explains", periods=what)
        )
    if only.rule == IN_A_ROW:
        return (
            language.say("{periods} in a row lie above what is usual", periods=what)
            if only.above
            else language.say("{periods} in a row lie below what is usual", periods=what)
        )
    return _one_stands_out(board, total - 1, language)


def _quiet(board: Board, total: int, language: Language) -> str:
    shown = periods(board, total, language)
    if board.months_differ:
        return language.say("none of {periods} stands out alone, but the months differ", periods=shown)
    if board.pattern is None:
        return language.say("nothing stands out in {periods}", periods=shown)
    if board.pattern.name == WEEKDAY:
        return language.say("it follows the week, and nothing else stands out in {periods}", periods=shown)
    return language.say("it follows the quarter, and nothing else stands out in {periods}", periods=shown)


def _one_stands_out(board: Board, others: int, language: Language) -> str:
    say, n = language.say, language.number(others)
    if board.period == MONTH:
        return say("one month stands out; the other {n} are ordinary variation", n=n)
    if board.period == DAY:
        return say("one day stands out; the other {n} are ordinary variation", n=n)
    return say("one week stands out; the other {n} are ordinary variation", n=n)


def board_measure(board: Board, cut: int, language: Language) -> str:
    say = language.say
    names = {
        WIN_RATE: say("Won of closed deals"),
        WON_VALUE: say("Value won"),
        OPENED: say("Deals opened"),
        TOUCHES: say("Contacts per open deal"),
    }
    name = names.get(board.measure) or say("Won within {n} days of opening", n=cut)
    if board.currency and board.measure == WON_VALUE:
        name += f", {board.currency}"
    said = [f"{name}, {_by(board, language)}."]
    if board.baseline:
        said.append(_band(board, language))
    return " ".join(said)


def _by(board: Board, language: Language) -> str:
    say = language.say
    return {DAY: say("by day"), WEEK: say("by week"), MONTH: say("by month")}[board.period]


def _band(board: Board, language: Language) -> str:
    chart = {"xmr": "XmR", "p": "p", "laney_p": "p′", "u": "u", "laney_u": "u′"}[board.chart]
    if is_widened(board):
        return language.say("Band = where an ordinary one falls ({chart}); dashes = before widening.", chart=chart)
    return language.say("Band = where an ordinary one falls ({chart}).", chart=chart)


def board_sentence(board: Board, language: Language) -> str:
    """The signals, the pattern, what widens the limits, and how often chance alone raises such a signal."""
    say = language.say
    if board.never_varied:
        said = [_flat(board, language)]
    elif not board.baseline:
        n = periods(board, len(board.points), language)
        said = [say("{periods} are too few for limits; twelve are the least.", periods=n)]
    elif not board.signals and board.months_differ:
        said = [
            say("Taken by the month they were opened in, deals do differ: see the months, not single ups and downs.")
        ]
    elif not board.signals:
        said = [say("There is nothing to explain in single ups and downs.")]
    else:
        said = [signal_sentence(board, signal, language) for signal in board.signals[-2:]]
    if board.pattern:
        said.append(pattern_sentence(board, board.pattern, language))
    return " ".join([*said, *_caveats(board, language)])


def _flat(board: Board, language: Language) -> str:
    """A series, or the beginning of one, that is the same in every period."""
    value = board_value(board, board.points[0].value, language)
    if all(point.value == board.points[0].value for point in board.points):
        shown = periods(board, len(board.points), language)
        return language.say("It never varied: {value} in each of {periods}.", value=value, periods=shown)
    return language.say("It did not vary at first ({value} each time), so nothing says what is usual.", value=value)


def _caveats(board: Board, language: Language) -> list[str]:
    say, said = language.say, []
    spread, r = board.chart.startswith("laney"), language.number(board.likeness, 1)
    if spread and board.widened:
        said.append(
            say(
                "The points spread more than chance makes them and neighbours are alike (r = {r}), so the limits are wider "
                "and runs are not read.",
                r=r,
            )
        )
    elif spread:
        said.append(say("The points spread more than chance makes them, so the limits are wider."))
    elif board.widened:
        said.append(say("Neighbouring points are alike (r = {r}), so the limits are wider and runs are not read.", r=r))
    if board.preliminary:
        said.append(say("The limits are preliminary ({n} of {all} points).", n=board.baseline, all=BASELINE))
    if board.expected_by_chance is not None:
        said.append(chance_sentence(board.expected_by_chance, language))
    return said


def chance_sentence(expected: float, language: Language) -> str:
    """How many signals chance alone raises."""
    if expected <= 0:
        return language.say("Chance alone raises next to none on such a board.")
    if expected < ONE_IN:
        n = language.number(round(1 / (1 - exp(-expected))))
        return language.say("About one such board in {n} raises a signal by chance alone.", n=n)
    return language.say("Chance alone raises about {n} on such a board.", n=language.number(expected, 1))


def signal_sentence(board: Board, signal: Signal, language: Language) -> str:
    say, first, last = language.say, board.points[signal.place], board.points[signal.until]
    if signal.until == signal.place:
        name, shown = point_name(board, first.first, language), value_and_n(board, first, language)
        name = f"{name[:1].upper()}{name[1:]}"
        if signal.above:
            return say("{name} is higher than chance explains: {value}.", name=name, value=shown)
        return say("{name} is lower than chance explains: {value}.", name=name, value=shown)
    what = {
        "periods": periods(board, signal.until - signal.place + 1, language),
        "first": language.day(first.first),
        "last": language.day(last.last),
    }
    if signal.rule != IN_A_ROW:
        if signal.above:
            return say("{periods}, {first} to {last}, are higher than chance explains.", **what)
        return say("{periods}, {first} to {last}, are lower than chance explains.", **what)
    if signal.above:
        return say("{periods} in a row, {first} to {last}, lie above what is usual.", **what)
    return say("{periods} in a row, {first} to {last}, lie below what is usual.", **what)


def value_and_n(board: Board, point: Point, language: Language) -> str:
    """ "91 of 826 (11.0%)", or the value alone."""
    value = board_value(board, point.value, language)
    if point.n is None:
        return value
    of = language.say("{n} of {all}", n=language.number(point.events), all=language.number(point.n))
    if board.kind == COUNT:
        contacts = language.count("{n} contact", "{n} contacts", point.events)
        of = language.say("{contacts}, {deals}", contacts=contacts, deals=language.deals(point.n))
    return f"{of} ({value})"


def pattern_sentence(board: Board, found: Pattern, language: Language) -> str:
    """What repeats, with its highest and lowest parts."""
    highest = max(found.phases, key=lambda phase: phase.usual)
    lowest = min(found.phases, key=lambda phase: phase.usual)
    values = {
        "high": board_value(board, highest.usual, language),
        "when": phase_name(found, highest.place, language),
        "low": board_value(board, lowest.usual, language),
        "otherwise": phase_name(found, lowest.place, language),
    }
    if found.name == WEEKDAY:
        return language.say(
            "A weekday pattern is taken out before signals are read: {high} {when}, {low} {otherwise}.", **values
        )
    if found.told == QUARTER_END:
        return language.say(
            "A quarter-end pattern is taken out before signals are read: {high} {when}, {low} {otherwise}.", **values
        )
    if found.told == QUARTER_START:
        return language.say(
            "A pattern of the quarter's first month is taken out before signals are read: {high} {when}, {low} {otherwise}.",
            **values,
        )
    return language.say(
        "A quarter pattern is taken out before signals are read: {high} {when}, {low} {otherwise}.", **values
    )


def phase_name(found: Pattern, place: int, language: Language) -> str:
    say = language.say
    if found.name == WEEKDAY:
        days = (
            say("on Mondays"), say("on Tuesdays"), say("on Wednesdays"), say("on Thursdays"), say("on Fridays"),
            say("on Saturdays"), say("on Sundays"),
        )  # fmt: skip
        return days[place]
    months = (
        say("in the quarter's first month"),
        say("in the quarter's second month"),
        say("in the quarter's last month"),
        say("in the quarter's last two weeks"),
    )
    return months[place]


def ordinary(board: Board, point: Point, language: Language) -> str:
    """Where an ordinary point lies: "10 to 22%"."""
    if point.low is None or point.high is None:
        return ""
    low, high = board_value(board, point.low, language), board_value(board, point.high, language)
    if board.kind == RATE:
        low, high = language.per_hundred(point.low), language.percent(point.high)
    return language.say("{low} to {high}", low=low, high=high)


def tile_words(board: Board, last: Point, signal: Signal | None, language: Language) -> str:
    say = language.say
    if signal is not None:
        return say("Above what chance explains") if signal.above else say("Below what chance explains")
    span = ordinary(board, last, language)
    if board.never_varied:
        return say("It has not varied")
    return say("Ordinary: {span}", span=span) if span else say("Too few points for limits")


def board_mark(board: Board, point: Point, language: Language) -> str:
    """One point, standing alone."""
    return f"{point_name(board, point.first, language)}: {value_and_n(board, point, language)}"


def point_verdict(board: Board, signal: Signal | None, language: Language) -> str:
    say = language.say
    if board.never_varied:
        return say("no limits")
    if not board.baseline:
        return say("too few to say")
    if signal is None:
        return say("ordinary")
    if signal.rule == IN_A_ROW:
        return say("in a row above") if signal.above else say("in a row below")
    return say("signal: higher") if signal.above else say("signal: lower")


def signal_label(board: Board, signal: Signal, language: Language) -> tuple[str, str]:
    """A signal on the chart: its head, and the line below."""
    say, inside = language.say, range(signal.place, signal.until + 1)
    points = [board.points[k] for k in inside]
    farthest = max(points, key=lambda point: abs(point.value - point.expected))
    day = language.month(farthest.first) if board.period == MONTH else language.short_day(farthest.first)
    if signal.rule != IN_A_ROW and len(points) > 1:
        since = _since(board, points[0], language)
        below = say("higher, since {day}", day=since) if signal.above else say("lower, since {day}", day=since)
        return say("Signal: {periods}", periods=periods(board, len(points), language)), below
    if signal.rule == IN_A_ROW:
        head = say("Signal: {periods} in a row", periods=periods(board, len(points), language))
        return head, (
            say("above, since {day}", day=_since(board, points[0], language))
            if signal.above
            else (say("below, since {day}", day=_since(board, points[0], language)))
        )
    head = say("Signal: {value}", value=board_value(board, farthest.value, language))
    named = day if board.period != WEEK else say("week from {day}", day=day)
    if farthest.n is None or board.kind == COUNT:
        return head, named
    of = say("{n} of {all}", n=language.number(farthest.events), all=language.number(farthest.n))
    return head, f"{of}, {named}"


def _since(board: Board, point: Point, language: Language) -> str:
    return language.month(point.first) if board.period == MONTH else language.short_day(point.first)


def centre_name(board: Board, value: float, language: Language) -> str:
    return language.say("centre {value}", value=board_value(board, value, language))


def limit_name(board: Board, value: float | None, upper: bool, language: Language) -> str:
    if value is None:
        return language.say("upper limit") if upper else language.say("lower limit")
    shown = board_value(board, value, language)
    return language.say("upper {value}", value=shown) if upper else language.say("lower {value}", value=shown)


def baseline_name(board: Board, language: Language, *, short: bool = False) -> str:
    if short:
        return language.say("← limits set here")
    return language.say("← limits set on these {periods}", periods=periods(board, board.baseline, language))
