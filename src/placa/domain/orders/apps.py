from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrdersConfig(AppConfig):
    name = "placa.domain.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.common import words
        from placa.domain.orders.models import ServiceRequest

        words.index_starts(ServiceRequest, "accession_number", "order_number")
        post_migrate.connect(words.prepare, sender=self)
