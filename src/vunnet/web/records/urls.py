"""Addresses that every record has, one set a table: /deals/7/log/, /companies/7/log/, /people/7/log/."""

from django.urls import URLPattern, path

from vunnet.web.records import deletion, files, hints, merging, tags, views, writing
from vunnet.web.records.subject import FOLDERS


def _of(table: str, folder: str) -> list[URLPattern]:
    here, given = f"{folder}/<int:{table}_id>", {"table": table}
    return [
        path(f"{here}/change/<slug:field>/", views.change, given, name=f"change_{table}"),
        path(f"{here}/log/", views.log, given, name=f"log_{table}"),
        path(f"{here}/history/", views.history, given, name=f"history_{table}"),
        path(f"{here}/tags/", tags.tags, given, name=f"tags_{table}"),
        path(f"{here}/delete/", deletion.delete, given, name=f"delete_{table}"),
    ]


def _merged(table: str, folder: str) -> list[URLPattern]:
    here, given = f"{folder}/<int:{table}_id>", {"table": table}
    return [
        path(f"{here}/merge/", merging.choose, given, name=f"merge_{table}"),
        path(f"{here}/merge/<int:other_id>/", merging.merge, given, name=f"merge_{table}_with"),
        path(f"{folder}/alike/", hints.alike, given, name=f"alike_{table}"),
    ]


urlpatterns = [
    *[part for table, folder in FOLDERS.items() for part in _of(table, folder)],
    *_merged("company", "companies"),
    *_merged("person", "people"),
    path("steps/<int:step_id>/done/", writing.done, name="step_done"),
    path("steps/<int:step_id>/undone/", writing.undone, name="step_undone"),
    path("steps/<int:step_id>/postpone/", writing.postpone, name="step_postpone"),
    path("steps/<int:step_id>/back/", writing.moved_back, name="step_back"),
    path("entries/<int:activity_id>/", writing.entry, name="entry"),
    path("entries/<int:activity_id>/delete/", writing.delete_entry, name="delete_entry"),
    path("files/<uuid:token>/", files.download, name="file"),
    path("mentions/", writing.mention, name="mention"),
    path("deleted/", deletion.deleted, name="deleted"),
    path("deleted/<slug:sort>/<int:gone_id>/restore/", deletion.restore, name="restore"),
]
