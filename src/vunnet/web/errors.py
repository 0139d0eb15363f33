"""How a request is told that something is not so: one place for every refusal, as a page or as a fragment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from vunnet.lib.errors import NotUnderstood, RuleBroken
from vunnet.web.addresses import address_of

View = Callable[..., HttpResponseBase]


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a fragment asks the whole page to go there, and says that nothing was done."""
    address = f"{address_of('account_login')}?next={quote(_way_back(request))}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _way_back(request: HttpRequest) -> str:
    """The page that was asked for; of a form that was sent the page it stood on, where what was typed waits as a draft."""
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    try:
        stood = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    is_here = stood.netloc == request.get_host() and stood.path.startswith("/") and not stood.path.startswith("//")
    return f"{stood.path}?{stood.query}".removesuffix("?") if is_here else "/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing here"),
        _("It was removed, or it belongs to a workspace you are not a member of."),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, _("Not for you"), _("Your role does not include this. Ask an owner or admin."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("That address is not right"), str(exception) or _("Go back and try again."))


def failed(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something broke here"),
        _("Nothing was changed. Try again; if it stays, tell whoever runs this Vunnet the number below."),
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: an old page, or somebody else's."""
    return _page(
        request, 403, _("This page is too old"), _("Nothing was changed. Load the page again and repeat what you did.")
    )


def _page(request: HttpRequest, status: int, title: str, why: str) -> HttpResponse:
    is_part = bool(request.headers.get("HX-Request"))
    found = {"title": title, "why": why, "request_id": getattr(request, "id", "")}
    if is_part and status != 422:
        # A rule that was broken explains itself; anything else may have to be looked for in the log.
        found |= {"why": f"{title}. {why}", "number": found["request_id"]}
    return render(request, "parts/refused.html" if is_part else "refused.html", found, status=status)


def says_why(view: View) -> View:
    """What an action refused becomes an answer: 422 with its sentence, 400 for an address not understood; nothing it began is kept."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Who only reads begins nothing; a point to go back to would be two statements of every page.
        kept = nullcontext() if request.method in ("GET", "HEAD") else transaction.atomic()
        try:
            with kept:
                return view(request, *args, **kwargs)
        except NotUnderstood as refusal:
            return _page(request, 400, _("That address is not right"), refusal.message)
        except RuleBroken as refusal:
            return _page(request, 422, _("Not done"), refusal.message)

    return answer
