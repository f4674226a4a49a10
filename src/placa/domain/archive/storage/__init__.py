"""Where files lie: one small protocol, found by `storage()`. Keys are our own ids, never a sender's words."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from placa.domain.archive.storage.base import DamagedError, Storage, StorageError, Sum, Writer
from placa.domain.archive.storage.local import LocalStorage

__all__ = ["DamagedError", "LocalStorage", "Storage", "StorageError", "Sum", "Writer", "opened", "storage"]


def storage() -> Storage:
    """The storage that `PLACA_STORAGE_URL` names."""
    return opened(settings.ENVIRONMENT.storage_url)


@lru_cache(maxsize=8)
def opened(url: str) -> Storage:
    """The storage that `url` names: `file:///…` or `s3://…`. Raises ImproperlyConfigured."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from placa.domain.archive.storage.s3 import Bucket, Credentials, S3Storage

        own = settings.ENVIRONMENT
        credentials = Credentials((own.storage_access_key, own.storage_secret_key))
        return S3Storage(Bucket.of(url), credentials, own.home / "cache" / "objects", own.storage_cache_bytes)
    raise ImproperlyConfigured(f"PLACA_STORAGE_URL: unknown scheme {parts.scheme!r}")
