from django.urls import path

from vunnet.web.imports import views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("<int:import_id>/", views.run, name="import"),
    path("<int:import_id>/columns/", views.columns, name="import_columns"),
    path("<int:import_id>/trial/", views.trial, name="import_trial"),
    path("<int:import_id>/rows/<slug:outcome>/", views.outcome, name="import_rows"),
    path("<int:import_id>/undo/", views.undo, name="import_undo"),
    path("<int:import_id>/progress/", views.progress, name="import_progress"),
    path("<int:import_id>/refused/", views.refused, name="import_refused"),
]
