from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    name = "placa.domain.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.common import words
        from placa.domain.people.models import Patient, PatientIdentifier

        words.index(Patient, "name_key", "email")
        words.index_starts(PatientIdentifier, "value")
        post_migrate.connect(words.prepare, sender=self)
