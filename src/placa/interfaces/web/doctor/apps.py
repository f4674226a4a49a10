from django.apps import AppConfig


class DoctorWebConfig(AppConfig):
    name = "placa.interfaces.web.doctor"
    label = "web_doctor"
