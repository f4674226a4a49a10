from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "placa.domain.downloads"
    label = "downloads"
    default_auto_field = "django.db.models.BigAutoField"
