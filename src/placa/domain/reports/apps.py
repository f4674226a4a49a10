from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "placa.domain.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.archive.hooks import study_left
        from placa.domain.reports.services import forget_readings

        study_left.connect(forget_readings)
