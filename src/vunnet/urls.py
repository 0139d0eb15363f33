"""Every address of Vunnet."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("vunnet.web.urls"))]

handler404 = "vunnet.web.errors.not_found"
handler500 = "vunnet.web.errors.failed"
handler400 = "vunnet.web.errors.bad_request"
handler403 = "vunnet.web.errors.forbidden"
