from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "vunnet.journal"
    label = "journal"
