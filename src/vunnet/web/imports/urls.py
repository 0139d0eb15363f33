from django.urls import path

from vunnet.web.imports import views

urlpatterns = [path("", views.imports, name="imports")]
