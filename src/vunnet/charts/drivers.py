"""What goes with winning, compared fairly? A dot with its interval, and the plain comparison, small and struck through."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.drivers import GOES_WITH_LOSING, GOES_WITH_WINNING, Driver, Drivers
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Link, link_to
from vunnet.charts.theme import PHONE, SMALL, STRONG

MOST_ROWS = 12
PITCH = {"wide": 48, "phone": 72}
TOP = 20
UNDER_NAMES = 34  # On the phone a row's marks lie below its names, and the scale's rules with them.
COLORS = {GOES_WITH_WINNING: "won", GOES_WITH_LOSING: "lost"}
TICKS = {"wide": 6, "phone": 4}


def drivers(result: Drivers | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The fields, those with evidence first. Of none with enough deals there is no picture; the sentence names what is too little."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.drivers_title(result, language),
        measure=words.drivers_measure(result, language),
        sentence=words.drivers_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _told(result: Drivers) -> list[Driver]:
    told = [row for row in result.rows if row.marginal_effect]
    told.sort(key=lambda row: row.verdict not in COLORS)
    return told[:MOST_ROWS]


def _draw(result: Drivers, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    layout = "phone" if phone else "wide"
    rows, pitch = _told(result), PITCH[layout]
    if not rows:
        return Canvas(width, 0)
    ends = [0.0, *(end for row in rows if (e := row.marginal_effect) for end in (e.low, e.high))]
    ends += [row.naive_effect.value for row in rows if row.naive_effect]
    left, right = (8, width - 122) if phone else (190, width - 190)
    scale = around([100 * end for end in ends], left, right, TICKS[layout])
    bottom = TOP + pitch * len(rows)
    canvas = Canvas(width, bottom + 26)
    spans = [(TOP + pitch * n + UNDER_NAMES, TOP + pitch * (n + 1) - 6) for n in range(len(rows))]
    for value in ticks(scale, TICKS[layout]):
        for top, end in spans if phone else [(TOP - 8, bottom)]:
            canvas.rule((scale.x(value), top), (scale.x(value), end), "text" if value == 0 else "line", 1)
        text = language.signed(value, 0 if value == int(value) else 1) if value else "0"
        canvas.text(scale.x(value), bottom + 14, text, size=SMALL, color="muted", align="center")
    for n, row in enumerate(rows):
        _row(canvas, scale, TOP + pitch * n, row, language, link, width)
    return canvas


def _row(
    canvas: Canvas, scale: Scale, top: float, row: Driver, language: Language, link: Link | None, width: int
) -> None:
    phone, effect = width <= PHONE, row.marginal_effect
    if effect is None:
        return
    y = top + (58 if phone else 24)
    color = COLORS.get(row.verdict, "neutral")
    _names(canvas, (0, top + 6 if phone else y - 7), row, language, phone)
    if row.naive_effect:
        _plain(canvas, scale, y - 14, row, language, link)
    low, high = scale.x(100 * effect.low), scale.x(100 * effect.high)
    canvas.rect((low, y - 2), (max(high, low + 1), y + 2), color, 0.5)
    label = words.driver_mark(row, language)
    canvas.dot((scale.x(100 * effect.value), y), color, 64, href=_href(row, link), label=label)
    ink = "muted" if color == "neutral" else color
    figure, span = language.points(effect.value), language.points_span(effect.low, effect.high)
    verdict = words.driver_verdict(row, language)
    if phone:
        canvas.text(width, top + 6, figure, weight=600, align="right")
        canvas.text(width, top + 21, span, size=SMALL, color="muted", align="right")
        canvas.text(width, y, fitted(verdict, 118, SMALL), size=SMALL, color=ink, align="right")
        return
    canvas.text(width - 140, y - 7, figure, weight=600, align="right")
    canvas.text(width - 128, y - 7, span, size=SMALL, color="muted")
    canvas.text(width - 128, y + 8, verdict, size=SMALL, color=ink)


def _names(canvas: Canvas, at: tuple[float, float], row: Driver, language: Language, phone: bool) -> None:
    wide = 210 if phone else 180
    canvas.text(*at, fitted(words.field(row, language), wide, STRONG, 600), size=STRONG, weight=600)
    step = fitted(words.step(row, language), wide, SMALL)
    canvas.text(at[0], at[1] + 15, step, size=SMALL, color="muted")


def _href(row: Driver, link: Link | None) -> str | None:
    """To the deals of a kind; what is counted by a landmark day, such as contacts, is no condition of a list."""
    return link_to(link, {row.name: row.value}) if row.value is not None else None


def _plain(canvas: Canvas, scale: Scale, y: float, row: Driver, language: Language, link: Link | None) -> None:
    """The naive figure: hollow, small, and struck by a rule that survives without colour."""
    if row.naive_effect is None:
        return
    x = scale.x(100 * row.naive_effect.value)
    label = words.driver_mark(row, language, plain=True)
    canvas.dot((x, y), "neutral", 30, hollow=True, href=_href(row, link), label=label)
    text = language.points(row.naive_effect.value)
    wide = 7.0 * len(text)
    before = x - 8 - wide
    # On the side away from nought, whose line would run through it.
    is_before = x < scale.x(0) and before >= scale.left - 8
    begin = before if is_before or x + 8 + wide >= scale.right + 20 else x + 8
    canvas.text(begin, y, text, size=SMALL, color="muted")
    canvas.rule((begin - 2, y), (begin + wide + 1, y), "muted")


def _table(result: Drivers, language: Language, link: Link | None) -> Table:
    say = language.say
    headers = (
        say("Field"),
        say("Compared"),
        say("Deals"),
        say("Adjusted, points (95%)"),
        say("Odds ratio (95%)"),
        say("Plain, points"),
        say("Verdict"),
    )
    rows = tuple(_cells(row, language) for row in result.rows)
    links = tuple(link({row.name: row.value}) if link and row.value is not None else None for row in result.rows)
    return Table(headers, rows, links)


def _cells(row: Driver, language: Language) -> tuple[str, ...]:
    effect, ratio, naive = row.marginal_effect, row.adjusted_odds_ratio, row.naive_effect
    shown = (
        f"{language.number(ratio.value, 2)} ({language.number(ratio.low, 2)}–{language.number(ratio.high, 2)})"
        if ratio
        else "–"
    )
    return (
        words.field(row, language),
        words.step(row, language),
        language.number(row.deals),
        f"{language.points(effect.value)} ({language.points_span(effect.low, effect.high)})" if effect else "–",
        shown,
        language.points(naive.value) if naive else "–",
        words.driver_verdict(row, language),
    )
