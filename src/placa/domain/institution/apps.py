from django.apps import AppConfig


class InstitutionConfig(AppConfig):
    name = "placa.domain.institution"
    label = "institution"
    default_auto_field = "django.db.models.BigAutoField"
