from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "placa.domain.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.archive.hooks import damage_changed
        from placa.domain.intake import inbox, services
        from placa.domain.orders.hooks import order_changed
        from placa.domain.people.hooks import patient_changed

        damage_changed.connect(inbox.damaged)
        patient_changed.connect(services.on_patient_changed)
        order_changed.connect(services.on_order_changed)
