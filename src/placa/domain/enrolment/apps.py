from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "placa.domain.enrolment"
    label = "enrolment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from placa.domain.accounts import naming
        from placa.domain.archive.hooks import study_ready
        from placa.domain.enrolment import documents, notices
        from placa.domain.reports.hooks import report_final

        naming.register(documents.users_by_document)
        study_ready.connect(notices.on_study_ready)
        report_final.connect(notices.on_report_final)
