from django.urls import path

from vunnet.web.notices import choices, views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/<int:notice_id>/", views.notice, name="notice"),
    path("notices/<int:notice_id>/read/", views.read_or_not, name="notice_read"),
    path("digest/", views.digest, name="digest"),
    path("me/notices/", choices.mine, name="my_notices"),
    path("settings/mail/", views.mail, name="mail"),
]
