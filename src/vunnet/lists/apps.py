from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "vunnet.lists"
    label = "lists"
