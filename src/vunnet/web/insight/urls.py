from django.urls import path

from vunnet.web.insight import path as paths
from vunnet.web.insight import views

urlpatterns = [
    path("", views.insight, {"room": "funnel"}, name="insight"),
    path("path/<int:deal_id>/", paths.path, name="deal_path"),
    path("<slug:room>/", views.insight, name="insight_room"),
    path("<slug:room>/<slug:key>.<slug:kind>", views.export, name="insight_export"),
]
