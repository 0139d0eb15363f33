from django.urls import path

from vunnet.web.insight import annotating, views
from vunnet.web.insight import path as paths

urlpatterns = [
    path("", views.insight, {"room": "funnel"}, name="insight"),
    path("path/<int:deal_id>/", paths.path, name="deal_path"),
    path("path/<int:deal_id>.<slug:kind>", paths.export, name="deal_path_file"),
    path("annotations/", annotating.form, name="annotate"),
    path("annotations/<int:annotation_id>/", annotating.form, name="change_annotation"),
    path("annotations/<int:annotation_id>/delete/", annotating.delete, name="delete_annotation"),
    path("<slug:room>/", views.insight, name="insight_room"),
    path("<slug:room>/<slug:key>.<slug:kind>", views.export, name="insight_export"),
]
