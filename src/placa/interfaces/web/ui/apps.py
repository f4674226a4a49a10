from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "placa.interfaces.web.ui"
    label = "web_ui"
