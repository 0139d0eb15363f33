from django.urls import path

from vunnet.web.lists import bulk, columns, conditions, edit, export, listing, saved

urlpatterns = [
    path("deals/", listing.deals, name="deals"),
    path("companies/", listing.companies, name="companies"),
    path("people/", listing.people, name="people"),
    path("activities/", listing.activities, name="activities"),
    path("lists/<slug:table>/condition/", conditions.condition, name="list_condition"),
    path("lists/<slug:table>/suggest/", conditions.suggest, name="list_suggest"),
    path("lists/<slug:table>/columns/", columns.columns, name="list_columns"),
    path("lists/<slug:table>/export/<slug:kind>/", export.export, name="list_export"),
    path("lists/<slug:table>/bulk/", bulk.bulk, name="list_bulk"),
    path("lists/<slug:table>/views/", saved.save, name="save_view"),
    path("lists/views/<int:view_id>/", saved.view, name="saved_view"),
    path("lists/bulk/<int:bulk_id>/", bulk.outcome, name="bulk"),
    path("lists/bulk/<int:bulk_id>/progress/", bulk.progress, name="bulk_progress"),
    path("lists/bulk/<int:bulk_id>/undo/", bulk.undo, name="bulk_undo"),
    path("lists/<slug:table>/<int:row_id>/<slug:field>/", edit.cell, name="list_cell"),
]
