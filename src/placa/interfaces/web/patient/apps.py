from django.apps import AppConfig


class PatientWebConfig(AppConfig):
    name = "placa.interfaces.web.patient"
    label = "web_patient"
