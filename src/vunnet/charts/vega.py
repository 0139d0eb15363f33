"""A canvas as a layered Altair chart. Marks of one kind are one layer, whatever their colours: layers are what costs time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from vunnet.charts.canvas import PATHS, PLANES, Canvas, Row
from vunnet.charts.theme import FONT

FIELDS = {
    "text": {"fontSize": "size", "fontWeight": "weight", "color": "color", "align": "align"},
    "rect": {"color": "color", "opacity": "opacity"},
    "rule": {"color": "color", "strokeWidth": "width", "strokeDash": "dash", "opacity": "opacity"},
    "point": {"fill": "fill", "stroke": "color", "strokeWidth": "width", "size": "size", "shape": "shape"},
}
FIXED: dict[str, dict[str, Any]] = {
    "text": {"baseline": "middle"},
    "rect": {"stroke": None},
    "rule": {},
    "point": {"opacity": 1},
}


def chart(canvas: Canvas) -> alt.LayerChart:
    """The marks as one Altair chart of exactly the canvas' size."""
    layers = [layer for kind in PLANES for layer in _layers(canvas, kind)]
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=canvas.width, height=canvas.height, padding=0, autosize="none", background="transparent")
        .configure(font=FONT, view=alt.ViewConfig(stroke=None, fill=None))
    )
    return chart


def _layers(canvas: Canvas, kind: str) -> list[alt.Chart]:
    if kind in PATHS:
        return [
            _layer(canvas, kind, path.options | {"aria": False}, path.rows)
            for path in canvas.paths
            if path.kind == kind
        ]
    look = {option: alt.ExprRef(f"datum.{name}") for option, name in FIELDS[kind].items()}
    return [
        _layer(canvas, kind, look | FIXED[kind] | {"aria": told}, alike)
        for (own, told), rows in canvas.marks.items()
        if own == kind
        for alike in _by_link(rows)
    ]


def _layer(canvas: Canvas, kind: str, options: Row, rows: Sequence[Row]) -> alt.Chart:
    chart: alt.Chart = alt.Chart(alt.InlineData(values=list(rows)))
    marked: alt.Chart = getattr(chart, f"mark_{kind}")(**options, clip=False).encode(**_encoding(canvas, rows))
    return marked


def _encoding(canvas: Canvas, rows: Sequence[Row]) -> dict[str, Any]:
    across = alt.Scale(domain=[0, canvas.width], range=[0, canvas.width], nice=False, zero=False)
    down = alt.Scale(domain=[0, canvas.height], range=[0, canvas.height], nice=False, zero=False)
    encoding: dict[str, Any] = {
        "x": alt.X("x:Q", scale=across, axis=None),
        "y": alt.Y("y:Q", scale=down, axis=None, stack=None),
    }
    channels = {
        "x2": alt.X2("x2"),
        "y2": alt.Y2("y2"),
        "text": alt.Text("text:N"),
        "order": alt.Order("order:Q"),
        "href": alt.Href("href:N"),
    }
    encoding |= {name: channel for name, channel in channels.items() if name in rows[0]}
    return encoding | ({"description": alt.Description("label:N")} if "label" in rows[0] else {})


def _by_link(rows: Sequence[Row]) -> list[list[Row]]:
    """Marks with a link and marks without cannot share a layer: the renderer would link the latter to nowhere."""
    both = [[row for row in rows if "href" not in row], [row for row in rows if "href" in row]]
    return [alike for alike in both if alike]
