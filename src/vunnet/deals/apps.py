from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "vunnet.deals"
    label = "deals"
