"""How much of each quota is won? A bar a member against the line of the quota; for all together, where it will land."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.attainment import Attainment, Held, QuotaPeriod
from vunnet.analysis.pace import Pace
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted, text_width
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

MOST_ROWS = 40
PITCH = {"wide": 26, "phone": 42}
TOP, GAP = 30, 8
FURTHEST = 3.0  # of the quota; a longer bar ends there, its figure says how far it goes
TINTS = {"all": "d1", "team": "d2", "member": "d3"}

Row = tuple[str, Held]


def attainment(result: Attainment | NotRecorded, language: Language, link: Link | None = None) -> Figure | NotRecorded:
    """The current period: all together, the teams, and the members by name; the table holds earlier periods too.

    A bar leads to the deals won in these days that the member owns, or whose owner is in the team.
    """
    if isinstance(result, NotRecorded):
        return result
    return Figure(
        title=words.attainment_title(result, language),
        measure=words.attainment_measure(result, language),
        sentence=words.attainment_sentence(result, language),
        table=_table(result, language),
        draw=lambda width: _draw(result, language, link, width),
    )


def needed_table(pace: Pace, language: Language) -> Table:
    """How many deals of each stage would close the gap alone."""
    say = language.say
    found = () if isinstance(pace.stages, NotRecorded) else pace.stages
    several = len({one.pipeline for one in found}) > 1
    day = language.short_day(pace.last)
    headers = (
        say("Stage"),
        say("Deals needed (95%)"),
        say("Open there"),
        say("Won by {day} (95%)", day=day),
        say("Entered"),
    )
    return Table(
        headers,
        tuple(
            (
                f"{one.pipeline}: {one.stage}" if several and one.pipeline else one.stage,
                words.needed_words(one, language),
                "–" if one.there is None else language.number(one.there),
                language.share(one.by_end),
                language.number(one.entered),
            )
            for one in found
        ),
    )


def _rows(result: Attainment) -> list[Row]:
    """Those that have a quota above 0."""
    period = result.current
    every = [
        ("all", period.whole),
        *(("team", one) for one in period.teams),
        *(("member", one) for one in period.members),
    ]
    return [(of, held) for of, held in every if held.attained is not None]


def _filters(period: QuotaPeriod, of: str, held: Held) -> Filters:
    found: Filters = {"outcome": "won", "closed_from": str(period.first), "closed_to": str(period.last)}
    return found if of == "all" else found | {"owner" if of == "member" else "team": held.name or ""}


def _draw(result: Attainment, language: Language, link: Link | None, width: int) -> Canvas:
    rows = _rows(result)
    if not rows:
        return Canvas(width, 0)
    phone, shown = width <= PHONE, rows[:MOST_ROWS]
    pitch = PITCH["phone" if phone else "wide"]
    tops = _tops(shown, pitch)
    bottom = tops[-1] + pitch
    below = _below(result, len(rows) - len(shown), language)
    canvas = Canvas(width, bottom + 26 + 16 * len(below))
    scale = _scale(result, rows, *((4, width - 4) if phone else (150, width - 190)))
    for value in ticks(scale, 3 if phone else 5):
        _upright(canvas, scale.x(value), tops, phone, "text" if value == 0 else "line")
        place = "left" if phone and value == scale.low else "right" if phone and value == scale.high else "center"
        canvas.text(scale.x(value), bottom + 12, language.percent(value), size=SMALL, color="muted", align=place)
    for (of, held), top in zip(shown, tops, strict=True):
        # Of all together only where nobody without a quota has won: the list cannot leave them out.
        is_listed = of != "all" or not result.current.without_quota
        href = link_to(link, _filters(result.current, of, held)) if is_listed else None
        _row(canvas, scale, top, (of, held), language, href, width)
    _lines(canvas, scale, result, tops, language)
    _landing(canvas, scale, result, tops[0] + (30 if phone else pitch / 2), language)
    for n, text in enumerate(below):
        canvas.text(0, bottom + 32 + 16 * n, fitted(text, width, SMALL), size=SMALL, color="muted")
    return canvas


def _tops(rows: list[Row], pitch: float) -> list[float]:
    """Where each row begins; all together, teams and members stand a little apart."""
    found, top = [], float(TOP)
    for n, (of, _) in enumerate(rows):
        top += GAP if n and of != rows[n - 1][0] else 0
        found.append(top)
        top += pitch
    return found


def _scale(result: Attainment, rows: list[Row], left: float, right: float) -> Scale:
    """From 0 past the quota, and past whoever won more."""
    most = max([1.0, *(held.attained or 0.0 for _, held in rows)])
    quota = result.current.whole.quota
    if quota and isinstance(result.pace, Pace) and not isinstance(result.pace.landing, NotRecorded):
        most = max(most, result.pace.landing.p90 / quota)
    return around([0.0, min(most, FURTHEST)], left, right)


def _row(canvas: Canvas, scale: Scale, top: float, row: Row, language: Language, href: str | None, width: int) -> None:
    of, held = row
    phone, attained = width <= PHONE, held.attained or 0.0
    y = top + (30 if phone else PITCH["wide"] / 2)
    strong = 600 if of == "all" else 400
    name, share = words.held_name(held, of, language), language.percent(attained)
    quota = language.short_money(held.quota or 0.0)
    sums = language.say("{won} of {quota}", won=language.short_money(held.credited), quota=quota)
    end = max(scale.x(min(attained, scale.high)), scale.left + 1)
    canvas.rect((scale.left, y - 6), (end, y + 6), TINTS[of], href=href, label=words.held_mark(held, of, language))
    if phone:
        said = f"{share} · {sums}"
        room = width - text_width(said, SMALL) - 10
        canvas.text(4, top + 14, fitted(name, room, weight=strong), weight=strong)
        canvas.text(width - 4, top + 14, said, size=SMALL, align="right")
        return
    canvas.text(0, y, fitted(name, scale.left - 12, weight=strong), weight=strong)
    canvas.text(scale.right + 50, y, share, weight=600, align="right")
    canvas.text(width, y, sums, size=SMALL, color="muted", align="right")


def _upright(
    canvas: Canvas, x: float, tops: list[float], phone: bool, color: str, width: float = 1.0, dash: tuple[int, ...] = ()
) -> None:
    """A line down all rows; on the phone only beside the bars, since names and figures stand above them."""
    pitch = PITCH["phone" if phone else "wide"]
    spans = [(top + 22, top + pitch - 2) for top in tops] if phone else [(TOP, tops[-1] + pitch)]
    for top, bottom in spans:
        canvas.rule((x, top), (x, bottom), color, width, dash)


def _lines(canvas: Canvas, scale: Scale, result: Attainment, tops: list[float], language: Language) -> None:
    """The quota, and how far its days have gone; the words that would meet the quota's are left out."""
    x = scale.x(1.0)
    phone = canvas.width <= PHONE
    _upright(canvas, x, tops, phone, "text", 1.6)
    word = language.say("quota")
    half = text_width(word, weight=600) / 2
    canvas.text(min(x, canvas.width - half), TOP - 17, word, weight=600, align="center")
    if not isinstance(result.pace, Pace):
        return
    gone = scale.x(result.pace.gone)
    _upright(canvas, gone, tops, phone, "neutral", 1.4, (4, 3))
    said = language.say("{share} of the days", share=language.percent(result.pace.gone))
    reach = text_width(said, SMALL) / 2
    at = max(gone, reach)
    if at + reach < x - half - 8:
        canvas.text(at, TOP - 17, said, size=SMALL, color="muted", align="center")


def _landing(canvas: Canvas, scale: Scale, result: Attainment, y: float, language: Language) -> None:
    pace = result.pace
    if not isinstance(pace, Pace) or isinstance(pace.landing, NotRecorded):
        return
    low, middle, high = (
        scale.x(min(value / pace.quota, scale.high)) for value in (pace.landing.p10, pace.landing.p50, pace.landing.p90)
    )
    canvas.rule((low, y), (high, y), "accent", 4, opacity=0.6)
    canvas.dot((middle, y), "accent", 60, label=words.landing_mark(pace, language))


def _below(result: Attainment, more: int, language: Language) -> list[str]:
    """Who has no quota, and how many have no row here."""
    period = result.current
    found = []
    without = [one for one in period.members if one.quota is None and one.credited]
    if without and period.has_member_quotas:
        names = language.names(
            f"{words.held_name(one, 'member', language)} {language.short_money(one.credited)}" for one in without
        )
        found.append(language.say("Without a quota: {names}", names=names))
    if more:
        found.append(language.count("{n} more stands in the table", "{n} more stand in the table", more))
    return found


def _table(result: Attainment, language: Language) -> Table:
    say = language.say
    headers = (say("Whose"), say("Quota"), say("Won"), say("Attained"), say("Deals"))
    period = result.current
    rows = [_cells(words.held_name(period.whole, "all", language), period.whole, language)]
    rows += [_cells(words.held_name(one, "team", language), one, language) for one in period.teams]
    rows += [_cells(words.held_name(one, "member", language), one, language) for one in period.members]
    for other in result.periods:
        if other is not period:
            rows.append(_cells(words.quota_days(other, language), other.whole, language))
    return Table(headers, tuple(rows))


def _cells(name: str, held: Held, language: Language) -> tuple[str, ...]:
    return (
        name,
        "–" if held.quota is None else language.number(round(held.quota)),
        language.number(round(held.credited)),
        "–" if held.attained is None else language.percent(held.attained, 1),
        language.number(held.deals),
    )
