"""The questions and answers of analysis as pages name them: web reaches analysis through this room only."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded, Rate
from vunnet.analysis.bands import Band, bands
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.funnel import Funnel
from vunnet.analysis.question import LANDMARKS, Period, Question, Side
from vunnet.analysis.report import Report
from vunnet.analysis.segments import Segment

__all__ = [
    "LANDMARKS",
    "Band",
    "Forecast",
    "Funnel",
    "NotRecorded",
    "Period",
    "Question",
    "Rate",
    "Report",
    "Segment",
    "Side",
    "bands",
]
