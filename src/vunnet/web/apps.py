from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "vunnet.web"
    label = "web"
