from django.apps import AppConfig


class MeasurementsConfig(AppConfig):
    name = "placa.domain.measurements"
    label = "measurements"
    default_auto_field = "django.db.models.BigAutoField"
