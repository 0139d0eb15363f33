"""The figures of the Insight page, made once for an answer and a language, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from vunnet.charts import Figure, Language, Link, Table, funnel, incidence, segment, won_by
from vunnet.reports.answers import Band, Funnel, NotRecorded, Rate, Report, Segment, bands

GROUPS = (("product", "size"), ("owner",), ("customer", "quarter"))
SEGMENTS = ("owner", "source", "team")
SCALE = 200.0


@dataclass(frozen=True)
class Shown:
    """One figure as the page shows it, or why there is none."""

    key: str
    title: str = ""
    measure: str = ""
    wide: str = ""
    phone: str = ""
    sentence: str = ""
    table: Table | None = None
    why_not: str = ""

    @property
    def rows(self) -> list[tuple[tuple[str, ...], str | None]]:
        """The table's rows, each with the address of its deals."""
        if self.table is None:
            return []
        links = self.table.links or (None,) * len(self.table.rows)
        return list(zip(self.table.rows, links, strict=True))


def figures(report: Report, language: Language, link: Link) -> dict[str, list[Shown]]:
    """All figures of the page by its parts: the funnels, the time to close, won by, and who differs."""
    return {
        "funnels": _funnels(report, language, link),
        "time": [
            _shown("time", lambda: incidence(report.time_to_close, language, report.question.cut, link), language)
        ],
        "won": [_shown(f"won-{names[0]}", _won(report, language, link, names), language) for names in GROUPS],
        "segments": [_shown(name, _segment(found, language, link), language) for name, found in _told(report)],
    }


def _funnels(report: Report, language: Language, link: Link) -> list[Shown]:
    if isinstance(report.funnels, NotRecorded):
        return [Shown("funnel", why_not=language.why(report.funnels))]
    sizes = bands(report.won.size_edges)
    return [
        _shown(f"funnel-{n}", _funnel(found, language, link, sizes), language) for n, found in enumerate(report.funnels)
    ]


def _funnel(
    found: Funnel, language: Language, link: Link, sizes: tuple[Band, ...]
) -> Callable[[], Figure | NotRecorded]:
    return lambda: funnel(found, language, link, sizes)


def _won(report: Report, language: Language, link: Link, names: tuple[str, ...]) -> Callable[[], Figure | NotRecorded]:
    """The won deals by some parts. Only the first picture says what all of them say; the others are named by their parts."""

    def make() -> Figure | NotRecorded:
        found = won_by(report.won, report.segments, report.customer_status, language, link, names)
        if isinstance(found, NotRecorded) or names == GROUPS[0]:
            return found
        titles = {"owner": _("Won deals by seller"), "customer": _("Won deals by customer and quarter")}
        return replace(found, title=titles[names[0]], sentence="")

    return make


def _segment(found: Segment | NotRecorded, language: Language, link: Link) -> Callable[[], Figure | NotRecorded]:
    return lambda: segment(found, language, link)


def _told(report: Report) -> list[tuple[str, Segment | NotRecorded]]:
    """The segments worth a picture: those with more than one member, the page's usual ones first."""
    names = [*SEGMENTS, *(name for name in report.segments if name.startswith("x_"))]
    found = [(name, report.segments[name]) for name in names if name in report.segments]
    return [(name, one) for name, one in found if not isinstance(one, Segment) or len(one.members) > 1]


def _shown(key: str, make: Callable[[], Figure | NotRecorded], language: Language) -> Shown:
    made = make()
    if isinstance(made, NotRecorded):
        return Shown(key, why_not=language.why(made))
    # Our own drawing, escaped by the XML writer that made it.
    wide, phone = mark_safe(made.wide), mark_safe(made.phone)  # noqa: S308
    return Shown(key, made.title, made.measure, wide, phone, made.sentence, made.table)


@dataclass(frozen=True)
class Whisker:
    """A rate as a dot and its interval as a line on a scale of 0 to 100 per cent, in the units of a drawing 200 wide."""

    rate: Rate

    @property
    def low(self) -> float:
        return round(SCALE * (self.rate.low or 0.0), 1)

    @property
    def width(self) -> float:
        return round(SCALE * ((self.rate.high or 0.0) - (self.rate.low or 0.0)), 1)

    @property
    def dot(self) -> float:
        return round(SCALE * (self.rate.rate or 0.0), 1)

    @property
    def is_told(self) -> bool:
        return self.rate.rate is not None and self.rate.verdict is None
