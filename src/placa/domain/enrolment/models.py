"""Who has to be told of a result, and who was."""

from django.db import models

from placa.domain.accounts.models import User
from placa.domain.archive.models import Study


class PendingNotice(models.Model):
    """Something happened to a study that people may have to be told of, once they may open it.

    `event` is `ready`, `amended:<report>:<version>` or `withdrawn:<report>:<version>`.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=60)
    check_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "event"], name="pending_notice_once")]


class ResultNotice(models.Model):
    """`user` was told, in `role`, of `what` (images, report, amended:…) of a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10)
    what = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "user", "role", "what"], name="told_once")]
        indexes = [models.Index(fields=["at"], name="told_lately")]
