"""Is this week out of the ordinary? Points, the band an ordinary one falls in, and rings around signals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.board import RATE, Board, Point, Signal
from vunnet.analysis.signals import OPENED, TOUCHES, WON_VALUE, WON_WITHIN
from vunnet.analysis.slots import MONTH
from vunnet.charts import words
from vunnet.charts.axes import LETTER, Plane, day_axis, day_text, spaced, steps, value_axis
from vunnet.charts.canvas import Canvas
from vunnet.charts.figure import Figure, Table, fitted, text_width
from vunnet.charts.language import Language
from vunnet.charts.svg import Filters, Link, link_to
from vunnet.charts.theme import PHONE, SMALL

HEIGHT = {"wide": 320, "phone": 290}
LABELLED = {"wide": 2, "phone": 1}
NAMED = {"wide": 6, "phone": 3}
LANES = (31.0, 19.0, 7.0)
WIDEST, SHORTEST = (230, 160, 90), 8  # pixels that an annotation's words may take, and the fewest letters of a cut one
LABEL_HEIGHT = 34
STEP = 6  # pixels between the points a label must not hide, and between the places it is tried at
CROWDED = 70  # points beyond which dots are small

Box = tuple[float, float, float, float]
Place = tuple[float, float]


def control(
    board: Board | NotRecorded, language: Language, link: Link | None = None, cut: int = 30
) -> Figure | NotRecorded:
    """One control chart. `cut`: the days of "won within"."""
    if isinstance(board, NotRecorded):
        return board
    if not board.points:
        return NotRecorded("nothing happened in a whole period yet")
    return Figure(
        title=words.board_title(board, cut, language),
        measure=words.board_measure(board, cut, language),
        sentence=words.board_sentence(board, language),
        table=_table(board, language, link, cut),
        draw=lambda width: _draw(board, language, link, cut, width),
    )


def _draw(board: Board, language: Language, link: Link | None, cut: int, width: int) -> Canvas:
    phone = width <= PHONE
    plane = _plane(board, width, phone)
    canvas = Canvas(width, plane.bottom + 26)
    xs = [plane.across((k + 0.5) / len(board.points)) for k in range(len(board.points))]
    value_axis(canvas, plane, [words.board_value(board, tick, language, axis=True) for tick in plane.ticks])
    _days(canvas, board, plane, xs, language, width, phone)
    if board.baseline:
        _limits(canvas, board, plane, phone)
    _centre(canvas, board, plane)
    taken = _annotations(canvas, board, plane, xs, phone)
    if board.baseline and not phone:
        _names(canvas, board, plane, language)
    _baseline(canvas, board, plane, language, phone)
    _points(canvas, board, plane, xs, language, link, cut)
    _signals(canvas, board, plane, xs, language, taken, phone)
    return canvas


def _plane(board: Board, width: int, phone: bool) -> Plane:
    seen = [point.value for point in board.points] + [point.expected for point in board.points]
    seen += [edge for p in board.points for edge in (p.low, p.high) if edge is not None]
    floor, reach = min(seen), max(seen) - min(seen)
    low = max(floor - 0.15 * reach, 0.0) if board.kind == RATE else 0.0
    high = max(seen) + 0.06 * reach
    low, high, step = steps(low, min(high, 1.0) if board.kind == RATE else max(high, 1e-9))
    height = HEIGHT["phone" if phone else "wide"]
    left, right = (48, width - 4) if phone else (52, width - 108)
    return Plane(left, right, 40, height - 26, min(low, floor) if floor < 0 else low, high, step)


def _edges(plane: Plane, board: Board) -> list[tuple[float, float]]:
    count = len(board.points)
    return [(plane.across(k / count), plane.across((k + 1) / count)) for k in range(count)]


def _limits(canvas: Canvas, board: Board, plane: Plane, phone: bool) -> None:
    """The band, stepped where it changes from point to point; dashes where it was before widening."""
    band: list[tuple[float, float, float]] = []
    for (left, right), point in zip(_edges(plane, board), board.points, strict=True):
        if point.low is None or point.high is None:
            continue
        high, low = plane.y(min(point.high, plane.high)), plane.y(max(point.low, plane.low))
        band += [(left + 0.01, high, low), (right, high, low)]
        if not phone and words.is_widened(board) and point.plain_low is not None and point.plain_high is not None:
            for edge in (point.plain_low, point.plain_high):
                if plane.low < edge < plane.high:
                    canvas.rule((left, plane.y(edge)), (right, plane.y(edge)), "neutral", 1, (3, 2))
    canvas.band(band, "d4", 0.5)


def _centre(canvas: Canvas, board: Board, plane: Plane) -> None:
    stepped: list[tuple[float, float]] = []
    for (left, right), point in zip(_edges(plane, board), board.points, strict=True):
        stepped += [(left, plane.y(point.expected)), (right, plane.y(point.expected))]
    canvas.line(stepped, "accent", 1.4)


def _names(canvas: Canvas, board: Board, plane: Plane, language: Language) -> None:
    """The limits and the centre at the right; their figures only where they hold for every point."""
    last, same = board.points[-1], board.pattern is None
    steady = same and board.points[0].n is None
    named = [(last.expected, words.centre_name(board, last.expected, language), "accent", 600)]
    for edge, upper in ((last.high, True), (last.low, False)):
        if edge is not None and (upper or edge > plane.low):
            named.append((edge, words.limit_name(board, edge if steady else None, upper, language), "muted", 400))
    heights: list[float] = []
    for value, text, color, weight in named:
        y = plane.y(min(max(value, plane.low), plane.high))
        if all(abs(y - other) >= 13 for other in heights):
            canvas.text(plane.right + 8, y, text, size=SMALL, weight=weight, color=color)
            heights.append(y)


def _baseline(canvas: Canvas, board: Board, plane: Plane, language: Language, phone: bool) -> None:
    if not 0 < board.baseline < len(board.points):
        return
    x = plane.across(board.baseline / len(board.points))
    text = words.baseline_name(board, language, short=phone)
    canvas.rule((x, plane.top - 8), (x, plane.bottom), "neutral", 1, (2, 3))
    right = x - 6 - LETTER * len(text) > plane.left
    canvas.text(
        x - 6 if right else x + 6,
        plane.bottom - 10,
        text,
        size=SMALL,
        color="muted",
        align="right" if right else "left",
    )


def _annotations(canvas: Canvas, board: Board, plane: Plane, xs: list[float], phone: bool) -> list[Box]:
    """Thin rules with their words above the plot, the latest first; words that would meet others are left to the table."""
    taken: list[Box] = []
    said = sorted(_said(board).items())[-NAMED["phone" if phone else "wide"] :]
    for k, text in reversed(said):
        x, top = xs[k], plane.top - 3
        free = [room for room in _rooms(text, x, plane, k == said[0][0]) if not room.meets(taken)]
        if best := max(free, key=lambda room: len(room.text), default=None):
            at = x + 6 if best.align == "left" else x - 6
            canvas.text(at, best.lane, best.text, size=SMALL, color="muted", align=best.align)
            taken += best.boxes
            top = best.lane - 2
        canvas.rule((x, top), (x, plane.bottom), "warn", 1.4)
    return taken


@dataclass(frozen=True)
class Room:
    """Where words may stand beside the rule they belong to."""

    text: str
    lane: float
    align: str
    boxes: tuple[Box, Box]

    def meets(self, taken: list[Box]) -> bool:
        return any(_meet(box, other) for box in self.boxes for other in taken)


def _rooms(text: str, x: float, plane: Plane, is_first: bool) -> Iterator[Room]:
    """Words to the right cross only later rules, so they stay close to the plot; to the left they go over the earlier ones."""
    for align, room in (("left", plane.right - x), ("right", x - plane.left)):
        for widest in WIDEST:
            said = fitted(text, min(widest, room - 10), SMALL)
            if len(said) <= SHORTEST and said != text:
                continue
            wide = text_width(said, SMALL) + 4
            left = x + 6 if align == "left" else x - 6 - wide
            for lane in LANES if align == "left" or is_first else LANES[::-1]:
                words = (left, lane - 6, left + wide, lane + 6)
                yield Room(said, lane, align, (words, (x - 1, lane - 2, x + 1, plane.top)))


def _said(board: Board) -> dict[int, str]:
    """What happened by the place of the point whose days it lies in, or of the nearest before."""
    found: dict[int, str] = {}
    for one in sorted(board.annotations, key=lambda one: one.on):
        place = max((k for k, point in enumerate(board.points) if point.first <= one.on), default=0)
        found[place] = f"{found[place]}; {one.text}" if place in found else one.text
    return found


def _points(
    canvas: Canvas, board: Board, plane: Plane, xs: list[float], language: Language, link: Link | None, cut: int
) -> None:
    places = [(x, plane.y(point.value)) for x, point in zip(xs, board.points, strict=True)]
    canvas.line(places, "neutral", 1.2)
    size = 14 if len(places) > CROWDED else 30
    marked = {k: signal for signal in board.signals for k in range(signal.place, signal.until + 1)}
    for k, (place, point) in enumerate(zip(places, board.points, strict=True)):
        color = _color(marked[k]) if k in marked else "neutral"
        label = words.board_mark(board, point, language)
        canvas.dot(place, color, size, href=link_to(link, filters(board, point, cut)), label=label)


def _color(signal: Signal) -> str:
    return "won" if signal.above else "lost"


def _signals(
    canvas: Canvas, board: Board, plane: Plane, xs: list[float], language: Language, taken: list[Box], phone: bool
) -> None:
    """A ring at each signal's farthest point; the latest are told beside it, where there is room."""
    told, points = 0, _drawn(board, plane, xs)
    for signal in sorted(board.signals, key=lambda one: one.last, reverse=True):
        k = _farthest(board, signal)
        x, y = xs[k], plane.y(board.points[k].value)
        canvas.ring((x, y), _color(signal))
        if told < LABELLED["phone" if phone else "wide"]:
            told += _told(canvas, board, signal, (x, y), plane, language, taken, points)


def _drawn(board: Board, plane: Plane, xs: list[float]) -> list[Place]:
    """Points all along what is drawn: the line through the values, the rule of the baseline and those of annotations."""
    places = [(x, plane.y(point.value)) for x, point in zip(xs, board.points, strict=True)]
    along = list(places)
    for (x, y), (right, end) in pairwise(places):
        parts = int(max(right - x, abs(end - y)) // STEP)
        along += [(x + (right - x) * n / parts, y + (end - y) * n / parts) for n in range(1, parts)]
    rules = [xs[k] for k in _said(board)]
    if 0 < board.baseline < len(board.points):
        rules.append(plane.across(board.baseline / len(board.points)))
    return along + [(x, float(y)) for x in rules for y in range(int(plane.top) - 8, int(plane.bottom), STEP)]


def _farthest(board: Board, signal: Signal) -> int:
    inside = range(signal.place, signal.until + 1)
    return max(inside, key=lambda k: abs(board.points[k].value - board.points[k].expected))


def _told(
    canvas: Canvas,
    board: Board,
    signal: Signal,
    at: Place,
    plane: Plane,
    language: Language,
    taken: list[Box],
    points: list[Place],
) -> int:
    """The signal's two lines of text in the corner that hides the fewest points and rules; 1 where they found room."""
    head, line = words.signal_label(board, signal, language)
    wide = LETTER * max(len(head) * 1.08, len(line))
    free = [
        (sum(_inside(point, box) for point in points), order, box, right)
        for order, (box, right) in enumerate(_places(at, wide, plane, signal.above))
        if box[0] >= plane.left and box[2] <= plane.right + 4 and not any(_meet(box, other) for other in taken)
    ]
    if not free:
        return 0
    _, _, box, right = min(free)
    x, side = (box[0], "left") if right else (box[2], "right")
    if box[1] > at[1] + 12 or box[3] < at[1] - 12:
        below = box[1] > at[1]
        over = box[0] < at[0] < box[2]  # then the stem ends where the words begin
        end = (box[1] if below else box[3]) if over else box[1] + LABEL_HEIGHT / 2
        canvas.rule((at[0], at[1] + 10 if below else at[1] - 10), (at[0], end), _color(signal), 1.2)
    canvas.text(x, box[1] + 10, head, weight=600, color=_color(signal), align=side)
    canvas.text(x, box[1] + 25, line, size=SMALL, color="muted", align=side)
    taken.append(box)
    return 1


def _places(at: Place, wide: float, plane: Plane, above: bool) -> list[tuple[Box, bool]]:
    """Boxes beside a point or over and under it, the nearest first and away from the band before towards it; with
    whether the text begins at the box's left."""
    away = -1.0 if above else 1.0
    found = []
    for far in range(0, int(plane.bottom - plane.top), STEP):
        for down in (away * (22 + far), away * (22 - far)):
            top = at[1] + down - LABEL_HEIGHT / 2
            if not plane.top - 12 <= top <= plane.bottom - LABEL_HEIGHT - 18:
                continue
            for right in (True, False):
                x = at[0] + 12 if right else at[0] - 12 - wide
                found.append(((x, top, x + wide, top + LABEL_HEIGHT), right))
            if top > at[1] + 14 or top + LABEL_HEIGHT < at[1] - 14:
                found.append(((at[0] - wide / 2, top, at[0] + wide / 2, top + LABEL_HEIGHT), True))
    return found


def _inside(point: Place, box: Box) -> bool:
    return box[0] - 4 <= point[0] <= box[2] + 4 and box[1] - 4 <= point[1] <= box[3] + 4


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _days(
    canvas: Canvas, board: Board, plane: Plane, xs: list[float], language: Language, width: int, phone: bool
) -> None:
    several = board.points[0].first.year != board.points[-1].first.year
    texts, before = [], None
    for k in spaced(len(xs), 4 if phone else 6):
        day = board.points[k].first
        text = (
            language.month(day, year=before is None or before.year != day.year)
            if board.period == MONTH
            else (day_text(day, before, language, several))
        )
        texts.append((xs[k], text))
        before = day
    day_axis(canvas, plane, texts, width)


def filters(board: Board, point: Point, cut: int) -> Filters:
    """The deals behind a point."""
    first, last = str(point.first), str(point.last)
    if board.measure in (OPENED, WON_WITHIN):
        quick: Filters = {"outcome": "won", "closed_within": str(cut)} if board.measure == WON_WITHIN else {}
        return quick | {"created_from": first, "created_to": last}
    if board.measure == TOUCHES:
        return {"created_to": last}
    return {"outcome": "won" if board.measure == WON_VALUE else "closed", "closed_from": first, "closed_to": last}


def _table(board: Board, language: Language, link: Link | None, cut: int) -> Table:
    say = language.say
    headers: tuple[str, ...] = (
        words.period_name(board.period, language),
        say("Value"),
        say("Of"),
        say("Ordinary"),
        say("Verdict"),
    )
    said = _said(board)
    marked = {k: signal for signal in board.signals for k in range(signal.place, signal.until + 1)}
    rows = tuple(
        (
            words.point_name(board, point.first, language),
            words.board_value(board, point.value, language),
            "–" if point.n is None else language.number(point.n),
            words.ordinary(board, point, language) or "–",
            words.point_verdict(board, marked.get(k), language),
            *([said.get(k, "")] if said else []),
        )
        for k, point in enumerate(board.points)
    )
    headers += (say("What happened"),) if said else ()
    return Table(headers, rows, tuple(link(filters(board, point, cut)) if link else None for point in board.points))
