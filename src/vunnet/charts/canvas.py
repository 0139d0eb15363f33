"""A sheet of marks at exact places: written as SVG (svg.py) for pages and files, as an Altair chart (vega.py) for notebooks.

The charts need exact columns beside their marks and two layouts each, which axes and legends would fight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vunnet.charts.theme import LABEL, LIGHT

if TYPE_CHECKING:
    import altair as alt

Point = tuple[float, float]
Row = dict[str, Any]


# From below to above.
PLANES = ("area", "rect", "rule", "line", "point", "text")
PATHS = ("area", "line")


@dataclass(frozen=True)
class Path:
    """A line or an area: its points, and what is fixed for all of it."""

    kind: str
    options: Row
    rows: tuple[Row, ...]


@dataclass
class Canvas:
    """Marks on `width` × `height` pixels, the origin at the upper left. `href` and `label` are for data marks."""

    width: float
    height: float
    marks: dict[tuple[str, bool], list[Row]] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = LABEL,
        weight: int = 400,
        color: str = "text",
        align: str = "left",
    ) -> None:
        """A line of text, vertically centred on y."""
        look = {"size": size, "weight": weight, "color": LIGHT[color], "align": align}
        self._add("text", {"x": x, "y": y, "text": text} | look)

    def rect(
        self,
        corner: Point,
        opposite: Point,
        color: str,
        opacity: float = 1.0,
        *,
        href: str | None = None,
        label: str = "",
    ) -> None:
        """A filled rectangle between two corners."""
        place = {"x": corner[0], "y": corner[1], "x2": opposite[0], "y2": opposite[1]}
        self._add("rect", place | {"color": LIGHT[color], "opacity": opacity}, href, label)

    def rule(
        self, start: Point, end: Point, color: str, width: float = 1.0, dash: Sequence[float] = (), opacity: float = 1.0
    ) -> None:
        """A straight line."""
        place = {"x": start[0], "y": start[1], "x2": end[0], "y2": end[1]}
        self._add("rule", place | {"color": LIGHT[color], "width": width, "dash": list(dash), "opacity": opacity})

    def dot(
        self,
        at: Point,
        color: str,
        size: float = 44,
        *,
        hollow: bool = False,
        shape: str = "circle",
        href: str | None = None,
        label: str = "",
    ) -> None:
        """A dot, a ring (hollow) or a diamond."""
        look = {"color": LIGHT[color], "fill": LIGHT["surface" if hollow else color], "width": 1.6 if hollow else 0}
        self._add("point", {"x": at[0], "y": at[1], "size": size, "shape": shape} | look, href, label)

    def ring(self, at: Point, color: str, size: float = 190) -> None:
        """A ring around a dot, which shows through."""
        look = {"color": LIGHT[color], "fill": None, "width": 1.8, "size": size, "shape": "circle"}
        self._add("point", {"x": at[0], "y": at[1]} | look)

    def line(self, points: Sequence[Point], color: str, width: float = 2.0, dash: Sequence[float] = ()) -> None:
        """A line through points."""
        look = {"strokeJoin": "round", "strokeCap": "butt" if dash else "round"} | (
            {"strokeDash": list(dash)} if dash else {}
        )
        rows = tuple({"x": x, "y": y, "order": n} for n, (x, y) in enumerate(points))
        self.paths.append(Path("line", look | {"color": LIGHT[color], "strokeWidth": width}, rows))

    def band(self, edges: Sequence[tuple[float, float, float]], color: str, opacity: float) -> None:
        """The area between two lines: (x, upper y, lower y)."""
        rows = tuple({"x": x, "y": high, "y2": low} for x, high, low in edges)
        self.paths.append(Path("area", {"color": LIGHT[color], "opacity": opacity, "line": False}, rows))

    def flow(self, top: tuple[float, float, float], bottom: tuple[float, float, float], color: str) -> None:
        """A trapezoid from one width to another: (y, left x, right x)."""
        rows = tuple({"y": y, "x": left, "x2": right} for y, left, right in (top, bottom))
        look = {"color": LIGHT[color], "opacity": 1, "line": False, "orient": "horizontal"}
        self.paths.append(Path("area", look, rows))

    def _add(self, kind: str, row: Row, href: str | None = None, label: str = "") -> None:
        told = ({"href": href} if href else {}) | ({"label": label} if label else {})
        self.marks.setdefault((kind, bool(label)), []).append(row | told)

    def moved(self, right: float, down: float, onto: Canvas) -> None:
        """Draw all of it on another canvas, moved."""
        for key, rows in self.marks.items():
            onto.marks.setdefault(key, []).extend(_moved(row, right, down) for row in rows)
        for path in self.paths:
            onto.paths.append(Path(path.kind, path.options, tuple(_moved(row, right, down) for row in path.rows)))

    def chart(self) -> alt.LayerChart:
        """The marks as one Altair chart of exactly this size, for notebooks and for whoever wants its specification."""
        # Here and not above: a page draws its pictures without Altair, whose import alone takes longer than that.
        from vunnet.charts import vega

        return vega.chart(self)


def _moved(row: Row, right: float, down: float) -> Row:
    shifts = {"x": right, "x2": right, "y": down, "y2": down}
    return row | {name: row[name] + shift for name, shift in shifts.items() if name in row}
