"""Colours and type of the charts. Drawn in the light hexes, each unique, which then become CSS properties."""

from __future__ import annotations

FONT = "Inter"
WIDE, PHONE = 720, 340
SMALL, LABEL, STRONG = 11, 12, 12.5

LIGHT = {
    "text": "#1c1b1a",
    "muted": "#656460",
    "line": "#e7e5e0",
    "accent": "#1f5f8b",
    "won": "#1b7849",
    "lost": "#b4472f",
    "warn": "#b7791f",
    "neutral": "#8c8a84",
    "surface": "#feffff",
    "band": "#f0efea",
    "d1": "#3d4d5c",
    "d2": "#7a8da2",
    "d3": "#b4c0cb",
    "d4": "#dbe1e7",
    "on-d1": "#fffffe",
    "on-d2": "#1c1b1b",
}
DARK = {
    "text": "#ecebe8",
    "muted": "#a09f9a",
    "line": "#2c2f33",
    "accent": "#6fb1e0",
    "won": "#4cb782",
    "lost": "#e07a63",
    "warn": "#dba24a",
    "neutral": "#75777b",
    "surface": "#1c1e21",
    "band": "#272a2e",
    "d1": "#c3cfda",
    "d2": "#7c8fa3",
    "d3": "#46525e",
    "d4": "#2f3840",
    "on-d1": "#14161a",
    "on-d2": "#101214",
}
# Of at most four members; the first is the one that carries most. Text on each: see ON.
SERIES = ("d1", "d2", "d3", "d4")
ON = {"d1": "on-d1", "d2": "on-d2", "d3": "text", "d4": "text"}
WON_STEPS = (1.0, 0.72, 0.45, 0.25)
PREFIX = "--vn-"


def css(dark_selector: str = ':root[data-theme="vunnet-dark"]') -> str:
    """The custom properties: light by default, dark by the system's choice or under `dark_selector`."""
    light, dark = _properties(LIGHT), _properties(DARK)
    automatic = f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ {dark} }} }}"
    return f":root {{ {light} }}\n{automatic}\n{dark_selector} {{ {dark} }}\n"


def _properties(tokens: dict[str, str]) -> str:
    return " ".join(f"{PREFIX}{name}: {colour};" for name, colour in tokens.items())
