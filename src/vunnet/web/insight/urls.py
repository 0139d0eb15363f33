from django.urls import path

from vunnet.web.insight import views

urlpatterns = [path("", views.insight, name="insight")]
