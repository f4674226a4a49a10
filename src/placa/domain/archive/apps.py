from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ArchiveConfig(AppConfig):
    name = "placa.domain.archive"
    label = "archive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.common import vocabulary, words
        from placa.domain.archive.models import Study

        words.index(Study, "name_key", "search_key", "modalities_in_study")
        words.index_starts(Study, "accession_number", "dicom_patient_id")
        vocabulary.keep(Study, "name_key")
        post_migrate.connect(words.prepare, sender=self)
        post_migrate.connect(vocabulary.prepare, sender=self)
