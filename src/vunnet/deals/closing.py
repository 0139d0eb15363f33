"""What a pipeline asks when a deal closes: which questions, and which of them must be answered. With actions.py and the other
modules of actions the only writer of this room's tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vunnet.deals.models import Deal, Kind, Pipeline
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member

REQUIRED, OPTIONAL, NOT_ASKED = "required", "optional", "off"
MANNERS = {
    REQUIRED: gettext_lazy("must be answered"),
    OPTIONAL: gettext_lazy("may be answered"),
    NOT_ASKED: gettext_lazy("not asked"),
}
QUESTIONS = {
    "reason": gettext_lazy("Reason"),
    "competitor": gettext_lazy("Competitor"),
    "note": gettext_lazy("Note"),
    "product": gettext_lazy("Product"),
}
# Out of the box: a reason and a note are offered, a loss also asks who won it.
USUAL: dict[str, dict[str, str]] = {
    Kind.WON: {"reason": OPTIONAL, "competitor": NOT_ASKED, "note": OPTIONAL, "product": NOT_ASKED},
    Kind.LOST: {"reason": OPTIONAL, "competitor": OPTIONAL, "note": OPTIONAL, "product": NOT_ASKED},
    Kind.CANCELLED: {"reason": OPTIONAL, "competitor": NOT_ASKED, "note": OPTIONAL, "product": NOT_ASKED},
}


def asked(pipeline: Pipeline, kind: str) -> dict[str, str]:
    """Every question of a closing in this pipeline, with how it is asked."""
    chosen: dict[str, str] = pipeline.close_questions.get(kind, {})
    return USUAL[kind] | chosen


def set_close_questions(pipeline: Pipeline, kind: str, manners: Mapping[str, str], *, by: Member) -> Pipeline:
    """Say what winning, losing or cancelling asks in a pipeline. Refuses what is no question, and a loss that asks neither reason nor note."""
    demand_administrator(by)
    if kind not in USUAL or set(manners) - set(QUESTIONS) or set(manners.values()) - set(MANNERS):
        raise RuleBroken(_("This is not a question of a closing."), "close_questions")
    chosen = asked(pipeline, kind) | dict(manners)
    if kind == Kind.LOST and chosen["reason"] == chosen["note"] == NOT_ASKED:
        raise RuleBroken(_("A loss teaches by its reason or its note: ask at least one of them."), "close_questions")
    before = asked(pipeline, kind)
    pipeline.close_questions = pipeline.close_questions | {kind: chosen}
    pipeline.save(update_fields=["close_questions"])
    record(pipeline, "pipeline.close_questions_set", by=by, **{kind: (before, chosen)})
    return pipeline


def demand_answers(deal: Deal, kind: str, answers: Mapping[str, object]) -> None:
    """Refuses a closing that leaves a required question open; what the deal knows already counts as answered."""
    known = {"competitor": deal.competitor, "product": deal.product_id}
    for question, manner in asked(deal.pipeline, kind).items():
        given = answers.get(question) or known.get(question)
        if manner == REQUIRED and not str(given or "").strip():
            raise RuleBroken(
                _("%(question)s: %(pipeline)s asks for it when a deal closes so.")
                % {"question": QUESTIONS[question], "pipeline": deal.pipeline.name},
                question,
            )
