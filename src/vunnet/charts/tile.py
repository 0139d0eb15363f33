"""A figure on a wall of figures: its name, its last value, a line with its limits, and whether it is ordinary."""

from __future__ import annotations

from dataclasses import dataclass, field

from vunnet.analysis.board import Board
from vunnet.charts import svg, words
from vunnet.charts.canvas import Canvas
from vunnet.charts.language import Language

WIDTH, HEIGHT, EDGE = 140, 34, 6
SHOWN = 24


@dataclass(frozen=True)
class Tile:
    """`name`, `figure` and `words` are text for the page; `signal`: +1 above, −1 below, 0 ordinary."""

    name: str
    figure: str
    words: str
    signal: int
    board: Board = field(repr=False)

    @property
    def svg(self) -> str:
        return svg.render(draw(self.board, self.signal), f"{self.name}: {self.figure}. {self.words}")


def tile(board: Board, language: Language, cut: int = 30) -> Tile:
    """The tile of a board's last period."""
    name = words.board_name(board, cut, language)
    if not board.points:
        return Tile(name, "–", language.say("nothing yet"), 0, board)
    last = board.points[-1]
    told = next((signal for signal in board.signals if signal.until == len(board.points) - 1), None)
    side = 0 if told is None else 1 if told.above else -1
    return Tile(
        name, words.board_value(board, last.value, language), words.tile_words(board, last, told, language), side, board
    )


def draw(board: Board, signal: int) -> Canvas:
    """The last points with their limits; the last dot takes colour only on a signal."""
    canvas, points = Canvas(WIDTH, HEIGHT), board.points[-SHOWN:]
    if not points:
        return canvas
    seen = [edge for p in points for edge in (p.value, p.expected, p.low, p.high) if edge is not None]
    low, reach = min(seen), (max(seen) - min(seen)) or 1.0

    def y(value: float) -> float:
        return HEIGHT - EDGE - (value - low) / reach * (HEIGHT - 2 * EDGE)

    step = (WIDTH - EDGE) / len(points)
    band = [
        (x, y(p.high), y(p.low))
        for k, p in enumerate(points)
        if p.low is not None and p.high is not None
        for x in (k * step + 0.01, (k + 1) * step)
    ]
    if band:
        canvas.band(band, "band", 1.0)
    canvas.rule((0, y(points[-1].expected)), (WIDTH - EDGE, y(points[-1].expected)), "neutral", 1, (1, 2))
    places = [((k + 0.5) * step, y(p.value)) for k, p in enumerate(points)]
    canvas.line(places, "neutral", 1.3)
    canvas.dot(places[-1], {0: "accent", 1: "won", -1: "lost"}[signal], 46)
    return canvas
