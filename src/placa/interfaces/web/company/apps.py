from django.apps import AppConfig


class CompanyWebConfig(AppConfig):
    name = "placa.interfaces.web.company"
    label = "web_company"
