"""Jobs that wait or run, by the key under which they may exist once."""

from django.db import models


class JobKey(models.Model):
    """A waiting job's dedupe key: while it is here, the same job is not queued again."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=80)
    run_after = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
