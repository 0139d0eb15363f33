"""Where one hears of what: in the app, by mail, both or neither. For oneself, and from a mail's link without signing in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from vunnet.notices import letters
from vunnet.notices.actions import choose, chosen
from vunnet.notices.models import Kind
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member

# A digest is a mail; there is no page of it to hear of.
BY_MAIL_ONLY = ("digest",)


def _rows(member: Member) -> list[tuple[str, str, bool, bool, bool]]:
    present = chosen(member)
    return [(kind, str(words), *present[kind], kind not in BY_MAIL_ONLY) for kind, words in Kind.choices]


def _given(given: Mapping[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {
        kind: (kind not in BY_MAIL_ONLY and f"{kind}_app" in given, f"{kind}_mail" in given) for kind in Kind.values
    }


@require_http_methods(["GET", "POST"])
@says_why
def mine(request: Request) -> HttpResponse:
    """One's own choices."""
    if request.method == "POST":
        choose(request.member, _given(request.POST))
        messages.success(request, _("Saved."))
        return redirect(request.path)
    context = {"rows": _rows(request.member), "section": "me", "is_set": settings.MAIL_IS_SET}
    return render(request, "notices/mine.html", context)


# The link in a mail is the key itself, and mail programs post to it without having seen a form (RFC 8058).
@csrf_exempt
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same from a mail's link. A mail program's own "unsubscribe" ends all mails; a page shows the choices."""
    numbers = letters.read_token(token)
    if numbers is None:
        raise Http404
    with walls.scope(workspace_id=numbers[0]):
        member = Member.objects.select_related("user", "workspace").filter(pk=numbers[1], is_active=True).first()
        if member is None:
            raise Http404
        with letters.speaking_to(member):
            return _answered(request, member)


def _answered(request: HttpRequest, member: Member) -> HttpResponse:
    is_saved = request.method == "POST"
    if request.POST.get("List-Unsubscribe") == "One-Click":
        choose(member, {kind: (in_app, False) for kind, (in_app, _mail) in chosen(member).items()})
    elif is_saved:
        choose(member, _given(request.POST))
    context = {"rows": _rows(member), "room": member.workspace, "is_saved": is_saved, "is_set": settings.MAIL_IS_SET}
    return render(request, "notices/by_link.html", context)
