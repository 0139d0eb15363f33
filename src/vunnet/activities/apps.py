from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "vunnet.activities"
    label = "activities"
