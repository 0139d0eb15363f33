from django.urls import path

from vunnet.web.contacts import views

urlpatterns = [
    path("companies/new/", views.new_company, name="new_company"),
    path("companies/suggest/", views.suggest, name="suggest_companies"),
    path("companies/<int:company_id>/", views.company, name="company"),
    path("companies/<int:company_id>/edit/", views.edit_company, name="edit_company"),
    path("people/new/", views.new_person, name="new_person"),
    path("people/<int:person_id>/", views.person, name="person"),
    path("people/<int:person_id>/edit/", views.edit_person, name="edit_person"),
]
