"""The rooms of Insight: what each is called, and what hangs in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from vunnet.web.insight import figures


@dataclass(frozen=True)
class Room:
    """A page of Insight: the parts of the analysis it asks for, how it draws them, whether people write on its
    charts, and the numbers above them."""

    name: str
    title: Any
    parts: tuple[str, ...]
    draw: Callable[[figures.Drawing], list[figures.Shown]]
    is_annotated: bool = False
    tiles: Callable[[figures.Drawing], dict[str, figures.Shown]] = figures.no_tiles


ROOMS = {
    room.name: room
    for room in (
        Room(
            "funnel",
            _("Funnel"),
            ("funnel", "time", "change", "amounts", "leaks", "cohorts"),
            figures.funnel_room,
            tiles=figures.tiles,
        ),
        Room("won", _("Closed won"), ("customers", "segments", "mix_or_rate", "velocity"), figures.won_room),
        Room("signals", _("Signals"), ("signals",), figures.signals_room, is_annotated=True),
        Room("winning", _("What goes with winning"), ("drivers",), figures.winning_room),
        Room("forecast", _("Forecast"), ("forecast", "stale"), figures.forecast_room),
    )
}
