"""What makes the pages an app on a phone: its manifest, its service worker, the page without a connection, and a fresh token."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.templatetags.show import VERSIONS, asset

# What every page is made of. Sortable and the board's own follow when a board is opened.
KEPT = (
    "app.css",
    "htmx.js",
    "dialogs.js",
    "vunnet.js",
    "records.js",
    "drafts.js",
    "palette.js",
    "device.js",
    "today.js",
    "icons.svg",
    "icon.svg",
)
ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable.png", "512x512", "maskable"),
)


@require_GET
def manifest(request: Request) -> HttpResponse:
    """The app as a phone installs it: it opens on Today."""
    room = request.member.workspace
    today = address_of("today", room.slug)
    about = {
        "id": today,
        "name": f"{room.name} · Vunnet"[:80],
        "short_name": "Vunnet",
        "lang": request.LANGUAGE_CODE,
        "start_url": today,
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {"src": asset(name), "sizes": size, "type": "image/png", "purpose": purpose}
            for name, size, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("Search"), "url": address_of("search", room.slug)},
            {"name": _("Deals"), "url": address_of("board", room.slug)},
        ],
    }
    return HttpResponse(json.dumps(about, ensure_ascii=False), content_type="application/manifest+json")


@require_GET
@never_cache
def token(request: Request) -> HttpResponse:
    """For what waited on the device: a token for forms, and whose it is."""
    return JsonResponse({"token": get_token(request), "me": f"{request.member.workspace.slug}.{request.member.pk}"})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with the files of this release: another release is another worker."""
    files, script = [asset(name) for name in KEPT], (VERSIONS.parent / "worker.js").read_text()
    offline = address_of("offline")
    version = "vunnet-" + hashlib.sha256("".join([*files, script]).encode()).hexdigest()[:12]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\nconst OFFLINE = {json.dumps(offline)};\n"
    return HttpResponse(head + script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a connection. Nothing of any workspace stands on it."""
    return render(request, "device/offline.html")
