from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "vunnet.notices"
    label = "notices"
