from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "vunnet.reports"
    label = "reports"
