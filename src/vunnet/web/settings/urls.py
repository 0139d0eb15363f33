from django.urls import path

from vunnet.web.settings import pipelines, views, words

urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/members/", views.members, name="members"),
    path("settings/members/<int:member_id>/", views.member, name="member"),
    path("settings/fields/", views.fields, name="fields"),
    path("settings/pipelines/", pipelines.pipelines, name="pipelines"),
    path("settings/pipelines/<int:pipeline_id>/", pipelines.pipeline, name="pipeline"),
    path("settings/lists/<slug:words>/", words.words, name="words"),
    path("more/", views.more, name="more"),
]
