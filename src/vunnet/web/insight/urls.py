from django.urls import path

from vunnet.web.insight import views

urlpatterns = [
    path("", views.insight, {"room": "funnel"}, name="insight"),
    path("<slug:room>/", views.insight, name="insight_room"),
    path("<slug:room>/<slug:key>.<slug:kind>", views.export, name="insight_export"),
]
