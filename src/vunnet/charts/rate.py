"""How many of the deals that were decided were won? The rate as a dot on its interval, with the one of the period before."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.win_rate import Change, WinRate
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import SMALL

HEIGHT, AXIS_Y, WORDS = 66, 44, 72
MARGIN = 20  # Half of a label such as 12.5%.
CLOSED: Filters = {"outcome": "closed"}


def rate(result: WinRate, change: Change | NotRecorded, language: Language, link: Link | None = None) -> Figure:
    """The win rate, and the one before where it is known; no picture where too few have closed to say."""
    before = _before(change)
    return Figure(
        title=words.win_rate_title(result, language),
        measure=words.win_rate_measure(result, language),
        sentence=" ".join(filter(None, (words.win_rate_sentence(result, language), words.change_sentence(result.by_count, change, language)))),
        table=_table(result, before, language, link),
        draw=lambda width: _draw(result.by_count, before, language, link, width),
    )  # fmt: skip


def _before(change: Change | NotRecorded) -> Change | None:
    """The rate before, where there are enough to say one."""
    return None if isinstance(change, NotRecorded) or change.before.verdict else change


def _days(change: Change) -> Filters:
    """The deals closed in the days before."""
    return CLOSED | {"closed_from": str(change.period.first), "closed_to": str(change.period.last)}


def _draw(now: Rate, before: Change | None, language: Language, link: Link | None, width: int) -> Canvas:
    """The interval as a bar, the rate as a dot; thinner, the one before."""
    if now.verdict:
        return Canvas(width, 0)
    ends = [end for one in (now, before and before.before) if one for end in (one.low, one.high) if end is not None]
    scale = around(ends, MARGIN, width - (WORDS if before else MARGIN), bounds=(0.0, 1.0))
    canvas = Canvas(width, HEIGHT)
    canvas.rule((scale.left, AXIS_Y), (scale.right, AXIS_Y), "line")
    marks = ticks(scale)
    # As many digits as tell the marks apart: two of them never bear one number.
    digits = next(d for d in range(4) if d == 3 or all(abs(m - round(m, d + 2)) < 1e-9 for m in marks))
    for value in marks:
        canvas.rule((scale.x(value), AXIS_Y), (scale.x(value), AXIS_Y + 4), "neutral")
        text = language.percent(value, digits)
        canvas.text(scale.x(value), AXIS_Y + 14, text, size=SMALL, color="muted", align="center")
    _bar(canvas, scale, now, (16, 5, 48), "d1", (words.rate_mark(now, language), link_to(link, CLOSED)))
    if before:
        names = ((16, language.say("now"), "text"), (33, language.say("before"), "muted"))
        for y, name, color in names:
            canvas.text(scale.right + 8, y, name, size=SMALL, color=color)
        told = (words.rate_mark(before.before, language, earlier=True), link_to(link, _days(before)))
        _bar(canvas, scale, before.before, (33, 3, 26), "d2", told)
    return canvas


def _bar(
    canvas: Canvas, scale: Scale, one: Rate, look: tuple[float, float, float], color: str, told: tuple[str, str | None]
) -> None:
    """At a height, half as thick, with a dot of a size."""
    y, half, size = look
    label, href = told
    low, high, at = (scale.x(value or 0.0) for value in (one.low, one.high, one.rate))
    canvas.rect((low, y - half), (high, y + half), "d3")
    canvas.dot((at, y), color, size, href=href, label=label)


def _table(result: WinRate, before: Change | None, language: Language, link: Link | None) -> Table:
    say = language.say
    rows = [(say("In the period"), result.by_count, CLOSED)]
    if before:
        rows.append((say("In the period before"), before.before, _days(before)))
    told = [(_row(name, one, language), link(filters) if link else None) for name, one, filters in rows]
    if value := result.value_told:
        of = (language.short_money(value.won), language.short_money(value.closed))
        told.append(((say("By value"), *of, words.rate_of_money(value, language)), link(CLOSED) if link else None))
    headers = (say("Closed deals"), say("Won"), say("Closed"), say("Win rate (95%)"))
    return Table(headers, tuple(row for row, _ in told), tuple(href for _, href in told))


def _row(name: str, one: Rate, language: Language) -> tuple[str, ...]:
    return (name, language.number(one.won), language.number(one.closed), words.rate(one, language, 1))
