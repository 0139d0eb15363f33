from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "vunnet.workspaces"
    label = "workspaces"
