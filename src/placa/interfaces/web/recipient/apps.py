from django.apps import AppConfig


class RecipientWebConfig(AppConfig):
    name = "placa.interfaces.web.recipient"
    label = "web_recipient"
