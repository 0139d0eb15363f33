from django.urls import path

from vunnet.web.today import beginnings, views

urlpatterns = [
    path("today/", views.today, name="today"),
    path("today/steps/", beginnings.hide, name="hide_beginnings"),
]
