from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "placa.domain.enrolment"
    label = "enrolment"
    default_auto_field = "django.db.models.BigAutoField"
