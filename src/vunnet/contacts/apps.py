from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "vunnet.contacts"
    label = "contacts"
