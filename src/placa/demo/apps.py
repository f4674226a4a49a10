from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "placa.demo"
    label = "demo"
