from django.urls import path

from vunnet.web.settings import archive, currencies, pipelines, views, words

urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/members/", views.members, name="members"),
    path("settings/members/<int:member_id>/", views.member, name="member"),
    path("settings/fields/", views.fields, name="fields"),
    path("settings/pipelines/", pipelines.pipelines, name="pipelines"),
    path("settings/pipelines/<int:pipeline_id>/", pipelines.pipeline, name="pipeline"),
    path("settings/lists/<slug:words>/", words.words, name="words"),
    path("settings/currencies/", currencies.currencies, name="currencies"),
    path("settings/archive/", archive.archive, name="archive"),
    path("settings/archive/file/", archive.download, name="archive_file"),
    path("settings/archive/progress/", archive.restorations, name="restorations"),
    path("settings/erase/", archive.erase, name="erase"),
    path("more/", views.more, name="more"),
]
