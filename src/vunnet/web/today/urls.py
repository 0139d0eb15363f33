from django.urls import path

from vunnet.web.today import beginnings, tasks, views

urlpatterns = [
    path("today/", views.today, name="today"),
    path("activities/new/", tasks.new_task, name="new_task"),
    path("today/steps/", beginnings.hide, name="hide_beginnings"),
]
