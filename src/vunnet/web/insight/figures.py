"""The figures of the Insight rooms, made once for an answer and a language, and kept with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from vunnet.charts import (
    Figure,
    Language,
    Link,
    Table,
    amounts,
    cohorts,
    comparison,
    control,
    drivers,
    forecast_fan,
    funnel,
    incidence,
    leaks,
    mix_or_rate,
    past_forecasts,
    rate,
    reliability,
    repeat_interval,
    segment,
    stage_table,
    won_by,
    won_parts,
)
from vunnet.charts import words as said
from vunnet.charts.canvas import Canvas
from vunnet.reports.answers import Forecast, NotRecorded, Rate, Report, Segment, bands

GROUPS = (("product", "size"), ("owner",), ("source",), ("customer", "quarter"))
SEGMENTS = ("owner", "source", "team", "customer")
SCALE = 200.0
MIXES = 2
TILE = 300  # pixels
Made = Figure | NotRecorded


@dataclass(frozen=True)
class Shown:
    """One figure as the page shows it, with its definition, or why there is none."""

    key: str
    definition: str
    figure: Figure | None = None
    wide: str = ""
    phone: str = ""
    why_not: str = ""

    @property
    def rows(self) -> list[tuple[tuple[str, ...], str | None]]:
        """The table's rows, each with the address of its deals."""
        if self.figure is None:
            return []
        table = self.figure.table
        return list(zip(table.rows, table.links or (None,) * len(table.rows), strict=True))


@dataclass(frozen=True)
class Drawing:
    """What a room's figures are drawn from: the answer, the reader's language, and where a mark leads."""

    report: Report
    language: Language
    link: Link
    other: Link | None = None

    def shown(self, key: str, definition: str, made: Made) -> Shown:
        return shown(key, definition, made, self.language)

    def tile(self, key: str, definition: str, made: Made) -> Shown:
        """A figure as small as a tile of the page; as a file it is as large as the others."""
        found = self.shown(key, definition, made)
        small = mark_safe(found.figure.svg(TILE)) if found.figure and found.wide else ""  # noqa: S308  # our own drawing
        return replace(found, wide=small, phone="")


def shown(key: str, definition: str, made: Made, language: Language) -> Shown:
    """A figure as a page shows it, or why there is none."""
    if isinstance(made, NotRecorded):
        return Shown(key, definition, why_not=language.why_sentence(made))
    if not made.is_drawn:
        return Shown(key, definition, made)
    # Our own drawing, escaped by the XML writer that made it.
    return Shown(key, definition, made, mark_safe(made.wide), mark_safe(made.phone))  # noqa: S308


def tiles(drawing: Drawing) -> dict[str, Shown]:
    """The two numbers over the first room that have a picture: how many are won, and of which amounts."""
    report, language, link = drawing.report, drawing.language, drawing.link
    won = _("Won of won and lost deals that closed in the period. Cancelled deals count neither way. The range is Wilson's 95% interval.")  # fmt: skip
    value = _("The amounts of the deals won in the period. The median is the typical deal; a few large ones pull the mean up.")  # fmt: skip
    return {
        "rate": drawing.tile("win-rate", won, rate(report.win_rate, report.change, language, link)),
        "won": drawing.tile("won-value", value, amounts(report.amounts, report.won, language, link)),
    }


def no_tiles(_drawing: Drawing) -> dict[str, Shown]:
    """The other rooms begin with their figures."""
    return {}


def funnel_room(drawing: Drawing) -> list[Shown]:
    """How far deals come, and how fast."""
    return [*_beside(drawing), *_funnels(drawing), _leaks(drawing), _time(drawing), _cohorts(drawing)]


def won_room(drawing: Drawing) -> list[Shown]:
    """What was won, and who differs."""
    return [*_won(drawing), _repeat(drawing), *_segments(drawing), *_mix(drawing), _velocity(drawing)]


def winning_room(drawing: Drawing) -> list[Shown]:
    """What goes with winning, compared fairly."""
    words = _("Among deals still open on the landmark day, what was known by then, and what became of them after it; adjusted for size, source, owner, customer and stage, with an interval that counts each company's deals as alike. The struck figure is the plain comparison: deals that live longer collect more of everything. It goes with winning; it need not cause it.")  # fmt: skip
    return [drawing.shown("drivers", words, drivers(drawing.report.drivers, drawing.language, drawing.link))]


def signals_room(drawing: Drawing) -> list[Shown]:
    """What is out of the ordinary, before what is not."""
    words = _("Each point is a whole period. Most points of a steady process fall between the limits, which come from the baseline and stay; a signal is a point beyond them, or eight in a row on one side. Everything else is ordinary variation, and explaining it is guessing.")  # fmt: skip
    found = drawing.report.signals
    if isinstance(found, NotRecorded):
        return [drawing.shown("signals", words, found)]
    boards = sorted(found.boards, key=lambda board: not board.signals)
    cut = drawing.report.question.cut
    shown = [drawing.shown(one.measure, words, control(one, drawing.language, drawing.link, cut)) for one in boards]
    reasons = {str(why): (measure, why) for measure, why in found.missing.items()}  # Each is said once.
    return shown + [drawing.shown(measure, words, why) for measure, why in reasons.values()]


def forecast_room(drawing: Drawing) -> list[Shown]:
    """Where the quarter will land, how such forecasts did before, and what each stage is worth."""
    words = _("Each open deal by its stage and age, deals not yet opened, and what all deals of a period share, drawn many times over to the period's end: the middle, and the ranges that hold 50, 80 and 95 of 100 draws.")  # fmt: skip
    found, language = drawing.report.forecast, drawing.language
    if isinstance(found, NotRecorded):
        return [drawing.shown("forecast", words, found)]
    old = drawing.report.counts.stale
    fan = forecast_fan(found, language, drawing.link, stale=old if isinstance(old, int) else None)
    shown = [drawing.shown("forecast", words, fan)]
    if found.backtest.periods:
        held = _("The same forecast made on past days, with what was known then, for as many days ahead: the range that held 80 of 100 draws, and what was won in those days.")  # fmt: skip
        shown.append(drawing.shown("past", held, past_forecasts(found, language, drawing.link)))
    groups = _("Past forecasts of open deals in ten groups: what was said, and how often it came. On the diagonal, 45% means 45%. A deal that stayed open was forecast several times and may be in several groups, so no list holds a group; its row of the table does.")  # fmt: skip
    shown.append(drawing.shown("reliability", groups, reliability(found.backtest, language)))
    return shown + ([_stages(found, drawing)] if found.stages else [])


def _stages(found: Forecast, drawing: Drawing) -> Shown:
    """Typed beside measured: a table, since each row is two figures."""
    words = _(
        "The probability typed for a stage, and the share of deals entering it that was won (Aalen–Johansen), shrunk where they are few."
    )
    table = stage_table(found, drawing.language)
    return Shown(
        "stages",
        words,
        Figure(said.stages_title(found, drawing.language), "", "", table, lambda width: Canvas(width, 0)),
    )


def _funnels(drawing: Drawing) -> list[Shown]:
    report = drawing.report
    words = _("Deals that entered each stage in the period, each once, by first entry. The share that goes on counts deals still open as long as they were followed (Aalen–Johansen, 95% interval).")  # fmt: skip
    if isinstance(report.funnels, NotRecorded):
        return [drawing.shown("funnel", words, report.funnels)]
    sizes = bands(report.won.size_edges)
    made = (funnel(found, drawing.language, drawing.link, sizes) for found in report.funnels)
    return [drawing.shown(f"funnel-{n}", words, one) for n, one in enumerate(made)]


def _beside(drawing: Drawing) -> list[Shown]:
    """The page's deals beside those it is compared with; the marks of each lead to its own rows."""
    report = drawing.report
    if not report.question.compare:
        return []
    words = _("The share that goes on from each stage (Aalen–Johansen) on both sides, over the longest time both were followed, and the second less the first with its 95% interval. It differs where q is under 0.05 over the stages.")  # fmt: skip
    if isinstance(report.comparison, NotRecorded):
        return [drawing.shown("compared", words, report.comparison)]
    links = (drawing.other or drawing.link, drawing.link)
    made = (comparison(one, drawing.language, links) for one in report.comparison)
    return [drawing.shown(f"compared-{n}", words, one) for n, one in enumerate(made)]


def _time(drawing: Drawing) -> Shown:
    report = drawing.report
    words = _("Of all deals opened in the period, the share that was won, lost or cancelled by each day since opening; they compete, so the three and the open ones sum to all (Aalen–Johansen, 95% band).")  # fmt: skip
    return drawing.shown(
        "time", words, incidence(report.time_to_close, drawing.language, report.question.cut, drawing.link)
    )


def _leaks(drawing: Drawing) -> Shown:
    words = _("What would come back in a year if the stage went on as in its own better quarters (the upper quartile of them, shrunk), with a 95% interval; ranked by its lower end. A lower end at 0 is no evidence of a leak.")  # fmt: skip
    return drawing.shown("leaks", words, leaks(drawing.report.leaks, drawing.language, drawing.link))


def _cohorts(drawing: Drawing) -> Shown:
    words = _("Deals by the month they were opened in, and the share won by so many days after. A cell is blank until the month's youngest deal has been followed that long; compare down a column.")  # fmt: skip
    return drawing.shown("cohorts", words, cohorts(drawing.report.cohorts, drawing.language, drawing.link))


def _velocity(drawing: Drawing) -> Shown:
    """A table without a picture: its four parts say more than a drawing of them."""
    words = _("Worked deals × win rate × mean won value / mean days to win, a day. Beside it what was won in truth.")
    found, language = drawing.report.velocity, drawing.language
    if isinstance(found, NotRecorded):
        return drawing.shown("velocity", words, found)
    table = Table((_("Part"), _("Figure")), said.velocity_parts(found, language))
    figure = Figure(
        said.velocity_title(found, language), said.velocity_measure(language), said.velocity_sentence(found, language),
        table, lambda width: Canvas(width, 0),
    )  # fmt: skip
    return Shown("velocity", words, figure)


def _won(drawing: Drawing) -> list[Shown]:
    words = _("Won deals by part, with value, and the win rate of the part with its 95% interval. Colour only where a part is told apart from the rest (q < 0.05).")  # fmt: skip
    return [drawing.shown(f"won-{names[0]}", words, _won_by(drawing, names)) for names in GROUPS]


def _won_by(drawing: Drawing, names: tuple[str, ...]) -> Made:
    report = drawing.report
    asked = (report.won, report.segments, report.customer_status, drawing.language)
    if names == GROUPS[0]:
        return won_by(*asked, drawing.link, names)
    return won_parts(*asked, names, drawing.link)


def _repeat(drawing: Drawing) -> Shown:
    words = _("From each win to the same company's next, whatever was bought; several deals of one day are one purchase. Customers who have not come back count as long as they were followed (Kaplan–Meier, 95% band).")  # fmt: skip
    return drawing.shown(
        "repeat", words, repeat_interval(drawing.report.repeat_interval, drawing.language, drawing.link)
    )


def _mix(drawing: Drawing) -> list[Shown]:
    """Whether a change came from other deals or from other rates, by the segment that tells most."""
    words = _("The change in win rate since the period before, told apart: another mix of deals, or other rates within the same kinds. The parts add up exactly (Kitagawa).")  # fmt: skip
    found = drawing.report.mix_or_rate
    if isinstance(found, NotRecorded):
        return [drawing.shown("mix", words, found)]
    return [
        drawing.shown(f"mix-{one.by}", words, mix_or_rate(one, drawing.language, drawing.link))
        for one in found[:MIXES]
        if not isinstance(one, NotRecorded)
    ]


def _segments(drawing: Drawing) -> list[Shown]:
    """The segments worth a picture: those with more than one member, the page's usual ones first.

    Why customers are not compared stands with the won deals already.
    """
    words = _("Win rate of each with Wilson's 95% interval, beside the best estimate once chance is taken out (empirical Bayes). Grey is not told apart.")  # fmt: skip
    found = drawing.report.segments
    names = [*SEGMENTS, *(name for name in found if name.startswith("x_"))]
    told = [(name, found[name]) for name in names if name in found]
    return [
        drawing.shown(name, words, segment(one, drawing.language, drawing.link))
        for name, one in told
        if (len(one.members) > 1 if isinstance(one, Segment) else name != "customer")
    ]


@dataclass(frozen=True)
class Whisker:
    """A rate as a dot and its interval as a line on a scale of 0 to 100 per cent, in the units of a drawing 200 wide.
    `link`: to its deals."""

    rate: Rate
    link: str = ""

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
