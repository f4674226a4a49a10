from django.apps import AppConfig


class StaffWebConfig(AppConfig):
    name = "placa.interfaces.web.staff"
    label = "web_staff"
