"""Where will the quarter land? What is won so far, the median ahead, and shades of 50, 80 and 95 %."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.backtest import Spread
from vunnet.analysis.forecast import Forecast, StageChance
from vunnet.charts import words
from vunnet.charts.axes import Plane, day_axis, steps, value_axis
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.incidence import apart
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

HEIGHT = {"wide": 330, "phone": 300}
SHADES = (("p2_5", "p97_5", 0.14), ("p10", "p90", 0.18), ("p25", "p75", 0.24))
GAP = 15

Across = Callable[[date], float]


@dataclass(frozen=True)
class Course:
    """What the picture draws: value, or wins where amounts cannot be added."""

    valued: bool
    past: tuple[tuple[date, float], ...]
    ahead: tuple[tuple[date, Spread], ...]
    actual: tuple[tuple[date, float], ...]
    unit: float

    def bare(self, value: float, language: Language, *, axis: bool = False) -> str:
        """A value in the picture's unit."""
        return words.bare(value, self.unit, language, axis=axis)

    @property
    def now(self) -> float:
        return self.past[-1][1] if self.past else 0.0


def forecast_fan(
    result: Forecast | NotRecorded,
    language: Language,
    link: Link | None = None,
    *,
    stale: int | None = None,
    actual: tuple[tuple[date, float], ...] = (),
) -> Figure | NotRecorded:
    """The forecast's fan. `stale`: how many open deals are; `actual`: what then came, by day, in a look back."""
    if isinstance(result, NotRecorded):
        return result
    course = _course(result, actual)
    return Figure(
        title=words.forecast_title(result, language),
        measure=words.forecast_measure(result, language),
        sentence=words.forecast_sentence(result, language, stale),
        table=_table(course, language),
        draw=lambda width: _draw(result, course, language, link, width),
    )


def _course(result: Forecast, actual: tuple[tuple[date, float], ...]) -> Course:
    valued = not isinstance(result.value, NotRecorded)
    past = tuple((day, value if valued else float(wins)) for day, wins, value in result.won_so_far)
    ahead = tuple((mark.day, mark.value if valued and mark.value else mark.wins) for mark in result.marks)
    most = max(ahead[-1][1].p97_5, result.target or 0.0)
    return Course(valued, past, ahead, actual, words.unit(most, valued))


def _draw(result: Forecast, course: Course, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    plane = _plane(result, course, width, phone)
    canvas = Canvas(width, plane.bottom + 26)

    def x(day: date) -> float:
        return plane.across((day - result.begins).days / max((result.until - result.begins).days, 1))

    value_axis(canvas, plane, [course.bare(tick, language, axis=True) for tick in plane.ticks])
    day_axis(canvas, plane, [(x(day), language.short_day(day)) for day in _days(result)], width)
    start = max(result.as_of, result.begins)
    _shades(canvas, course, plane, x, start)
    if result.target is not None:
        _target(canvas, result.target, course, plane, language)
    _paths(canvas, result, course, plane, x, language, link)
    _ends(canvas, course, plane, language)
    return canvas


def _plane(result: Forecast, course: Course, width: int, phone: bool) -> Plane:
    last = course.ahead[-1][1]
    most = max([last.p97_5, result.target or 0.0, *(value for _, value in (*course.past, *course.actual))])
    low, high, step = steps(0.0, max(most, 1.0))
    height = HEIGHT["phone" if phone else "wide"]
    return Plane(50, width - (96 if phone else 128), 26, height - 26, low, high, step)


def _days(result: Forecast) -> list[date]:
    """The period's first and last day, and the months between."""
    found, at = [result.begins], result.begins
    while (at := date(at.year + at.month // 12, at.month % 12 + 1, 1)) < result.until - timedelta(days=6):
        found.append(at)
    return [*found, result.until]


def _shades(canvas: Canvas, course: Course, plane: Plane, x: Across, start: date) -> None:
    for low, high, opacity in SHADES:
        edges = [(x(start), plane.y(course.now), plane.y(course.now))]
        edges += [
            (x(day), plane.y(getattr(spread, high)), plane.y(getattr(spread, low))) for day, spread in course.ahead
        ]
        canvas.band(edges, "accent", opacity)


def _target(canvas: Canvas, target: float, course: Course, plane: Plane, language: Language) -> None:
    y = plane.y(target)
    canvas.rule((plane.left, y), (plane.right, y), "warn", 1.6, (7, 4))
    text = language.say("target {amount}", amount=course.bare(target, language))
    canvas.text(plane.left + 5, y - 9, text, weight=600)


def _paths(
    canvas: Canvas, result: Forecast, course: Course, plane: Plane, x: Across, language: Language, link: Link | None
) -> None:
    start = max(result.as_of, result.begins)
    if course.past:
        canvas.rule((x(start), plane.top - 8), (x(start), plane.bottom), "neutral", 1, (2, 3))
        text = language.say("as of {day}", day=language.short_day(result.as_of))
        right = x(start) - plane.left > 90
        place = x(start) - 6 if right else x(start) + 6
        canvas.text(place, plane.top - 6, text, size=SMALL, color="muted", align="right" if right else "left")
        canvas.line([(x(day), plane.y(value)) for day, value in course.past], "text", 2.4)
    median = [(x(start), plane.y(course.now)), *((x(day), plane.y(spread.p50)) for day, spread in course.ahead)]
    canvas.line(median, "accent", 2)
    if course.actual:
        canvas.line([(x(day), plane.y(value)) for day, value in course.actual], "text", 1.8, (2, 3))
        canvas.dot((x(course.actual[-1][0]), plane.y(course.actual[-1][1])), "text", 60, hollow=True)
    filters: Filters = {"outcome": "won", "closed_from": str(result.begins), "closed_to": str(result.as_of)}
    said = language.say("won so far: {amount}", amount=words.amount(course.now, course.valued, language))
    canvas.dot((x(start), plane.y(course.now)), "text", 60, href=link_to(link, filters), label=said)


def _ends(canvas: Canvas, course: Course, plane: Plane, language: Language) -> None:
    """The figures at the right: the median and what came first, then the 80 and 95 % ends where there is room."""
    last = course.ahead[-1][1]
    wanted = [(last.p50, language.say("median {amount}", amount=course.bare(last.p50, language)), "accent")]
    if course.actual:
        came = course.actual[-1][1]
        wanted.append((came, language.say("actual {amount}", amount=course.bare(came, language)), "text"))
    for edge, level in ((last.p90, 0.8), (last.p10, 0.8), (last.p97_5, 0.95), (last.p2_5, 0.95)):
        wanted.append((edge, f"{language.percent(level)} {course.bare(edge, language)}", "muted"))
    room = max(int((plane.bottom - plane.top) / GAP), 1)
    kept = sorted(wanted[:room], key=lambda one: -one[0])
    places = apart([plane.y(value) for value, _, _ in kept], GAP, plane.top - 6, plane.bottom)
    for (_, text, color), y in zip(kept, places, strict=True):
        strong = color != "muted"
        canvas.text(plane.right + 8, y, text, size=12 if strong else SMALL, weight=600 if strong else 400, color=color)


def _table(course: Course, language: Language) -> Table:
    say = language.say
    headers = (say("By the end of"), say("Median"), say("50%"), say("80%"), say("95%"))

    def span(low: float, high: float) -> str:
        return f"{words.amount(low, course.valued, language)}–{words.amount(high, course.valued, language)}"

    rows = tuple(
        (
            language.day(day),
            words.amount(told.p50, course.valued, language),
            span(told.p25, told.p75),
            span(told.p10, told.p90),
            span(told.p2_5, told.p97_5),
        )
        for day, told in course.ahead
    )
    return Table(headers, rows)


def stage_table(result: Forecast, language: Language) -> Table:
    """Typed and measured stage probabilities, side by side."""
    say = language.say
    several = len({one.pipeline for one in result.stages}) > 1
    headers = (say("Stage"), say("Entered"), say("Typed"), say("Measured (95%)"), say("Difference"), say("Verdict"))
    return Table(headers, tuple(_stage_row(one, several, language) for one in result.stages))


def _stage_row(one: StageChance, several: bool, language: Language) -> tuple[str, ...]:
    say = language.say
    verdict = say("differs") if one.differs else say("no evidence of a difference")
    gap = None if one.typed is None else one.measured.share - one.typed
    sign = "" if gap is None else "+" if gap > 0 else "−" if gap < 0 else ""
    return (
        f"{one.pipeline}: {one.stage}" if several and one.pipeline else one.stage,
        language.number(one.entered),
        "–" if one.typed is None else language.percent(one.typed),
        language.share(one.measured),
        "–" if gap is None else sign + language.per_hundred(abs(gap)),
        "–" if one.typed is None else verdict if one.entered >= TOO_FEW else say("too few to say"),
    )
