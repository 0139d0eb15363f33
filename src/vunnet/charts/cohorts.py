"""Do newer deals do as well at the same age? Rows of months, columns of ages, one hue; blank is not yet known."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate
from vunnet.analysis.cohorts import Cohort, Cohorts
from vunnet.analysis.time_to_close import HORIZONS
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

COLUMNS = 5
PHONE_COLUMNS = 3
MOST_ROWS = 24
PITCH = 27
TOP = 44
DEEPEST = 0.55  # text stands on no deeper a tint
SETTLED = 0.985


def cohorts(result: Cohorts | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The months, the last two years of them; the table holds all."""
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.cohorts_title(result, language),
        measure=words.cohorts_measure(language),
        sentence=words.cohorts_sentence(result, language),
        table=_table(result, language, link),
        draw=lambda width: _draw(result, language, link, width),
    )


def _columns(result: Cohorts, most: int) -> list[int]:
    """The ages at which something still happens: up to where the wins have all but settled."""
    known = [days for days in HORIZONS if any(row.won_by[days] for row in result.rows)]
    ends = {days: _pooled(result, days, known[-1]) for days in known} if known else {}
    settled = next((days for days in known if ends[days] >= SETTLED * ends[known[-1]]), 0)
    shown = [days for days in known if days <= max(settled, result.compared_by)]
    while len(shown) > most:
        shown.remove(min(days for days in shown if days != result.compared_by))
    return shown


def _pooled(result: Cohorts, days: int, last: int) -> float:
    """Won by that age, of the months that were followed to the last one."""
    rates = [row.won_by[days] for row in result.rows if row.won_by[last]]
    return sum(rate.won for rate in rates if rate) / max(1.0, sum(rate.closed for rate in rates if rate))


def _draw(result: Cohorts, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    columns, rows = _columns(result, PHONE_COLUMNS if phone else COLUMNS), result.rows[-MOST_ROWS:]
    left = 122 if phone else 150
    wide = (width - left) / max(1, len(columns))
    canvas = Canvas(width, TOP + PITCH * len(rows) + 6)
    canvas.text(left - 10, 32, language.say("opened"), size=SMALL, color="muted", align="right")
    if columns:
        middle = left + wide * len(columns) / 2
        canvas.text(middle, 12, language.say("won by day"), size=SMALL, color="muted", align="center")
    for n, days in enumerate(columns):
        canvas.text(left + wide * (n + 0.5), 32, str(days), size=SMALL, color="muted", align="center")
    rates = [rate.rate or 0 for row in rows for days in columns if (rate := row.won_by[days]) and row.deals >= TOO_FEW]
    most = max(rates, default=0) or 1
    for place, row in enumerate(rows):
        y = TOP + PITCH * place
        canvas.text(0, y + PITCH / 2, words.month(row.month, language))
        canvas.text(left - 10, y + PITCH / 2, language.number(row.deals), size=SMALL, color="muted", align="right")
        for n, days in enumerate(columns):
            if row.won_by[days]:
                _cell(canvas, (left + wide * n, y, wide), row, days, most, language, link)
    return canvas


def _cell(
    canvas: Canvas,
    place: tuple[float, float, float],
    row: Cohort,
    days: int,
    most: float,
    language: Language,
    link: Link | None,
) -> None:
    x, y, wide = place
    rate = row.won_by[days]
    share = rate.rate or 0 if rate else 0
    few = row.deals < TOO_FEW
    filters: Filters = {"created": f"{row.month:%Y-%m}", "outcome": "won", "closed_within": str(days)}
    color, depth = ("band", 0.6) if few else ("accent", 0.05 + (DEEPEST - 0.05) * share / most)
    label = words.cohorts_mark(row, days, language)
    canvas.rect((x + 1, y + 1), (x + wide - 1, y + PITCH - 1), color, depth, href=link_to(link, filters), label=label)
    shown = (
        f"{language.number(rate.won if rate else 0)}/{language.number(row.deals)}" if few else language.percent(share)
    )
    canvas.text(x + wide / 2, y + PITCH / 2, shown, color="muted" if few else "text", align="center")


def _table(result: Cohorts, language: Language, link: Link | None) -> Table:
    columns = [days for days in HORIZONS if any(row.won_by[days] for row in result.rows)]
    headers = (
        language.say("Month opened"),
        language.say("Deals"),
        *(language.say("Won by day {n}", n=days) for days in columns),
    )
    rows = tuple(
        (
            words.month(row.month, language),
            language.number(row.deals),
            *(_shown(row.won_by[days], language) for days in columns),
        )
        for row in result.rows
    )
    links = tuple(link({"created": f"{row.month:%Y-%m}"}) if link else None for row in result.rows)
    return Table(headers, rows, links)


def _shown(rate: Rate | None, language: Language) -> str:
    return words.rate(rate, language, 1) if rate else ""
