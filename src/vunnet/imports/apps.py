from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "vunnet.imports"
    label = "imports"
