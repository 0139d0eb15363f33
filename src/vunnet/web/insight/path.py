"""The path of one deal beside the deals that went on: asked for from the deal's page, and a page of its own without scripts."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vunnet.charts import deal_path
from vunnet.deals.models import Deal
from vunnet.reports import asking, reader
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.insight import files
from vunnet.web.insight.asked import everything
from vunnet.web.insight.figures import Shown, shown
from vunnet.web.insight.links import DealLinks


def path_of(request: Request, deal: Deal) -> Shown:
    """The figure of a deal the member may see, beside the deals they may see. Asking is kept until the data change."""
    asked = everything(request.member)
    language = reader.language()
    words = _("Each stay of this deal where the last one ended. Behind it what the other deals took that went on from there: nine in ten, half of them, and the middle one.")  # fmt: skip
    links = DealLinks(address_of("deals", request.member.workspace.slug), asked, request.member.workspace_id, ())
    found = asking.deal_path(request.member.workspace_id, asked.question, str(deal.pk))
    return shown("path", words, deal_path(found, language, links), language)


@require_GET
@says_why
def path(request: Request, deal_id: int) -> HttpResponse:
    """The figure, as a part of the deal's page or alone."""
    deal = find(request, Deal, deal_id)
    context = {"section": "deals", "deal": deal, "figure": path_of(request, deal), **files.offered(without="json")}
    return render(request, "insight/path.html", context)


@require_GET
@says_why
def export(request: Request, deal_id: int, kind: str) -> HttpResponse:
    """The figure as a file: its picture or its table."""
    deal = find(request, Deal, deal_id)
    figure = path_of(request, deal).figure
    if figure is None or kind not in files.KINDS or kind == "json":
        raise Http404
    return files.answer(figure, f"path-{deal.pk}", kind)
