"""How long until a customer buys again? The share of purchases followed by another by each day, with its band."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.repeat import WITHIN, RepeatInterval
from vunnet.charts import words
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table
from vunnet.charts.incidence import SETTLED, Frame, axes, line, nice
from vunnet.charts.language import Language
from vunnet.charts.svg import Link, link_to
from vunnet.charts.theme import PHONE, SMALL

SHORTEST = 30
LABEL = 34  # pixels a share takes beside its dot


def repeat_interval(
    result: RepeatInterval | NotRecorded, language: Language, link: Link | None = None
) -> Figure | NotRecorded:
    """The curve as far as customers were followed and it still rises; its table has the days of WITHIN."""
    if isinstance(result, NotRecorded):
        return result
    say, parts = language.say, words.repeat_parts(result, language)
    return Figure(
        title=words.repeat_title(result, language),
        measure=say("Share of purchases followed by another of the same customer, by days since, with 95% band."),
        sentence=words.repeat_sentence(result, language),
        table=Table(
            (say("Within"), say("Followed by another")),
            parts,
            (link({"outcome": "won"}) if link else None,) * len(parts),
        ),
        draw=lambda width: _draw(result, language, link, width),
    )


def _until(known: list[tuple[int, Share]]) -> int:
    """The first number of days by which all but all are followed that ever are."""
    settled = (days for days, share in known if share.share >= SETTLED * known[-1][1].share)
    return next(settled, SHORTEST)


def _draw(result: RepeatInterval, language: Language, link: Link | None, width: int) -> Canvas:
    phone = width <= PHONE
    known = [(days, share) for days in WITHIN if (share := result.within(days))]
    until = min(_until(known), max(1, int(result.curve.followed)))
    curve = result.curve.drawn(1, until, 61 if phone else 121)
    height = 240 if phone else 280
    top = max((share.high or share.share for _, share in curve), default=0.1)
    frame = Frame(40, width - 16, 26, height - 28, until, nice(top))
    canvas = Canvas(width, height)
    axes(canvas, frame, language, phone)
    _half(canvas, frame, result.median_days, language)
    line(canvas, frame, "won", curve)
    free = frame.left
    for days, share in known:
        if days <= until:
            label = language.say("{share} followed by another within {n} days", share=language.share(share, 1), n=days)
            at = (frame.x(days), frame.y(share.share))
            canvas.dot(at, "won", 60, href=link_to(link, {"outcome": "won"}), label=label)
            if at[0] - free >= LABEL:
                canvas.text(at[0], at[1] - 14, language.percent(share.share), weight=600, color="won", align="right")
                free = at[0]
    return canvas


def _half(canvas: Canvas, frame: Frame, median: float | None, language: Language) -> None:
    """When half were followed."""
    if median is None or median > frame.until:
        return
    x = frame.x(median)
    canvas.rule((x, frame.top - 6), (x, frame.bottom), "muted", 1, (2, 3))
    text = language.say("half: {days}", days=language.long_days(median))
    align = "right" if x > (frame.left + frame.right) / 2 else "left"
    canvas.text(x, frame.top - 16, text, size=SMALL, color="muted", align=align)
