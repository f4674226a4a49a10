from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "placa.domain.downloads"
    label = "downloads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.archive.hooks import study_ready
        from placa.domain.downloads import services

        study_ready.connect(services.on_study_ready)
