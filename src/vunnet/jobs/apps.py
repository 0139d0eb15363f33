from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "vunnet.jobs"
    label = "jobs"
