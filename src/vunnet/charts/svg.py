"""A chart as SVG that lives in a page: both themes from one drawing, and nothing that a strict policy refuses."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.metadata import version
from urllib.parse import urlencode
from xml.etree import ElementTree as Tree

import altair as alt
import vl_convert

from vunnet.charts.canvas import Canvas
from vunnet.charts.theme import DARK, LIGHT, PREFIX

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
OUR_HOST = "https://vn.invalid"
DROPPED = ("class", "style", "font-family", "aria-roledescription", "role", "stroke-miterlimit", "pointer-events")
KEPT_SPEC = 256
Filters = dict[str, str]
Link = Callable[[Filters], str]

Tree.register_namespace("", SVG)


def link_to(link: Link | None, filters: Filters) -> str | None:
    """A mark's link as the chart carries it until it is drawn. ValueError for a link that leaves the page's host."""
    if link is None:
        return None
    path = link(filters)
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"a chart links within its own host only, not to {path!r}")
    return OUR_HOST + path


def query(path: str) -> Link:
    """The plainest link: the filters as a query string of one path."""
    return lambda filters: f"{path}?{urlencode(filters)}"


def render(canvas: Canvas, label: str) -> str:
    """The canvas as inline SVG named `label`; the same drawing is converted once."""
    with alt.utils.schemapi.debug_mode(False):
        spec = json.dumps(canvas.chart().to_dict(), sort_keys=True, ensure_ascii=False)
    return _inline(spec, label)


@lru_cache(maxsize=KEPT_SPEC)
def _inline(spec: str, label: str) -> str:
    root = Tree.fromstring(vl_convert.vegalite_to_svg(spec, vl_version=_version()))  # noqa: S314 - our own drawing
    _clean(root)
    width, height = root.get("width", "0"), root.get("height", "0")
    root.attrib.clear()
    root.attrib |= {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}
    root.attrib |= {"role": "group", "aria-label": label}
    return _themed(Tree.tostring(root, encoding="unicode"))


@cache
def _version() -> str:
    return ".".join(str(alt.SCHEMA_VERSION).lstrip("v").split(".")[:2])


def png(canvas: Canvas, *, dark: bool = False, scale: float = 2.0) -> bytes:
    """The canvas as a picture on its theme's surface: for mail and files."""
    tokens = DARK if dark else LIGHT
    spec = json.dumps(canvas.chart().properties(background=tokens["surface"]).to_dict())
    if dark:
        spec = _replaced(spec, lambda name: DARK[name])
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=_version(), scale=scale))


def alone(canvas: Canvas) -> str:
    """The canvas as a file of its own, on the light theme's surface; its links lead nowhere outside, so they are left out."""
    spec = json.dumps(canvas.chart().properties(background=LIGHT["surface"]).to_dict())
    root = Tree.fromstring(vl_convert.vegalite_to_svg(spec, vl_version=_version()))  # noqa: S314  # our own drawing
    for element in root.iter():
        if element.attrib.pop(XLINK, None):
            element.attrib.pop("target", None)
            element.tag = f"{{{SVG}}}g"
    return Tree.tostring(root, encoding="unicode")


def digest(canvas: Canvas) -> str:
    """A name for the drawing that changes when it does: for caches."""
    spec = json.dumps(canvas.chart().to_dict(), sort_keys=True)
    return hashlib.sha256(f"{spec}{version('vl-convert-python')}".encode()).hexdigest()[:16]


def _clean(root: Tree.Element) -> None:
    for element in root.iter():
        for name in DROPPED:
            element.attrib.pop(name, None)
        for name in ("d", "transform"):
            if name in element.attrib:
                element.set(name, _rounded(element.attrib[name]))
        target = element.attrib.pop(XLINK, None)
        if target is not None:
            element.attrib.pop("target", None)
            element.set("href", _own(target))
        if element.get("aria-label"):
            element.set("role", "img")
    _prune(root)


def _own(target: str) -> str:
    if not target.startswith(f"{OUR_HOST}/"):
        raise ValueError(f"a chart carries a link that is not ours: {target!r}")
    return target.removeprefix(OUR_HOST)


def _prune(element: Tree.Element) -> None:
    """Without paths that draw nothing and groups that hold nothing."""
    for child in list(element):
        _prune(child)
        kind = child.tag.removeprefix(f"{{{SVG}}}")
        empty_path = kind == "path" and (not child.get("d") or _invisible(child))
        empty_group = kind in ("g", "defs") and len(child) == 0 and not (child.text or "").strip()
        if empty_path or empty_group or kind == "style":
            element.remove(child)


def _invisible(path: Tree.Element) -> bool:
    unfilled = path.get("fill") in (None, "none", "transparent")
    return path.tag.endswith("path") and unfilled and path.get("stroke") in (None, "none", "transparent")


def _rounded(numbers: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), numbers)


def _themed(svg: str) -> str:
    return _replaced(svg, lambda name: f"var({PREFIX}{name})")


def _replaced(text: str, colour_of: Callable[[str], str]) -> str:
    names = {colour: name for name, colour in LIGHT.items()}
    found = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    return found.sub(lambda hit: colour_of(names[hit[0].lower()]), text)
