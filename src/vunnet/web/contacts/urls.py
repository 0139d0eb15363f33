from django.urls import path

from vunnet.web.contacts import record, views

urlpatterns = [
    path("companies/new/", views.new_company, name="new_company"),
    path("companies/suggest/", views.suggest, name="suggest_companies"),
    path("companies/<int:company_id>/", record.company, name="company"),
    path("people/new/", views.new_person, name="new_person"),
    path("people/<int:person_id>/", record.person, name="person"),
]
