"""A rate and its interval as a small picture for a tile, with the one before it."""

from __future__ import annotations

from vunnet.analysis.answers import Rate
from vunnet.charts import svg
from vunnet.charts.canvas import Canvas
from vunnet.charts.language import Language
from vunnet.charts.scales import Scale, around, ticks
from vunnet.charts.theme import SMALL

WIDTH, HEIGHT = 300, 66
AXIS_Y, WORDS = 44, 72
MARGIN = 20  # Half of a label such as 12.5%.


def rate(now: Rate, before: Rate | None, language: Language) -> str:
    """Inline SVG: the interval as a bar, the rate as a dot; thinner, the one before. Empty where there is no rate."""
    shown = [one for one in (now, before) if one is not None and one.rate is not None]
    if now.rate is None:
        return ""
    ends = [end for one in shown for end in (one.low, one.high) if end is not None]
    scale = around(ends, MARGIN, WIDTH - (WORDS if len(shown) > 1 else MARGIN), bounds=(0.0, 1.0))
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.rule((scale.left, AXIS_Y), (scale.right, AXIS_Y), "line")
    marks = ticks(scale)
    # As many digits as tell the marks apart: two of them never bear one number.
    digits = next(d for d in range(4) if d == 3 or all(abs(m - round(m, d + 2)) < 1e-9 for m in marks))
    for value in marks:
        canvas.rule((scale.x(value), AXIS_Y), (scale.x(value), AXIS_Y + 4), "neutral")
        canvas.text(
            scale.x(value), AXIS_Y + 14, language.percent(value, digits), size=SMALL, color="muted", align="center"
        )
    _bar(canvas, scale, now, 16, 5, 48, language.say("now") if len(shown) > 1 else "", "text")
    if before is not None and before.rate is not None:
        _bar(canvas, scale, before, 33, 3, 26, language.say("before"), "muted")
    return svg.render(canvas, label(now, before, language))


def label(now: Rate, before: Rate | None, language: Language) -> str:
    """What the picture shows, for those who do not see it."""
    said = _words(now, language)
    if before is None or before.rate is None:
        return said
    return language.say("{now}; before {before}", now=said, before=_words(before, language))


def _words(one: Rate, language: Language) -> str:
    return f"{language.percent(one.rate or 0.0)} ({language.span(one.low, one.high)})"


def _bar(canvas: Canvas, scale: Scale, one: Rate, y: float, half: float, size: float, name: str, color: str) -> None:
    low, high, at = (scale.x(value or 0.0) for value in (one.low, one.high, one.rate))
    canvas.rect((low, y - half), (high, y + half), "d3")
    canvas.dot((at, y), "d1" if color == "text" else "d2", size)
    canvas.text(max(high, scale.right) + 8, y, name, size=SMALL, color=color)
