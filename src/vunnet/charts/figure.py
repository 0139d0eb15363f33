"""A result ready to be shown: the finding, the picture in two widths, the sentence, the table of the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap

from vunnet.charts import svg
from vunnet.charts.canvas import Canvas
from vunnet.charts.theme import LABEL, PHONE, WIDE, css

MARGIN = 15
TITLE, MEASURE = (15, 600, "text", 22.0), (LABEL, 400, "muted", 18.0)  # size, weight, colour, height of a line


@dataclass(frozen=True)
class Table:
    """The numbers of a picture. A row's first cell is its name; `links` are parallel to the rows (None: no page)."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Figure:
    """`title` is the finding, `measure` says what is drawn, `sentence` says it in words; `draw` makes a canvas."""

    title: str
    measure: str
    sentence: str
    table: Table
    draw: Callable[[int], Canvas] = field(repr=False)

    @property
    def is_drawn(self) -> bool:
        """Whether there is a picture: of too little there is none, only words and the table."""
        return self.draw(PHONE).height > 0

    def svg(self, width: int = WIDE) -> str:
        """Inline SVG, without title: on a page that is HTML above it."""
        return svg.render(self.draw(width), self.title)

    @property
    def wide(self) -> str:
        return self.svg(WIDE)

    @property
    def phone(self) -> str:
        return self.svg(PHONE)

    def _repr_html_(self) -> str:
        """In a notebook: the finding, the picture and its sentence, with the colours of both themes."""
        head = f"<h3>{escape(self.title)}</h3><p style='opacity:.7'>{escape(self.measure)}</p>"
        return f"<style>{css()}</style>{head}{self.wide}<p>{escape(self.sentence)}</p>"

    def png(self, width: int = WIDE, *, dark: bool = False) -> bytes:
        """The picture with its title, on its own surface."""
        return svg.png(self._whole(width), dark=dark)

    def file(self, width: int = WIDE) -> str:
        """The same as an SVG that stands alone: with its title, in the colours of the light theme."""
        return svg.alone(self._whole(width))

    def pdf(self, width: int = WIDE) -> bytes:
        """The same as a PDF of one page."""
        return svg.pdf(self._whole(width))

    def _whole(self, width: int) -> Canvas:
        drawn = self.draw(width)
        lines = [
            (line, look)
            for text, look in ((self.title, TITLE), (self.measure, MEASURE))
            for line in _lines(text, width, look)
        ]
        top = 2 * MARGIN - 6 + sum(height for _, (_size, _weight, _color, height) in lines)
        whole = Canvas(drawn.width + 2 * MARGIN, drawn.height + top + 16)
        y = 0.0
        for line, (size, weight, color, height) in lines:
            y += height
            whole.text(MARGIN, y, line, size=size, weight=weight, color=color)
        drawn.moved(MARGIN, top, onto=whole)
        return whole


def _lines(text: str, width: float, look: tuple[float, int, str, float]) -> list[str]:
    """The text in lines that are no wider than a picture."""
    return wrap(text, max(1, int(width / text_width("x", look[0], look[1]))))


def text_width(text: str, size: float = 12, weight: int = 400) -> float:
    """How many pixels a text may take: letters are about 0.6 as wide as high in the widest of the fonts people have."""
    return len(text) * size * (0.64 if weight >= 600 else 0.59)


def fitted(text: str, width: float, size: float = 12, weight: int = 400) -> str:
    """The text cut with … where it would be wider than `width` pixels."""
    letters = int(width / text_width("x", size, weight) + 1e-6)  # As much room as text_width asks for is enough.
    return text if len(text) <= letters else text[: max(1, letters - 1)].rstrip() + "…"
