"""Does 45 % mean 45 %? What was said of deals against what came true, in ten groups of about equal size."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.backtest import Backtest
from vunnet.analysis.reliability import Group
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.language import Language
from vunnet.charts.theme import PHONE, SMALL

SIDE = {"wide": 288, "phone": 282}
LEFT, TOP, ROW = 46, 14, 25


def reliability(result: Backtest | NotRecorded, language: Language) -> Figure | NotRecorded:
    """The reliability of a forecast's chances in the past."""
    if isinstance(result, NotRecorded):
        return result
    if not result.groups:
        return NotRecorded("no past period can be judged yet")
    return Figure(
        title=words.reliability_title(result, language),
        measure=words.reliability_measure(result, language),
        sentence=words.reliability_sentence(result, language),
        table=_table(result, language),
        draw=lambda width: _draw(result, language, width),
    )


def _draw(result: Backtest, language: Language, width: int) -> Canvas:
    phone = width <= PHONE
    side = SIDE["phone" if phone else "wide"]
    canvas = Canvas(width, TOP + side + 40)
    _frame(canvas, side, language)
    for group in result.groups:
        _group(canvas, group, side, language)
    if not phone:
        _rows(canvas, result, language, width)
    return canvas


def _at(said: float, came: float, side: float) -> tuple[float, float]:
    return LEFT + said * side, TOP + side - came * side


def _frame(canvas: Canvas, side: float, language: Language) -> None:
    canvas.rule((LEFT, TOP), (LEFT, TOP + side), "neutral")
    canvas.rule((LEFT, TOP + side), (LEFT + side, TOP + side), "neutral")
    canvas.rule(_at(0, 0, side), _at(1, 1, side), "neutral", 1.2, (5, 4))
    for n in range(6):
        x, y = _at(n / 5, n / 5, side)
        text = language.percent(n / 5)
        canvas.rule((LEFT - 4, y), (LEFT, y), "neutral")
        canvas.text(LEFT - 7, y, text, size=SMALL, color="muted", align="right")
        canvas.rule((x, TOP + side), (x, TOP + side + 4), "neutral")
        canvas.text(x, TOP + side + 14, text, size=SMALL, color="muted", align="right" if n == 5 else "center")
    say = language.say
    canvas.text(LEFT + 8, TOP + 7, say("↑ what came true"), size=SMALL, color="muted")
    canvas.text(LEFT + 8, TOP + 22, say("(dashed: said = came true)"), size=SMALL, color="muted")
    canvas.text(LEFT + side - 6, TOP + side - 12, say("promised too much ↘"), size=SMALL, color="muted", align="right")
    canvas.text(LEFT + side / 2, TOP + side + 31, say("What we said"), size=SMALL, color="muted", align="center")


def _group(canvas: Canvas, group: Group, side: float, language: Language) -> None:
    color = "lost" if group.differs else "accent"
    low, high = group.came.low or 0.0, group.came.high or 0.0
    canvas.rule(_at(group.said, low, side), _at(group.said, high, side), color, 2.6, opacity=0.5)
    place = _at(group.said, group.came.rate or 0.0, side)
    canvas.dot(place, color, 44, label=words.group_mark(group, language))


def _rows(canvas: Canvas, result: Backtest, language: Language, width: float) -> None:
    """The table beside the square."""
    said, came, of = LEFT + 360.0, LEFT + 420.0, width - 4.0
    say = language.say
    for x, text, align in (
        (said, say("Said"), "left"),
        (came, say("Came true"), "left"),
        (of, say("Of forecasts"), "right"),
    ):
        canvas.text(x, TOP + 4, text, size=SMALL, color="muted", align=align)
    for n, group in enumerate(reversed(result.groups)):
        y = TOP + 28 + n * ROW
        weight = 600 if group.differs else 400
        canvas.text(said, y, language.percent(group.said), weight=weight)
        canvas.text(came, y, language.share(_share(group)), weight=weight)
        canvas.text(of, y, words.of_deals(group, language), color="muted", align="right")


def _share(group: Group) -> Share:
    return Share(group.came.rate or 0.0, group.came.low, group.came.high)


def _table(result: Backtest, language: Language) -> Table:
    say = language.say
    headers = (say("Said"), say("Came true"), say("Of forecasts"), say("Verdict"))
    rows = tuple(
        (
            language.percent(group.said, 1),
            language.share(_share(group), 1),
            words.of_deals(group, language),
            say("too few to say") if group.q_value is None else say("differs") if group.differs else say("as said"),
        )
        for group in reversed(result.groups)
    )
    return Table(headers, rows)
