"""All pictures of a report under each other on one long sheet, with their sentences: for a file to send or to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap

from vunnet.charts import svg
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure
from vunnet.charts.theme import LABEL, WIDE

MARGIN, GAP, LINE = 30.0, 44.0, 18.0
LETTERS = 104  # of the sentence on a line as wide as a picture
TOO_LONG = 14_000  # an edge of a PDF page ends there (PDF 1.7, annex C)


def sheet(figures: Sequence[Figure], title: str, standing: str) -> Canvas:
    """The pictures as wide as on a desk, one below the other."""
    parts = [(figure, figure.draw(WIDE), wrap(figure.sentence, LETTERS)) for figure in figures]
    height = sum(drawn.height + GAP + LINE * (3 + len(lines)) for _, drawn, lines in parts)
    whole = Canvas(WIDE + 2 * MARGIN, height + 3 * MARGIN + LINE)
    whole.text(MARGIN, MARGIN, title, size=20, weight=600)
    whole.text(MARGIN, MARGIN + 24, standing, color="muted")
    y = 2 * MARGIN + LINE + 12
    for figure, drawn, lines in parts:
        whole.text(MARGIN, y, figure.title, size=15, weight=600)
        whole.text(MARGIN, y + LINE + 2, figure.measure, color="muted")
        drawn.moved(MARGIN, y + 2 * LINE + 8, onto=whole)
        y += 3 * LINE + drawn.height
        for line in lines:
            y += LINE
            whole.text(MARGIN, y, line, size=LABEL)
        y += GAP
    return whole


def as_svg(whole: Canvas) -> bytes:
    return svg.alone(whole).encode()


def as_pdf(whole: Canvas) -> bytes:
    """One page as long as the sheet; smaller where that is too long."""
    return svg.pdf(whole, min(1.0, TOO_LONG / whole.height))


FILES: dict[str, Callable[[Canvas], bytes]] = {".svg": as_svg, ".png": svg.png, ".pdf": as_pdf}
