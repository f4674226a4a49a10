"""What every table shares. No domain words here."""

import uuid

from django.db import models


class Timestamped(models.Model):
    """Rows that say when they were made and last changed (UTC)."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class PublicId(models.Model):
    """Rows that are named outside by a random id, so that nobody can count or guess them."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
