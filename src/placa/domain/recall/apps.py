from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "placa.domain.recall"
    label = "recall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.institution.hooks import archive_changed
        from placa.domain.orders.hooks import order_changed
        from placa.domain.recall import copies, prefetch

        archive_changed.connect(copies.on_archive_changed)
        order_changed.connect(prefetch.on_order_changed)
