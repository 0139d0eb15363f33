"""Everything as one file, a workspace from such a file, and a workspace's end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.archive.actions import upload
from vunnet.archive.models import Restoration
from vunnet.archive.writing import write
from vunnet.jobs.tasks import soon_restore
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.reports.copy import home_of
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.workspaces import walls
from vunnet.workspaces.erasure import erase_workspace
from vunnet.workspaces.models import Member, Workspace

IN_MEMORY = 16_000_000


def _demand_administrator(request: Request) -> None:
    if not request.member.may_administer:
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def archive(request: Request) -> HttpResponse:
    """The three things there are to do; POST keeps an archive and asks for a workspace to be made of it."""
    _demand_administrator(request)
    refusal = ""
    if request.method == "POST":
        try:
            with transaction.atomic():
                _take_up(request)
            return redirect("archive", request.member.workspace.slug)
        except RuleBroken as refused:
            refusal = refused.message
    context: dict[str, Any] = {"section": "settings", "tab": "archive", "refusal": refusal, **_state(request)}
    return render(request, "settings/archive.html", context, status=422 if refusal else 200)


def _take_up(request: Request) -> None:
    file = request.FILES.get("file")
    if file is None:
        raise RuleBroken(_("Choose an archive first."), "file")
    row = upload(request.member, file.name or "", file.size or 0, file, limit=site.IMPORT_LIMIT_BYTES)
    soon_restore(row.pk, request.member.workspace_id)


def _state(request: Request) -> dict[str, Any]:
    rows = list(Restoration.objects.visible_to(request.member)[:10])
    return {
        "rows": [(row, _made(request, row)) for row in rows],
        "is_waiting": any(r.status == "waiting" for r in rows),
    }


def _made(request: Request, row: Restoration) -> Workspace | None:
    """The workspace that an archive became, while one still belongs to it."""
    if row.made is None or request.member.user_id is None:
        return None
    with walls.scope(user_id=request.member.user_id):
        return Workspace.objects.filter(pk=row.made, pk__in=_places(request.member.user_id)).first()


def _places(user_id: int) -> Any:
    return Member.objects.filter(user_id=user_id, is_active=True).values("workspace_id")


@require_GET
def restorations(request: Request) -> HttpResponse:
    """How far the archives on their way in came."""
    _demand_administrator(request)
    return render(request, "settings/restorations.html", _state(request))


@require_POST
@says_why
def download(request: Request) -> HttpResponseBase:
    """Everything of the workspace, of one moment, as a file."""
    _demand_administrator(request)
    room = request.member.workspace
    # On disk once it is large, and gone when it is sent.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # FileResponse closes it.
    rows = write(room, file)
    file.seek(0)
    record(request.member, "workspace.archived", by=request.member, rows=sum(rows.values()))
    day = timezone.localdate()
    return FileResponse(
        file, as_attachment=True, filename=f"{room.slug}-{day:%Y-%m-%d}.zip", content_type="application/zip"
    )


@require_POST
@says_why
def erase(request: Request) -> HttpResponse:
    """The workspace's end: its rows, and the copies that analysis made of them."""
    room = request.member.workspace
    erase_workspace(room, by=request.member, name=request.POST.get("name", ""))
    folder: Path = home_of(room.pk)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
    request.session.pop("workspace", None)
    messages.success(request, _("%(name)s is erased.") % {"name": room.name})
    return redirect("start")
