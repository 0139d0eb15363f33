"""What the records cover, in a sentence that every surface says."""

from __future__ import annotations

from vunnet.analysis.report import Report
from vunnet.charts.language import Language


def records_sentence(report: Report, language: Language) -> str:
    """Where the records of closings begin, if that was found in them; empty where it was said or nothing is missing."""
    if report.observed_from is None or not report.inferred:
        return ""
    day = language.day(report.observed_from)
    return language.say("Closings are recorded from {day} on: deals opened before count from that day.", day=day)
