from django.urls import path

from vunnet.web.imports import views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("<int:import_id>/", views.run, name="import"),
    path("<int:import_id>/progress/", views.progress, name="import_progress"),
    path("<int:import_id>/refused/", views.refused, name="import_refused"),
]
