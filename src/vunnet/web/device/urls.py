from django.urls import path

from vunnet.web.device import views

urlpatterns = [
    path("app.webmanifest", views.manifest, name="manifest"),
    path("token/", views.token, name="token"),
]
