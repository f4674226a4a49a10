from django.apps import AppConfig


class AccountWebConfig(AppConfig):
    name = "placa.interfaces.web.account"
    label = "web_account"
