"""Pipelines and their stages: add, rename, weigh, reorder, archive, merge."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from vunnet.deals import pipelines as lines
from vunnet.deals import stages
from vunnet.deals.closing import MANNERS, QUESTIONS, asked, set_close_questions
from vunnet.deals.gates import askable, set_gate
from vunnet.deals.models import Kind, Pipeline, Stage
from vunnet.lib.errors import RuleBroken
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.settings.forms import PipelineForm
from vunnet.web.settings.views import back

CLOSINGS = (
    (Kind.WON, gettext_lazy("When a deal is won")),
    (Kind.LOST, gettext_lazy("When a deal is lost")),
    (Kind.CANCELLED, gettext_lazy("When a deal is cancelled")),
)


@require_http_methods(["GET", "POST"])
@says_why
def pipelines(request: Request) -> HttpResponse:
    """All pipelines, those in use first; a new one begins with the usual stages."""
    by, form = request.member, PipelineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.try_to(lambda: lines.make_pipeline(by, by.workspace, form.cleaned_data["name"]))
        if made:
            return redirect("pipeline", by.workspace.slug, made.pk)
    is_used = Q(stages__kind=Kind.OPEN, stages__is_archived=False)
    rows = Pipeline.objects.visible_to(by).annotate(n_stages=Count("stages", filter=is_used))
    context = {
        "form": form,
        "pipelines": rows.order_by("is_archived", "position", "pk"),
        "section": "settings",
        "tab": "pipelines",
    }
    return render(request, "settings/pipelines.html", context)


@require_http_methods(["GET", "POST"])
@says_why
def pipeline(request: Request, pipeline_id: int) -> HttpResponse:
    """One pipeline: its name and stages, each a form of its own."""
    row = find(request, Pipeline, pipeline_id)
    if request.method == "POST":
        _do(request, row)
        return back(request, "pipeline", "", row.pk)
    rows = row.stages.annotate(n_deals=Count("deals")).select_related("merged_into")
    found = sorted(rows, key=lambda stage: (stage.is_archived, stage.position))
    context = {
        "pipeline": row,
        "stages": found,
        "questions": [
            (kind, title, [(name, words, asked(row, kind)[name]) for name, words in QUESTIONS.items()])
            for kind, title in CLOSINGS
        ],
        "manners": MANNERS.items(),
        "askable": [(name, said.label) for name, said in askable(request.member).items()],
        "open_stages": [stage for stage in found if not stage.is_closed and not stage.is_archived],
        "section": "settings",
        "tab": "pipelines",
    }
    return render(request, "settings/pipeline.html", context)


def _do(request: Request, row: Pipeline) -> None:
    given, by = request.POST, request.member
    of_pipeline: dict[str, Callable[[], object]] = {
        "rename": lambda: lines.rename_pipeline(row, given.get("name", ""), by=by),
        "archive_pipeline": lambda: lines.archive_pipeline(row, by=by),
        "restore_pipeline": lambda: lines.archive_pipeline(row, by=by, is_archived=False),
        "up_pipeline": lambda: lines.move_pipeline(row, by=by, steps=-1),
        "down_pipeline": lambda: lines.move_pipeline(row, by=by, steps=1),
        "questions": lambda: set_close_questions(
            row,
            given.get("kind", ""),
            {name: given[f"ask_{name}"] for name in QUESTIONS if f"ask_{name}" in given},
            by=by,
        ),
        "add": lambda: stages.add_stage(
            row, by=by, name=given.get("name", ""), probability=_per_cent(given.get("probability", ""))
        ),
    }
    doing = given.get("do", "")
    if doing in of_pipeline:
        of_pipeline[doing]()
    else:
        _do_with_stage(request, _stage(request, row, given.get("stage")), doing)


def _do_with_stage(request: Request, stage: Stage, doing: str) -> None:
    given, by = request.POST, request.member
    does: dict[str, Callable[[], object]] = {
        "save": lambda: stages.change_stage(
            stage,
            by=by,
            name=given.get("name", ""),
            probability=None if stage.is_closed else _per_cent(given.get("probability", "")),
        ),
        "up": lambda: stages.move_stage(stage, by=by, steps=-1),
        "down": lambda: stages.move_stage(stage, by=by, steps=1),
        "archive": lambda: stages.archive_stage(stage, by=by),
        "restore": lambda: stages.restore_stage(stage, by=by),
        "gate": lambda: set_gate(stage, given.getlist("gate"), by=by),
        "merge": lambda: stages.merge_stage(stage, _stage(request, stage.pipeline, given.get("into")), by=by),
    }
    if doing not in does:
        raise Http404
    does[doing]()


def _stage(request: Request, row: Pipeline, pk: str | None) -> Stage:
    stage = find(request, Stage, pk)
    if stage.pipeline_id != row.pk:
        raise Http404
    return stage


def _per_cent(text: str) -> Decimal:
    try:
        field = forms.DecimalField(max_digits=5, decimal_places=2)
        value: Decimal = field.clean(text.replace(",", ".").strip(" %\u00a0\u202f"))
        return value
    except forms.ValidationError:
        raise RuleBroken(
            _("“%(text)s” is not a probability. Write a number from 0 to below 100.") % {"text": text}, "probability"
        ) from None
