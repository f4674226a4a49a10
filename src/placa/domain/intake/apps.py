from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "placa.domain.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.intake import services
        from placa.domain.orders.hooks import order_changed
        from placa.domain.people.hooks import patient_changed

        patient_changed.connect(services.on_patient_changed)
        order_changed.connect(services.on_order_changed)
