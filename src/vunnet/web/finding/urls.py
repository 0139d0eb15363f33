from django.urls import path

from vunnet.web.finding import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("palette/", views.palette, name="palette"),
]
