"""Importing: choose files, see what they are, start, watch, read the outcome."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.imports import choosing, undoing
from vunnet.imports.actions import ask_trial, refused_rows, start, upload
from vunnet.imports.models import Import, ImportRow
from vunnet.jobs.tasks import soon_run_import, soon_try_import, soon_undo_import
from vunnet.lib.errors import RuleBroken
from vunnet.web.asking import Request, find
from vunnet.web.cells import safe
from vunnet.web.errors import says_why
from vunnet.web.imports.choosing import chosen_in, columns_page, mended, outcome_page, unclear
from vunnet.web.imports.recognised import recognised_page, system_name

SHOWN = 50


def _demand_administrator(request: Request) -> None:
    if not request.member.may_administer:
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def imports(request: Request) -> HttpResponse:
    """Choose files (POST keeps them and shows what they are); the imports there were."""
    _demand_administrator(request)
    refusal = ""
    if request.method == "POST":
        files = [(file.name or "", file.size or 0, file) for file in request.FILES.getlist("files")]
        try:
            made = upload(request.member, files, limit=settings.IMPORT_LIMIT_BYTES)
            # A file of its own shape: somebody says which column is what.
            page = "import" if made.source or len(files) != 1 else "import_columns"
            return redirect(page, request.member.workspace.slug, made.pk)
        except RuleBroken as refused:
            refusal = refused.message
    context = {"section": "imports", "runs": Import.objects.visible_to(request.member)[:20], "refusal": refusal}
    return render(request, "imports/imports.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
@says_why
def run(request: Request, import_id: int) -> HttpResponse:
    """One import: what was recognised, then its progress, then its outcome. POST starts it."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    if request.method == "POST":
        tried = request.POST.get("tried", "")
        # Without a number nobody saw what the files would do, and no trial has the number 0.
        seen = int(tried) if tried.isascii() and tried.isdigit() and len(tried) < 10 else 0
        start(row, by=request.member, tried=seen)
        soon_run_import(row.pk, request.member.workspace_id)
        return redirect("import", request.member.workspace.slug, row.pk)
    if row.status == Import.Status.TRYING:
        return redirect("import_trial", request.member.workspace.slug, row.pk)
    return render(request, "imports/import.html", {"section": "imports", "files": recognised_page(row), **_state(row)})


@require_http_methods(["GET", "POST"])
@says_why
def columns(request: Request, import_id: int) -> HttpResponse:
    """Which column is what. POST keeps the choice and goes on to the trial, or shows the page anew for another kind or reading."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    refusal = ""
    with choosing.only_file(row) as path:
        given = row.choice or choosing.suggested(row, path)
        if request.method == "POST":
            given = chosen_in(request, given)
            try:
                with transaction.atomic():
                    if name := request.POST.get("field", ""):
                        given["columns"][name] = choosing.create_field(name, given["kind"], by=request.member)
                    elif request.POST.get("do") == "go":
                        choosing.choose(row, path, given, by=request.member)
                        return redirect("import_trial", request.member.workspace.slug, row.pk)
            except RuleBroken as refused:
                refusal = refused.message
        try:
            page = columns_page(path, given)
        except RuleBroken as unread:
            # As it was said it cannot be read: the page stands as guessed, and says so.
            refusal = unread.message
            page = columns_page(path, {**given, "encoding": "", "delimiter": "", "sheet": ""})
        context = {"section": "imports", "run": row, "refusal": refusal, **page}
    return render(request, "imports/columns.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
@says_why
def trial(request: Request, import_id: int) -> HttpResponse:
    """What the whole file would do, and the cells that are unclear, to be mended there. Nothing is written yet."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    if row.choice is None and not row.source:
        return redirect("import_columns", request.member.workspace.slug, row.pk)
    if row.status not in (Import.Status.UPLOADED, Import.Status.TRYING):
        return redirect("import", request.member.workspace.slug, row.pk)
    is_again = request.method == "POST"
    if is_again and row.choice:
        row = choosing.repair(row, mended(request, row), by=request.member)
    page = {"section": "imports", "run": row, "back": "import_columns" if row.choice else "import"}
    try:
        tried = ask_trial(row, by=request.member, anew=is_again)
    except RuleBroken as why:
        return render(request, "imports/trial.html", {**page, "why_not": why.message}, status=422)
    if tried.status == Import.Status.TRYING:
        if tried.trial != row.trial:
            soon_try_import(tried)
        # Its page loads again when it is done, and that must send nothing a second time.
        return redirect(request.path) if is_again else render(request, "imports/trial.html", {**page, **_state(tried)})
    if tried.failure:
        return render(request, "imports/trial.html", {**page, "why_not": tried.failure}, status=422)
    return render(request, "imports/trial.html", {**page, **_tried(tried)})


def _tried(row: Import) -> dict[str, Any]:
    return {
        "run": row,
        "tally": row.tally,
        "refusals": unclear(row) if row.choice else row.refusals.all()[:SHOWN],
        "refused": row.refusals.count(),
        "refused_files": _files_refused(row),
    }


@require_GET
def outcome(request: Request, import_id: int, outcome: str) -> HttpResponse:
    """The rows that were made, updated, left as they were, undone or kept, each with where it leads."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    if outcome not in ImportRow.Outcome.values:
        raise Http404
    return render(
        request, "imports/outcome.html", {"section": "imports", "run": row, **outcome_page(request, row, outcome)}
    )


@require_POST
@says_why
def undo(request: Request, import_id: int) -> HttpResponse:
    """Take an import back; its page tells when that is done."""
    row = find(request, Import, import_id)
    undoing.begin(row, by=request.member)
    soon_undo_import(row.pk, request.member)
    return redirect("import", request.member.workspace.slug, row.pk)


@require_GET
def progress(request: Request, import_id: int) -> HttpResponse:
    """How far it or its trial came; asks the whole page to load again when that is done."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    if row.status in (Import.Status.DONE, Import.Status.FAILED, Import.Status.UPLOADED):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "imports/progress.html", _state(row))


def _state(row: Import) -> dict[str, Any]:
    seconds = (timezone.now() - row.started_at).total_seconds() if row.started_at else 0
    speed = row.rows_done / seconds if seconds > 1 else 0
    books = {name: sum(row.outcome.get(name, {}).values()) for name in ("created", "updated", "skipped")}
    return {
        "run": row,
        "system": system_name(row.source),
        "books": books,
        "undone": {name: row.rows.filter(outcome=name).count() for name in ("undone", "kept")}
        if row.undone_at
        else None,
        "by_table": [
            (table, {name: row.outcome[name].get(table, 0) for name in books})
            for table in row.outcome.get("created", {})
        ],
        "refusals": row.refusals.all()[:SHOWN],
        "refused": row.refusals.count(),
        "refused_files": _files_refused(row),
        "speed": round(speed),
        "left": round((row.rows_total - row.rows_done) / speed) if speed and row.rows_total else None,
        "taken": (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else None,
    }


def _files_refused(row: Import) -> list[str]:
    return list(row.refusals.exclude(file="").order_by("file").values_list("file", flat=True).distinct())


class _Echo:
    """A file that hands back what is written: csv then streams."""

    def write(self, line: str) -> str:
        return line


@require_GET
@says_why
def refused(request: Request, import_id: int) -> HttpResponseBase:
    """The refused rows of a file (`?file=`, else of the first that has any), as they stand in it: mended there, it is brought again."""
    _demand_administrator(request)
    row = find(request, Import, import_id)
    name = request.GET.get("file") or row.refusals.values_list("file", flat=True).first()
    if not name:
        return redirect("import", request.member.workspace.slug, row.pk)  # none was refused: its page says so
    # Read here and not while it is sent: what the database holds is out of reach by then.
    lines = [[safe(cell) for cell in cells] for cells in refused_rows(row, name)]
    response = StreamingHttpResponse(_written(lines), content_type="text/csv; charset=utf-8")
    stem = slugify(PurePath(name).stem) or "file"
    response["Content-Disposition"] = f'attachment; filename="refused-{stem}.csv"'
    return response


def _written(lines: list[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield from (writer.writerow(cells) for cells in lines)
