from django.urls import path

from vunnet.web.settings import views

urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/members/", views.members, name="members"),
    path("settings/members/<int:member_id>/", views.member, name="member"),
    path("settings/fields/", views.fields, name="fields"),
    path("settings/pipelines/", views.pipelines, name="pipelines"),
    path("more/", views.more, name="more"),
]
