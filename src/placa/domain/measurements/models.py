"""What somebody measured, and where."""

from django.db import models

from placa.domain.accounts.models import User
from placa.domain.archive.models import Study


class MeasurementSet(models.Model):
    """All measurements of one person on one study (see `content`)."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField(default=list)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "author"], name="measurements_one_a_person_and_study")
        ]
