"""What every request goes through: a number to find it by, and the scope of one workspace for one transaction."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from vunnet.journal import record
from vunnet.lib import rates
from vunnet.lib.formats import Formats, using
from vunnet.web import errors
from vunnet.workspaces import walls
from vunnet.workspaces.currencies import rates_of
from vunnet.workspaces.models import Member, User
from vunnet.workspaces.worded import worded

Respond = Callable[[HttpRequest], HttpResponse]
LONGEST_DRAFT_NAME = 1000  # what a cookie holds, and more than any address of a form
ROOM = re.compile(r"^/w/(?P<slug>[-\w]+)/")


class RequestIdMiddleware:
    """Gives each request a number that its journal entries, its log lines and its error page carry."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = secrets.token_hex(6)  # type: ignore[attr-defined]
        held = record.request_id.set(request.id), record.source.set("web")  # type: ignore[attr-defined]
        try:
            response = self.respond(request)
        finally:
            record.request_id.reset(held[0])
            record.source.reset(held[1])
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class ScopeMiddleware:
    """One request, one transaction, one workspace.

    `/w/<slug>/…` opens that workspace if the signed-in person is an active member of it; everyone else is told what a missing page is
    told. A response of 500 or a view's exception rolls everything back.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if request.user.is_authenticated else None
        with walls.scope(user_id=user.pk if user else None):
            room = ROOM.match(request.path_info)
            if room and user is None:
                return errors.sign_in_first(request)
            member = _member(user, room["slug"]) if room and user else None
            request.member = member  # type: ignore[attr-defined]  # what every view of a workspace reads
            with _speaking(request, user, member):
                missing = room is not None and member is None
                response = errors.not_found(request, Http404()) if missing else self.respond(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        if member and response.status_code in (302, 303):
            _say_it_was_taken(request, response)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def process_view(
        self, request: HttpRequest, view: Respond, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        """The workspace in the address was read above; views take it from `request.member`."""
        kwargs.pop("workspace", None)


def _say_it_was_taken(request: HttpRequest, response: HttpResponse) -> None:
    """A form that leads on was taken: the page that follows lets its draft go (drafts.js). Whatever else follows a form says nothing."""
    draft = request.POST.get("draft", "")
    if request.method == "POST" and 0 < len(draft) <= LONGEST_DRAFT_NAME:
        response.set_cookie(
            "vunnet-taken", quote(draft, safe=""), secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )


def _member(user: User, slug: str) -> Member | None:
    found: list[Member] = _memberships(user.pk, slug)
    if not found:
        return None
    walls.enter(found[0].workspace_id)
    found[0].user = user
    return found[0]


@worded
def _memberships(user_id: int, slug: str) -> QuerySet[Any]:
    of_user = Member.objects.filter(user_id=user_id, is_active=True, workspace__slug=slug)
    return of_user.select_related("workspace").order_by("pk")[:1]


@contextmanager
def _speaking(request: HttpRequest, user: User | None, member: Member | None) -> Iterator[None]:
    """The language, time zone and formats of the person, else of the workspace, else of the browser."""
    room = member.workspace if member else None
    asked = (user and user.language) or (room and room.language)
    language = asked or translation.get_language_from_request(request)
    formats = user.formats(language) if user else Formats(language)
    zone = (user and user.time_zone) or (room and room.time_zone) or "UTC"
    request.LANGUAGE_CODE = language
    worth = (lambda: rates_of(room)) if room else rates.Rates
    with translation.override(language), timezone.override(ZoneInfo(zone)), using(formats), rates.using(worth):
        yield
