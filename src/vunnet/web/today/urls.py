from django.urls import path

from vunnet.web.today import views

urlpatterns = [path("today/", views.today, name="today")]
