"""What people wrote on the charts of time, put on an answer. The answer itself is worked out without them, so that a new one waits for nothing."""

from __future__ import annotations

from dataclasses import replace

from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.question import Annotation
from vunnet.analysis.report import Report
from vunnet.reports import models
from vunnet.workspaces.models import Member


def of(member: Member) -> tuple[Annotation, ...]:
    """The workspace's, by day."""
    rows = models.Annotation.objects.visible_to(member).order_by("on", "pk")
    return tuple(Annotation(on, text) for on, text in rows.values_list("on", "text"))


def annotated(report: Report, said: tuple[Annotation, ...]) -> Report:
    """The answer with them on its charts of time; the same answer where it has none, or nothing was said."""
    if not said or isinstance(report.signals, NotRecorded):
        return report
    return replace(report, signals=report.signals.annotated(said))
