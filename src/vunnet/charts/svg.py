"""A canvas as SVG: in a page, where both themes come from one drawing and a strict policy refuses nothing, or as a file.

Written here and not by a renderer: the places are known, and a renderer took a hundred times as long (docs/adr/0008).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from math import pi, sqrt
from urllib.parse import urlencode

from vunnet.charts.canvas import PATHS, PLANES, Canvas, Path, Row
from vunnet.charts.theme import DARK, FONT, LIGHT, PREFIX

# What XML 1.0 knows no way to write.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SVG = "http://www.w3.org/2000/svg"
OUR_HOST = "https://vn.invalid"
# How far below its middle a line of text stands, in its own size.
MIDDLE = 0.3
ANCHORS = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}
NAMES = {colour: name for name, colour in LIGHT.items()}
Filters = dict[str, str]
Link = Callable[[Filters], str]
Colour = Callable[[str], str]


def escape(text: str) -> str:
    """A text as XML takes it; a sign that it cannot hold becomes the sign of a lost one (U+FFFD)."""
    return html.escape(UNWRITABLE.sub("\ufffd", text))


def link_to(link: Link | None, filters: Filters) -> str | None:
    """A mark's link as the chart carries it until it is drawn; none where its rows cannot be named. ValueError for one that leaves the host."""
    path = link(filters) if link else ""
    if not path:
        return None
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"a chart links within its own host only, not to {path!r}")
    return OUR_HOST + path


def query(path: str) -> Link:
    """The plainest link: the filters as a query string of one path."""
    return lambda filters: f"{path}?{urlencode(filters)}"


def render(canvas: Canvas, label: str) -> str:
    """The canvas as inline SVG named `label`, its colours the page's custom properties."""
    size = (
        f'viewBox="0 0 {_n(canvas.width)} {_n(canvas.height)}" width="{_n(canvas.width)}" height="{_n(canvas.height)}"'
    )
    marks = _marks(canvas, lambda colour: f"var({PREFIX}{NAMES[colour]})", linked=True)
    return f'<svg xmlns="{SVG}" {size} role="group" aria-label="{escape(label)}">{marks}</svg>'


def alone(canvas: Canvas, *, dark: bool = False) -> str:
    """The canvas as a file of its own, on its theme's surface and without links, which lead nowhere outside."""
    tokens = DARK if dark else LIGHT
    size = (
        f'viewBox="0 0 {_n(canvas.width)} {_n(canvas.height)}" width="{_n(canvas.width)}" height="{_n(canvas.height)}"'
    )
    marks = _marks(canvas, lambda colour: tokens[NAMES[colour]], linked=False)
    ground = f'<rect width="100%" height="100%" fill="{tokens["surface"]}"/>'
    return f'<svg xmlns="{SVG}" {size} font-family="{FONT}, Helvetica, Arial, sans-serif">{ground}{marks}</svg>'


def png(canvas: Canvas, *, dark: bool = False, scale: float = 2.0) -> bytes:
    """The canvas as a picture on its theme's surface: for mail and files."""
    # Here and not above: only pictures as files need the converter, and it is large.
    import vl_convert

    return bytes(vl_convert.svg_to_png(alone(canvas, dark=dark), scale=scale))


def pdf(canvas: Canvas, scale: float = 1.0) -> bytes:
    """The canvas as a page of its own size, with letters that can be searched and copied."""
    import vl_convert

    return bytes(vl_convert.svg_to_pdf(alone(canvas), scale=scale))


def _marks(canvas: Canvas, colour: Colour, *, linked: bool) -> str:
    """All marks from below to above; those that say nothing of their own are hidden from readers of the screen."""
    planes = []
    for kind in PLANES:
        if kind in PATHS:
            drawn = [(False, _path(path, colour)) for path in canvas.paths if path.kind == kind]
        else:
            write = WRITERS[kind]
            drawn = [
                (told, _told(write(row, colour), row, linked) if told else write(row, colour) + "/>" * (kind != "text"))
                for (own, told), rows in canvas.marks.items()
                if own == kind
                for row in rows
            ]
        silent = "".join(mark for told, mark in drawn if not told)
        planes += [f'<g aria-hidden="true">{silent}</g>'] if silent else []
        planes += [mark for told, mark in drawn if told]
    return "".join(planes)


def _told(open_tag: str, row: Row, linked: bool) -> str:
    """A data mark with its description and, on a page, its link."""
    mark = f'{open_tag} role="img" aria-label="{escape(row["label"])}"/>'
    href = row.get("href")
    if not href or not linked:
        return mark
    if not href.startswith(f"{OUR_HOST}/"):
        raise ValueError(f"a chart carries a link that is not ours: {href!r}")
    return f'<a href="{escape(href.removeprefix(OUR_HOST))}">{mark}</a>'


def _rect(row: Row, colour: Colour) -> str:
    left, right = sorted((row["x"], row["x2"]))
    top, bottom = sorted((row["y"], row["y2"]))
    place = f'x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" height="{_n(bottom - top)}"'
    return f'<rect {place} fill="{colour(row["color"])}"{_opacity(row["opacity"])}'


def _rule(row: Row, colour: Colour) -> str:
    place = f'x1="{_n(row["x"])}" y1="{_n(row["y"])}" x2="{_n(row["x2"])}" y2="{_n(row["y2"])}"'
    return (
        f'<line {place} stroke="{colour(row["color"])}"{_stroke(row["width"], row["dash"])}{_opacity(row["opacity"])}'
    )


def _point(row: Row, colour: Colour) -> str:
    """`size` is the area of the shape's square, as Vega has it."""
    x, y, fill = row["x"], row["y"], colour(row["fill"]) if row["fill"] else "none"
    ring = f' stroke="{colour(row["color"])}"{_stroke(row["width"], ())}' if row["width"] else ""
    if row["shape"] == "diamond":
        r = sqrt(row["size"]) / 2
        return f'<path d="M{_n(x - r)},{_n(y)}L{_n(x)},{_n(y - r)}L{_n(x + r)},{_n(y)}L{_n(x)},{_n(y + r)}Z" fill="{fill}"{ring}'
    if row["shape"] != "circle":
        raise ValueError(f"a dot has no shape {row['shape']!r}")
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(sqrt(row["size"] / pi))}" fill="{fill}"{ring}'


def _text(row: Row, colour: Colour) -> str:
    place = f'x="{_n(row["x"])}" y="{_n(row["y"] + MIDDLE * row["size"])}"'
    weight = f' font-weight="{row["weight"]}"' if row["weight"] != 400 else ""
    look = f'font-size="{_n(row["size"])}"{weight} fill="{colour(row["color"])}"{ANCHORS[row["align"]]}'
    return f"<text {place} {look}>{escape(row['text'])}</text>"


WRITERS: dict[str, Callable[[Row, Colour], str]] = {"rect": _rect, "rule": _rule, "point": _point, "text": _text}


def _path(path: Path, colour: Colour) -> str:
    look, rows = path.options, path.rows
    if path.kind == "line":
        ends = f' stroke-linejoin="{look["strokeJoin"]}" stroke-linecap="{look["strokeCap"]}"'
        stroke = _stroke(look["strokeWidth"], look.get("strokeDash", ()))
        return f'<path d="M{_through([(row["x"], row["y"]) for row in rows])}" fill="none" stroke="{colour(look["color"])}"{stroke}{ends}/>'
    # One side there, the other side back.
    other = ("x2", "y") if "x2" in rows[0] else ("x", "y2")
    back = [(row[other[0]], row[other[1]]) for row in reversed(rows)]
    return f'<path d="M{_through([*((row["x"], row["y"]) for row in rows), *back])}Z" fill="{colour(look["color"])}"{_opacity(look["opacity"])}/>'


def _through(places: list[tuple[float, float]]) -> str:
    """Through all places, those left out that a level or upright stretch passes anyway: of a band drawn step by step the corners stay.

    >>> _through([(0, 1), (5, 1), (9, 1), (9, 4.001), (9, 4), (12, 6)])
    '0,1L9,1L9,4L12,6'
    """
    kept: list[tuple[str, str]] = []
    for x, y in places:
        place = (_n(x), _n(y))
        if kept and kept[-1] == place:
            continue
        if len(kept) > 1 and any(_passes(kept[-2][side], kept[-1][side], place[side], kept[-2][1 - side], kept[-1][1 - side], place[1 - side]) for side in (0, 1)):  # fmt: skip
            kept.pop()
        kept.append(place)
    return "L".join(f"{x},{y}" for x, y in kept)


def _passes(level: str, same: str, still: str, begin: str, middle: str, end: str) -> bool:
    """On one level: does the way from begin to end pass the middle?"""
    if not level == same == still:
        return False
    low, high = sorted((float(begin), float(end)))
    return low <= float(middle) <= high


def _stroke(width: float, dash: object) -> str:
    numbers = ",".join(_n(part) for part in dash) if isinstance(dash, (list, tuple)) else ""
    return (f' stroke-width="{_n(width)}"' if width != 1 else "") + (
        f' stroke-dasharray="{numbers}"' if numbers else ""
    )


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{_n(opacity)}"'


def _n(number: float) -> str:
    """At most two decimals: a hundredth of a pixel."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
