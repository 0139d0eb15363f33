from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "vunnet.archive"
    label = "archive"
