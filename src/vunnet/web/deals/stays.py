"""How long deals usually stand in each stage, for whatever page asks."""

from __future__ import annotations

from vunnet.jobs.tasks import soon_refresh_usual
from vunnet.reports import usual
from vunnet.web.asking import Request


def stays(request: Request) -> usual.Usual:
    """What is usual in each stage, read once a request; when the kept answer is old, a job is asked to compute it anew."""
    kept: usual.Usual | None = getattr(request, "_usual", None)
    if kept is None:
        kept = usual.of(request.member)
        request._usual = kept  # type: ignore[attr-defined]
        if kept.is_old:
            soon_refresh_usual(request.member.workspace_id)
    return kept
