"""Every page's address. What lies under /w/<slug>/ belongs to one workspace and is opened by ScopeMiddleware for its members only."""

from __future__ import annotations

from allauth.account import urls as allauth
from django.urls import URLPattern, URLResolver, include, path

from vunnet.web.accounts import passwords
from vunnet.web.accounts import views as accounts
from vunnet.web.device import views as device
from vunnet.web.notices.choices import by_link

room: list[URLPattern | URLResolver] = [
    path("", accounts.start_here, name="home"),
    path("me/", accounts.me, name="me"),
    path("go/", accounts.go_to, name="go_to"),
    path("", include("vunnet.web.lists.urls")),
    path("", include("vunnet.web.deals.urls")),
    path("", include("vunnet.web.contacts.urls")),
    path("", include("vunnet.web.finding.urls")),
    path("", include("vunnet.web.records.urls")),
    path("", include("vunnet.web.today.urls")),
    path("", include("vunnet.web.notices.urls")),
    path("", include("vunnet.web.device.urls")),
    path("", include("vunnet.web.settings.urls")),
    path("insight/", include("vunnet.web.insight.urls")),
    path("imports/", include("vunnet.web.imports.urls")),
]

# Of django-allauth's pages those that have our templates; several addresses a person and codes by mail are no part of this house.
DRESSED = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_change_password", "account_set_password",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done",
}  # fmt: skip
urlpatterns = [
    path("", accounts.start, name="start"),
    path("set-up/<str:token>/", accounts.set_up, name="set_up"),
    path("join/<int:workspace_id>/<str:token>/", accounts.join, name="join"),
    path("sw.js", device.worker, name="worker"),
    path("offline/", device.offline, name="offline"),
    path("mail/<str:token>/", by_link, name="mail_choices"),
    path("accounts/password/reset/", passwords.asked, name="account_reset_password"),
    path("accounts/password/reset/done/", passwords.sent, name="account_reset_password_done"),
    path("accounts/", include([page for page in allauth.urlpatterns if page.name in DRESSED])),
    path("w/<slug:workspace>/", include(room)),
]
